import { Fault } from '../core/fault.ts'
import { type JsonObject, isJsonObject, parsedJson } from '../core/json.ts'
import { spliceMembers } from '../core/json-members.ts'
import { once } from '../core/once.ts'
import type { Operation } from '../core/operation.ts'
import { createSlices } from '../core/slices.ts'
import type { Role } from '../guardrails/guardrail.ts'
import { type Rule, failsClosed } from '../guardrails/rule.ts'
import { rulesOfRole } from '../guardrails/rules-by-role.ts'
import { TextGuard } from '../guardrails/text-guard.ts'
import type { Upload } from '../providers/provider.ts'
import { changedMembers, mapRequestTexts } from '../wire-texts/request-texts.ts'
import type { Planned, Target } from './exchange.ts'
import { inputBlocked } from './guard-book.ts'
import { type GuardContext, type GuardedText, guardLocally, guardRemotely, mustBeHeard } from './guard-text.ts'

/** Texts of one request that can be looked at without keeping others waiting. */
const mostTexts = 20_000

/** Texts of one request that somebody outside is asked about at the same time. */
const askedAtOnce = 8

/** A text of the request, once for each role it is said in. */
interface FoundText {
  readonly text: string
  readonly role: Role
  /** Number among the texts of the request. */
  readonly index: number
}

/**
 * Looks at what goes to the model, in the words it goes in, before anything leaves: nobody has been called, and the cache
 * has not been asked. What is redacted is redacted for every target.
 *
 * @param rules of this stage that text waits for, in their order.
 * @throws Fault `guardrail_blocked`.
 */
export async function guardInput(planned: Planned, rules: readonly Rule[], context: GuardContext): Promise<Planned> {
  const { book } = context
  const texts = textsOf(planned, mustBeHeard(rules), () => tooMany(rules, context))
  throwIfBlocked(context)
  for (const { text } of texts.values()) book.vault.reserve(text)
  const guarded = new Map<string, string>()
  const questions = await readLocally(texts, rules, context, (found, text) => {
    guarded.set(keyOf(found.text, found.role), text)
  })
  await guardVariables(planned, rules, context)
  // Whoever is asked outside hears nothing of a request that is blocked already.
  throwIfBlocked(context)
  await inTurns(questions, context)
  return withTexts(planned, rules, guarded, context)
}

/**
 * Lets rules that only flag look at what goes to the model, as it was asked: nothing waits for them, so this is for after it
 * was sent. Never rejects.
 */
export async function listenToInput(planned: Planned, rules: readonly Rule[], context: GuardContext): Promise<void> {
  try {
    const texts = textsOf(planned, false, () => tooMany(rules, context))
    const questions = await readLocally(texts, rules, context, () => undefined)
    await guardVariables(planned, rules, context)
    await inTurns(questions, context)
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
): Promise<readonly (() => Promise<void>)[]> {
  const slices = createSlices()
  const questions: (() => Promise<void>)[] = []
  for (const found of texts.values()) {
    const where = { stage: 'input', role: found.role, place: `${found.index}/${found.role}` } as const
    const ofRole = rulesOfRole(rules, found.role)
    if (ofRole.all.length === 0) continue
    const looked = guardLocally(found.text, ofRole, where, context)
    const { text, blockedBy } = looked instanceof Promise ? await looked : looked
    if (slices.due()) await slices.rest()
    if (context.cancellation.fault !== null) throw context.cancellation.fault
    if (blockedBy !== null) continue
    keep(found, text)
    if (ofRole.remote.length === 0 || text === '') continue
    questions.push(async () => {
      keep(found, (await guardRemotely(text, '', ofRole.remote, where, context)).text)
    })
  }
  return questions
}

function throwIfBlocked({ book, cancellation }: GuardContext): void {
  const rule = book.report.blockedBy
  if (rule !== null) throw inputBlocked(rule, book)
  if (cancellation.fault !== null) throw cancellation.fault
}

/** So many questions at a time; none more once one has blocked. */
async function inTurns(questions: readonly (() => Promise<void>)[], context: GuardContext): Promise<void> {
  const left = [...questions]
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      if (context.book.report.blockedBy !== null || context.cancellation.cancelled) return
      await next()
    }
  }
  await Promise.all(Array.from({ length: Math.min(askedAtOnce, left.length) }, work))
  throwIfBlocked(context)
}

/** As the targets are told it: one of each wording, or all of them when somebody outside has to hear each text. */
function textsOf(planned: Planned, all: boolean, onTooMany: () => void): Map<string, FoundText> {
  const texts = new Map<string, FoundText>()
  const wordings = new Set<Operation>()
  for (const target of planned.targets) {
    if (!all && wordings.has(wordsOf(planned, target))) continue
    const read = readable(planned, target)
    if (read === null) continue
    wordings.add(read.operation)
    let index = 0
    mapRequestTexts(read.operation, read.body, (text, role) => {
      index += 1
      if (index > mostTexts) return text
      const key = keyOf(text, role)
      if (text !== '' && !texts.has(key)) texts.set(key, { text, role, index: index - 1 })
      return text
    })
    if (index > mostTexts) onTooMany()
  }
  return texts
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

function keyOf(text: string, role: Role): string {
  return `${role}\0${text}`
}

/**
 * What an author's template is filled with may come from anybody, whoever says the message it stands in: rules that do not
 * read system messages read the values by themselves.
 */
async function guardVariables(planned: Planned, rules: readonly Rule[], context: GuardContext): Promise<void> {
  if (planned.variables === null) return
  const applying = rules.filter((rule) => !rule.roles.has('system') && rule.roles.has('user') && isLocal(rule))
  if (applying.length === 0) return
  const ofRole = rulesOfRole(applying, 'user')
  for (const [name, value] of Object.entries(planned.variables)) {
    if (typeof value !== 'string' || value === '') continue
    const where = { stage: 'input', role: 'user', place: `variable/${name.slice(0, 128)}` } as const
    const looked: GuardedText | Promise<GuardedText> = guardLocally(value, ofRole, where, context)
    if (looked instanceof Promise) await looked
  }
}

function isLocal({ detector }: Rule): boolean {
  return detector.kind !== 'remote'
}

/** The body of a target, parsed, and whose words it is in. null: it has none, which is found out when it is tried. */
function readable(
  planned: Planned,
  target: Target,
): { readonly operation: Operation; readonly body: JsonObject } | null {
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

function withTexts(
  planned: Planned,
  rules: readonly Rule[],
  guarded: ReadonlyMap<string, string>,
  context: GuardContext,
): Planned {
  const targets = planned.targets.map((target) => ({
    ...target,
    body: once(() => guardedBody(planned, target, rules, guarded, context)),
  }))
  // A form that cannot be changed is found out before anybody is called.
  if (planned.asked.form !== null) targets[0]?.body()
  return { ...planned, targets }
}

function guardedBody(
  planned: Planned,
  target: Target,
  rules: readonly Rule[],
  guarded: ReadonlyMap<string, string>,
  context: GuardContext,
): string | Upload {
  const written = target.body()
  const read = readable(planned, target)
  if (read === null) return written
  const changed = mapRequestTexts(
    read.operation,
    read.body,
    (text, role) => guarded.get(keyOf(text, role)) ?? (text === '' ? text : guardedNow(text, role, rules, context)),
  )
  if (changed === read.body) return written
  const edits = new Map(changedMembers(read.body, changed).map((name) => [name, JSON.stringify(changed[name])]))
  if (typeof written === 'string') return spliceMembers(written, edits)
  throw formNotChanged(context)
}

/** A text that only this target is told, because it hears the request in other words than the first one. */
function guardedNow(text: string, role: Role, rules: readonly Rule[], context: GuardContext): string {
  const { book } = context
  const { report, vault } = book
  const guard = new TextGuard(rulesOfRole(rules, role).all, {
    stage: 'input',
    place: `fallback/${role}`,
    report,
    vault,
  })
  const released = guard.push(text) + guard.end()
  if (guard.blockedBy !== null) throw inputBlocked(guard.blockedBy, book)
  return released
}

function formNotChanged({ book }: GuardContext): Fault {
  return new Fault(
    'guardrail_blocked',
    'A guardrail would redact a field of this form, which cannot be done in an upload. Take out what it found, or send no form.',
    { headers: { 'x-promptbox-guardrails': book.report.summary() } },
  )
}
