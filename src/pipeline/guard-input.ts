import { Fault } from '../core/fault.ts'
import { type JsonObject, isJsonObject, parsedJson } from '../core/json.ts'
import { hasDuplicateMembers } from '../core/json-duplicates.ts'
import { spliceMembers } from '../core/json-members.ts'
import { isNestedDeeper } from '../core/nesting.ts'
import { once } from '../core/once.ts'
import type { Operation } from '../core/operation.ts'
import { createSlices } from '../core/slices.ts'
import type { Role } from '../guardrails/guardrail.ts'
import { type Rule, failsClosed } from '../guardrails/rule.ts'
import { type Speaker, rulesOfRole } from '../guardrails/rules-by-role.ts'
import { TextGuard } from '../guardrails/text-guard.ts'
import type { Upload } from '../providers/provider.ts'
import { mapLeaves } from '../wire-texts/leaves.ts'
import { changedMembers, mapRequestTexts, unreadableInput } from '../wire-texts/request-texts.ts'
import type { Planned, Target } from './exchange.ts'
import { inTurns } from './in-turns.ts'
import { inputBlocked } from './guard-book.ts'
import { guardRemotely, mustBeHeard } from './guard-remotely.ts'
import { type GuardContext, guardLocally } from './guard-text.ts'

/** Texts of one request that can be looked at without keeping others waiting. */
const mostTexts = 20_000

/** Texts of one request that somebody outside is asked about at the same time. */
const askedAtOnce = 8

/** A text of the request, once for each role it is said in. */
interface FoundText {
  readonly text: string
  readonly speaker: Exclude<Speaker, 'anybody'>
  /** As in `GuardrailFinding`. */
  readonly place: string
}

/** What the guardrails left of a request. */
export interface GuardedInput {
  readonly planned: Planned
  /** By `keyOf`: what became of each text that was read. */
  readonly guarded: ReadonlyMap<string, string>
}

/**
 * Looks at what goes to the model, in the words it goes in, before anything leaves: nobody has been called, and the cache
 * has not been asked. What is redacted is redacted for every target.
 *
 * @param rules of this stage that text waits for, in their order.
 * @throws Fault `guardrail_blocked`, and `invalid_request` for a body that two readers may read differently.
 */
export async function guardInput(
  planned: Planned,
  rules: readonly Rule[],
  context: GuardContext,
): Promise<GuardedInput> {
  const { book } = context
  requireOneMeaning(planned)
  const texts = textsOf(planned, mustBeHeard(rules), () => tooMany(rules, context))
  noteUnread(planned, texts, rules, context)
  throwIfBlocked(context)
  for (const { text } of texts.values()) book.vault.reserve(text)
  const guarded = new Map<string, string>()
  const keep = (found: FoundText, text: string): void => void guarded.set(keyOf(found), text)
  const questions = await readLocally(texts, rules, context, keep)
  // Whoever is asked outside hears nothing of a request that is blocked already.
  throwIfBlocked(context)
  await askAll(questions, context)
  book.report.looked(rules, 'input')
  return { planned: withTexts(planned, rules, guarded, context), guarded }
}

/**
 * Lets rules that only flag look at what goes to the model: nothing waits for them, so this is for after it was sent. Those
 * that ask somebody outside do so about what other rules left of it. Never rejects.
 */
export async function listenToInput(
  planned: Planned,
  left: ReadonlyMap<string, string>,
  rules: readonly Rule[],
  context: GuardContext,
): Promise<void> {
  try {
    const texts = textsOf(planned, false, () => tooMany(rules, context))
    noteUnread(planned, texts, rules, context)
    const questions = await readLocally(texts, rules, context, () => undefined, left)
    await askAll(questions, context)
    context.book.report.looked(rules, 'input')
  } catch {
    // The exchange was cancelled: what has not been said by then is recorded as such.
  }
}

/** The local rules read every text. What is left of each goes to `keep`; gives the questions that remote ones have. */
async function readLocally(
  texts: ReadonlyMap<string, FoundText>,
  rules: readonly Rule[],
  context: GuardContext,
  keep: (found: FoundText, text: string) => void,
  left: ReadonlyMap<string, string> = new Map(),
): Promise<readonly (() => Promise<void>)[]> {
  const slices = createSlices()
  const questions: (() => Promise<void>)[] = []
  let isFilled = hasRedactedVariable(left)
  for (const [key, found] of texts) {
    const role = found.speaker === 'variable' ? 'user' : found.speaker
    const where = { stage: 'input', role, place: found.place } as const
    const ofRole = rulesOfRole(rules, found.speaker)
    if (ofRole.all.length === 0) continue
    const looked = guardLocally(found.text, ofRole, where, context)
    const { text, blockedBy } = looked instanceof Promise ? await looked : looked
    if (slices.due()) await slices.rest()
    if (context.cancellation.fault !== null) throw context.cancellation.fault
    if (blockedBy !== null) continue
    keep(found, text)
    isFilled ||= found.speaker === 'variable' && text !== found.text
    const rest = left.get(key) ?? text
    if (ofRole.remote.length === 0 || rest === '') continue
    questions.push(async () => {
      const told = isFilled ? context.book.vault.conceal(rest) : rest
      const asked = await guardRemotely(told, '', ofRole.remote, where, context)
      const { rewritten } = context.book
      // Of one that is blocked, the record has what others left.
      const kept = asked.blockedBy === null ? asked.text : (rewritten.get(told) ?? told)
      if (kept !== found.text) rewritten.set(found.text, kept)
      keep(found, kept)
    })
  }
  return questions
}

/** So many questions at a time; none more once one has blocked. Rejects when one has, or the exchange was cancelled. */
async function askAll(questions: readonly (() => Promise<void>)[], context: GuardContext): Promise<void> {
  const isOver = (): boolean => context.book.report.blockedBy !== null || context.cancellation.cancelled
  await inTurns(questions, askedAtOnce, isOver)
  throwIfBlocked(context)
}

function throwIfBlocked({ book, cancellation }: GuardContext): void {
  const rule = book.report.blockedBy
  if (rule !== null) throw inputBlocked(rule, book)
  if (cancellation.fault !== null) throw cancellation.fault
}

/** Of a member that stands twice we read the last; a provider may read the first. */
function requireOneMeaning({ asked }: Planned): void {
  if (asked.form !== null || asked.text === '') return
  const name = hasDuplicateMembers(asked.text)
  if (name === null) return
  throw new Fault('invalid_request', `The field \`${name}\` stands twice in its object. Leave one of them out.`, {
    param: name,
  })
}

/** As the targets are told it: one of each wording, or all of them when somebody outside has to hear each text. */
function textsOf(planned: Planned, all: boolean, onTooMany: () => void): Map<string, FoundText> {
  const texts = new Map<string, FoundText>()
  const wordings = new Set<Operation>()
  let count = 0
  const add = (found: FoundText): void => {
    if (found.text !== '' && !texts.has(keyOf(found))) texts.set(keyOf(found), found)
  }
  for (const target of planned.targets) {
    if (!all && wordings.has(wordsOf(planned, target))) continue
    const read = readable(planned, target)
    if (read === null) continue
    wordings.add(read.operation)
    let index = 0
    mapRequestTexts(read.operation, read.body, (text, role) => {
      count += 1
      if (count <= mostTexts) add({ text, speaker: role, place: `${index}/${role}` })
      index += 1
      return text
    })
  }
  for (const found of variablesOf(planned, texts)) {
    count += 1
    if (count <= mostTexts) add(found)
  }
  if (count > mostTexts) onTooMany()
  return texts
}

/**
 * What an author's template is filled with may come from anybody, whoever says the message it stands in: rules that do not
 * read system messages read the values by themselves, those that stand in no text they read already.
 */
function* variablesOf({ variables }: Planned, texts: ReadonlyMap<string, FoundText>): Generator<FoundText> {
  if (variables === null || isNestedDeeper(variables)) return
  const read = [...texts.values()].filter(({ speaker }) => speaker === 'user').map(({ text }) => text)
  const values: FoundText[] = []
  for (const [name, value] of Object.entries(variables)) {
    mapLeaves(value, (text) => {
      const isRead = read.some((whole) => whole.includes(text))
      if (!isRead) values.push({ text, speaker: 'variable', place: `variable/${name.slice(0, 128)}` })
      return text
    })
  }
  yield* values
}

/** Pictures and sound beside texts are noted; a request that is nothing else (lists of tokens) is one nobody could look at. */
function noteUnread(
  planned: Planned,
  texts: ReadonlyMap<string, FoundText>,
  rules: readonly Rule[],
  { book }: GuardContext,
): void {
  const [target] = planned.targets
  const read = target === undefined ? null : readable(planned, target)
  const unread = read === null ? null : unreadableInput(read.operation, read.body)
  if (unread === null) return
  if (texts.size > 0) return book.report.unread(rules, 'input', unread)
  for (const rule of rules) {
    book.report.failed(rule, 'input', unread)
    if (failsClosed(rule)) book.report.blocked(rule)
  }
}

function tooMany(rules: readonly Rule[], { book }: GuardContext): void {
  for (const rule of rules) {
    book.report.failed(rule, 'input', `the request has more than ${mostTexts} texts`)
    if (failsClosed(rule)) book.report.blocked(rule)
  }
}

function wordsOf({ asked }: Planned, { endpoint, provider }: Target): Operation {
  return endpoint === provider.endpoints[asked.operation] ? asked.operation : 'chat'
}

function keyOf({ text, speaker }: Pick<FoundText, 'text' | 'speaker'>): string {
  return `${speaker}\0${text}`
}

/** The body of a target, parsed, and whose words it is in. */
interface ReadBody {
  readonly operation: Operation
  readonly body: JsonObject
}

/** Targets of exchanges under way: a body is parsed once, however often it is looked at. */
const readBodies = new WeakMap<Target, ReadBody | null>()

/** null: it has no body, which is found out when it is tried. */
function readable(planned: Planned, target: Target): ReadBody | null {
  let read = readBodies.get(target)
  if (read === undefined) {
    read = readBody(planned, target)
    readBodies.set(target, read)
  }
  return read
}

function readBody(planned: Planned, target: Target): ReadBody | null {
  const { asked } = planned
  const operation = wordsOf(planned, target)
  // The client's own bytes: they are parsed already.
  if (operation === asked.operation && (planned.prompt === null || asked.form !== null))
    return { operation, body: asked.body }
  let text: string | Upload
  try {
    text = target.body()
  } catch (error) {
    if (error instanceof Fault) return null
    throw error
  }
  const body = typeof text === 'string' ? parsedJson(text) : undefined
  return isJsonObject(body) ? { operation, body } : null
}

/** A value that was redacted stands in messages that its rule does not read: there it has to be looked for. */
function hasRedactedVariable(guarded: ReadonlyMap<string, string>): boolean {
  return [...guarded].some(([key, text]) => key.startsWith('variable\0') && key !== `variable\0${text}`)
}

function withTexts(
  planned: Planned,
  rules: readonly Rule[],
  guarded: ReadonlyMap<string, string>,
  context: GuardContext,
): Planned {
  const isFilled = hasRedactedVariable(guarded)
  const leftOf = (text: string, role: Role): string => {
    const left = guarded.get(keyOf({ text, speaker: role })) ?? guardedNow(text, role, rules, context)
    return isFilled ? context.book.vault.conceal(left) : left
  }
  const targets = planned.targets.map((target) => ({
    ...target,
    body: once(() => guardedBody(planned, target, leftOf, rules, context)),
  }))
  // A form that cannot be changed is found out before anybody is called.
  if (planned.asked.form !== null) targets[0]?.body()
  return { ...planned, targets }
}

function guardedBody(
  planned: Planned,
  target: Target,
  leftOf: (text: string, role: Role) => string,
  rules: readonly Rule[],
  context: GuardContext,
): string | Upload {
  const written = target.body()
  const read = readable(planned, target)
  if (read === null) return written
  const changed = mapRequestTexts(read.operation, read.body, leftOf)
  if (changed === read.body) return written
  const edits = new Map(changedMembers(read.body, changed).map((name) => [name, JSON.stringify(changed[name])]))
  if (typeof written === 'string') return spliceMembers(written, edits)
  throw formNotChanged(rules, context)
}

/** A text that only this target is told, because it hears the request in other words than the first one. */
function guardedNow(text: string, role: Role, rules: readonly Rule[], context: GuardContext): string {
  const { all } = rulesOfRole(rules, role)
  if (text === '' || all.length === 0) return text
  const { book } = context
  const { report, vault } = book
  const guard = new TextGuard(all, { stage: 'input', place: `fallback/${role}`, report, vault })
  const released = guard.push(text) + guard.end()
  if (guard.blockedBy !== null) throw inputBlocked(guard.blockedBy, book)
  return released
}

function formNotChanged(rules: readonly Rule[], { book }: GuardContext): Fault {
  const redacting = rules.filter(({ action }) => action === 'redact')
  for (const rule of redacting) book.report.blocked(rule)
  const slugs = redacting.map(({ slug }) => `\`${slug}\``).join(', ')
  return new Fault(
    'guardrail_blocked',
    `A field of this form would have to be redacted for ${slugs}, which cannot be done in an upload. Take out what was found, or send no form.`,
    { headers: { 'x-promptbox-guardrails': book.report.summary() } },
  )
}
