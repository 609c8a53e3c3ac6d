import { Fault } from '../core/fault.ts'
import { isJsonObject, type JsonValue } from '../core/json.ts'
import { arrayInner, joinArrayInners } from '../core/json-members.ts'
import { lockedWarning } from './compile-version.ts'
import type { CompiledVersion, ExpandInput, Expanded } from './compiled-version.ts'
import { hasOwnMessages } from './message-templates.ts'
import { messageToItems } from './message-to-items.ts'
import { membersOf, placeOf, settingsOf, versionSettings, type Settings } from './responses-parameters.ts'

/**
 * A version filled in for a request to OpenAI's Responses API. Its messages become input items, its parameters take the
 * names they have there; the client's own items stand where its messages would, raw, and what else it sent stays as it is
 * unless the version locks it, under the name of either API.
 *
 * @param input the client's members as a Responses request has them.
 * @throws Fault `invalid_variables` as `compiled.expand`; `invalid_request` for an `input` that is no input.
 */
export function expandResponses(compiled: CompiledVersion, input: ExpandInput): Expanded {
  const locked = new Set([...compiled.locked].map(placeOf))
  const isLocked = (place: string): boolean =>
    !alwaysTheClients.has(place) && (locked.has(place) || heldBy(place).some((holder) => locked.has(holder)))
  const warnings: string[] = []
  const client = settingsOf(input.members)
  const items = takeClientItems(client, isLocked, warnings)
  if (items.inner === '' && !hasOwnMessages(compiled.body)) throw nothingSaid()

  const said = fill(compiled, input)
  if (items.inner === '' && said.before === '' && said.after === '') throw nothingSaid()
  const version = versionSettings(said.parameters, (name) => {
    warnings.push(`\`${name}\` of the prompt has no meaning for the Responses API and was dropped`)
  })
  const settings: Settings = new Map([['input', joinItems(said, items)]])
  addVersion(settings, version, client, isLocked)
  addClient(settings, client, isLocked, warnings)
  return { members: membersOf(settings), warnings: [...said.warnings, ...warnings], compressed: said.compressed }
}

const alwaysTheClients: ReadonlySet<string> = new Set(['stream', 'stream_options'])

/** These bring messages of the client's in by another door. */
const besideInput: ReadonlySet<string> = new Set(['instructions', 'previous_response_id', 'conversation'])

/** Locked with it: `text` locks `text.format`, the messages all that adds to them. */
function heldBy(place: string): readonly string[] {
  const dot = place.indexOf('.')
  if (dot !== -1) return [place.slice(0, dot)]
  return besideInput.has(place) ? ['input'] : []
}

/** The client's `input` as raw items; empty when there is none. */
function takeClientItems(
  client: Settings,
  isLocked: (place: string) => boolean,
  warnings: string[],
): { readonly inner: string; readonly raw: string | null } {
  const raw = client.get('input')
  if (raw === undefined || raw === 'null') return { inner: '', raw: null }
  if (!raw.startsWith('[') && !raw.startsWith('"')) {
    throw new Fault(
      'invalid_request',
      '`input` must be a text or a list of items. Leave it out when the prompt says everything.',
      { param: 'input' },
    )
  }
  const inner = raw.startsWith('[') ? arrayInner(raw) : `{"role":"user","content":${raw}}`
  if (inner === '' || !isLocked('input')) return { inner, raw }
  warnings.push(lockedWarning('input'))
  return { inner: '', raw: null }
}

function nothingSaid(): Fault {
  return new Fault(
    'invalid_request',
    'The prompt has no messages of its own, so `input` must have at least one item.',
    {
      param: 'input',
    },
  )
}

interface Filled {
  /** Messages before and after the place of the client's, as raw items. */
  readonly before: string
  readonly after: string
  readonly parameters: ReadonlyMap<string, string>
  readonly warnings: readonly string[]
  readonly compressed: Expanded['compressed']
}

/** Fills the template in with nothing of the client's but a mark where its messages go. */
function fill(compiled: CompiledVersion, input: ExpandInput): Filled {
  const isMarked = !compiled.locked.has('messages')
  const marked = new Map(isMarked ? [['messages', '[null]']] : [])
  const { members, warnings, compressed } = compiled.expand({ variables: input.variables, members: marked })
  const { before, after } = splitAtMark(JSON.parse(members.get('messages') ?? '[]') as readonly JsonValue[])
  members.delete('messages')
  return { before, after, parameters: members, warnings, compressed }
}

function splitAtMark(messages: readonly JsonValue[]): { readonly before: string; readonly after: string } {
  const mark = messages.indexOf(null)
  const end = mark === -1 ? messages.length : mark
  const customCalls = new Set<string>()
  const inner = (part: readonly JsonValue[]): string =>
    part
      .filter(isJsonObject)
      .flatMap((message) => messageToItems(message, customCalls))
      .map((item) => JSON.stringify(item))
      .join(',')
  return { before: inner(messages.slice(0, end)), after: inner(messages.slice(end)) }
}

function joinItems(said: Filled, items: { readonly inner: string; readonly raw: string | null }): string {
  if (said.before === '' && said.after === '' && items.raw !== null) return items.raw
  return joinArrayInners([said.before, items.inner, said.after])
}

function addVersion(
  settings: Settings,
  version: Settings,
  client: Settings,
  isLocked: (place: string) => boolean,
): void {
  for (const [place, raw] of version) {
    const holder = place.slice(0, Math.max(0, place.indexOf('.')))
    const isTheClients = client.has(place) || client.has(holder)
    if (isLocked(place) || !isTheClients) settings.set(place, raw)
  }
}

function addClient(
  settings: Settings,
  client: Settings,
  isLocked: (place: string) => boolean,
  warnings: string[],
): void {
  for (const [place, raw] of client) {
    // Which model answers is decided with the targets.
    if (place === 'input' || place === 'model') continue
    // `null` or `{}` for the whole says nothing about the parts that are locked.
    if ([...settings.keys()].some((other) => other.startsWith(`${place}.`))) continue
    if (!isLocked(place)) settings.set(place, raw)
    else if (settings.get(place) !== raw) warnings.push(lockedWarning(place))
  }
}
