import type { GuardrailChange } from '../contract/admin/guardrails.ts'
import type { GuardrailBody } from '../contract/guardrail-body.ts'
import { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import { checkGuardrail } from '../guardrails/check-guardrail.ts'
import { guardrailTypes } from '../guardrails/index.ts'
import type { Actor, GuardrailPin, Page, StoredGuardrail } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'
import { prepareToShow } from './show-guardrail.ts'

type Needs = Pick<AdminDependencies, 'stores'>

/** Makes a guardrail that is known to work. Faults `invalid_request` naming the field; `conflict`. */
export async function createGuardrail(
  { stores }: Needs,
  actor: Actor,
  { slug, ...body }: GuardrailBody & { readonly slug: string },
): Promise<StoredGuardrail> {
  checkGuardrail(body)
  return stores.guardrails.create(actor, { slug, body })
}

/** Changes what is named; the result is known to work. Faults `not_found`; `invalid_request` naming the field. */
export async function changeGuardrail(
  { stores }: Needs,
  actor: Actor,
  slug: string,
  change: GuardrailChange,
): Promise<StoredGuardrail> {
  return stores.guardrails.change(actor, slug, (before) => {
    const after = merged(before, change)
    checkGuardrail(after)
    return after
  })
}

/**
 * Takes a guardrail away, unless a version that is served asks for it.
 *
 * @throws Fault `not_found`; `conflict` naming the prompts.
 */
export async function removeGuardrail({ stores }: Needs, actor: Actor, slug: string): Promise<void> {
  const pins = await stores.guardrails.pins(actor.tenantId, slug)
  if (pins.length > 0) throw stillAskedFor(slug, pins)
  await stores.guardrails.remove(actor, slug)
}

const mostNamed = 10

function stillAskedFor(slug: string, pins: readonly GuardrailPin[]): Fault {
  const named = pins
    .slice(0, mostNamed)
    .map(({ prompt, version, labels }) => `${prompt}@${version} (${labels.join(', ')})`)
  const more = pins.length > mostNamed ? ` and ${pins.length - mostNamed} more` : ''
  return new Fault(
    'conflict',
    `Guardrail '${slug}' is asked for by versions that are served: ${named.join('; ')}${more}. Without it their requests would be refused. Move the labels to versions that do not ask for it, or change \`enabled\` to false.`,
    { param: 'slug', code: 'guardrail_in_use' },
  )
}

type Mutable = { -readonly [Name in keyof GuardrailBody]: GuardrailBody[Name] }

function merged(before: GuardrailBody, { settings, ...change }: GuardrailChange): GuardrailBody {
  const after: Mutable = { ...before }
  for (const [field, value] of Object.entries(change)) {
    if (value === null) Reflect.deleteProperty(after, field)
    else if (value !== undefined) Object.assign(after, { [field]: value })
  }
  if (settings !== undefined) return { ...after, settings: withSecrets(before, after.type, settings) }
  return after.type === before.type ? after : { ...after, settings: withoutSecrets(before) }
}

/** Of another type they would mean something else. */
function withoutSecrets({ type, settings }: GuardrailBody): JsonObject {
  const secret = secretNames(type)
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !secret.includes(name)))
}

/** Whoever may change where a guardrail asks is not to learn in this way what it asks with. */
const addressSetting = 'url'

/** The new settings, with the write-only ones that were not mentioned as they are. */
function withSecrets(before: GuardrailBody, type: string, given: JsonObject): JsonObject {
  const secret = secretNames(type)
  const kept: Record<string, JsonValue> = {}
  for (const [name, value] of Object.entries(given)) if (value !== null || !secret.includes(name)) kept[name] = value
  if (type !== before.type) return kept
  const carried = Object.entries(before.settings).filter(
    ([name, value]) => secret.includes(name) && !Object.hasOwn(given, name) && !isEmpty(value),
  )
  if (carried.length > 0 && given[addressSetting] !== before.settings[addressSetting]) throw secretsMissing(carried)
  return { ...kept, ...Object.fromEntries(carried) }
}

function secretsMissing(carried: readonly (readonly [string, JsonValue])[]): Fault {
  const names = carried.map(([name]) => `\`settings.${name}\``).join(' and ')
  const [first] = carried
  return new Fault(
    'invalid_request',
    `${names} must be sent again, or be taken away with null, because \`settings.${addressSetting}\` changes: what is stored is never sent to another address unseen.`,
    { param: `settings.${first?.[0] ?? addressSetting}` },
  )
}

function secretNames(type: string): readonly string[] {
  return guardrailTypes.get(type)?.secretSettings ?? []
}

function isEmpty(value: JsonValue): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0
}

/** One page of the guardrails, in their order. Fault `invalid_request`, param `cursor`, for one that this list did not give out. */
export async function listGuardrails(
  { stores }: Needs,
  tenantId: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<Page<StoredGuardrail>> {
  const after = cursor === undefined ? null : readCursor(cursor)
  const all = await stores.guardrails.list(tenantId)
  const rest = after === null ? all : all.filter((guardrail) => isBehind(guardrail, after))
  const data = rest.slice(0, limit)
  const last = data.at(-1)
  await prepareToShow(data.map(({ body }) => body))
  const isLast = rest.length <= limit || last === undefined
  return { data, nextCursor: isLast ? null : writeCursor(last) }
}

interface Place {
  readonly order: number
  readonly slug: string
}

function isBehind({ slug, body }: StoredGuardrail, after: Place): boolean {
  return body.order > after.order || (body.order === after.order && slug > after.slug)
}

function writeCursor({ slug, body }: StoredGuardrail): string {
  return Buffer.from(`guardrails:${body.order}:${slug}`).toString('base64url')
}

function readCursor(cursor: string): Place {
  const [, order, slug] = /^guardrails:(\d{1,6}):([a-z0-9_-]+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (order !== undefined && slug !== undefined) return { order: Number(order), slug }
  throw new Fault(
    'invalid_request',
    'cursor is not one that this list gave out. Pass next_cursor of the page before as it was, or leave it out for the first page.',
    { param: 'cursor' },
  )
}
