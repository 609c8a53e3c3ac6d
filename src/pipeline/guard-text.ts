import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Cancellation } from '../core/cancellation.ts'
import { createSlices } from '../core/slices.ts'
import type { CleanTexts } from '../guardrails/clean-texts.ts'
import type { Finding, Role, Stage } from '../guardrails/guardrail.ts'
import { GuardrailError, type RemoteDetector, type RemoteQuestion } from '../guardrails/remote.ts'
import { type Rule, consequenceOf, enforces, failsClosed } from '../guardrails/rule.ts'
import type { RulesOfRole } from '../guardrails/rules-by-role.ts'
import { TextGuard } from '../guardrails/text-guard.ts'
import type { GuardBook } from './guard-book.ts'

/** Characters that are read in one go: the slowest detectors need a few milliseconds for the worst of texts. */
export const pieceChars = 4 * 1024

/** One text, and what it belongs to. */
export interface GuardedPlace {
  readonly stage: Stage
  readonly role: Role
  /** As in `GuardrailFinding`. */
  readonly place: string
}

/** What all texts of an exchange have in common. */
export interface GuardContext {
  readonly book: GuardBook
  readonly requestId: string
  readonly tenantId: string
  readonly prompt: string | null
  readonly cancellation: Cancellation
  readonly memo: VerdictMemo
  readonly cleanTexts: CleanTexts
}

export interface GuardedText {
  /** With placeholders where something was taken out; empty when it is blocked. */
  readonly text: string
  readonly blockedBy: Rule | null
}

/** Reads a whole text with the local rules among these. Long ones are read in slices, so that others are served meanwhile. */
export function guardLocally(
  text: string,
  { all, fingerprint }: RulesOfRole,
  where: GuardedPlace,
  { book, cleanTexts }: GuardContext,
): GuardedText | Promise<GuardedText> {
  const digest = cleanTexts.digest(`${where.stage} ${fingerprint}`, text)
  if (digest !== null && cleanTexts.has(digest)) return { text, blockedBy: null }
  const { report, vault } = book
  const guard = new TextGuard(all, { stage: where.stage, place: where.place, report, vault })
  const finish = (released: string): GuardedText => {
    if (digest !== null && guard.isClean) cleanTexts.add(digest)
    if (guard.blockedBy === null) return { text: released, blockedBy: null }
    guard.conceal()
    return { text: '', blockedBy: guard.blockedBy }
  }
  if (text.length > pieceChars) return whole(text, guard).then(finish)
  const released = guard.push(text)
  if (guard.isBehind) return caughtUp(guard).then(async (more) => finish(released + more + (await endOf(guard))))
  const rest = endOf(guard)
  return typeof rest === 'string' ? finish(released + rest) : rest.then((last) => finish(released + last))
}

async function whole(text: string, guard: TextGuard): Promise<string> {
  return (await pushInSlices(guard, text)) + (await endOf(guard))
}

/** Pushes a long piece in shorter ones, and lets others work in between. */
export async function pushInSlices(guard: TextGuard, text: string): Promise<string> {
  const slices = createSlices()
  let released = ''
  for (let at = 0; at < text.length;) {
    const end = pieceEnd(text, at + pieceChars)
    released += guard.push(text.slice(at, end))
    at = end
    if (guard.isBehind) released += await caughtUp(guard)
    else if (slices.due()) await slices.rest()
  }
  return released
}

/** What may go on once the detectors that put work off have done it. */
export async function caughtUp(guard: TextGuard): Promise<string> {
  let released = ''
  while (guard.isBehind) {
    await setImmediate()
    released += guard.push('')
  }
  return released
}

/** The end of a text, in steps where it may take long. */
export function endOf(guard: TextGuard): string | Promise<string> {
  if (guard.endStep()) return guard.end()
  return (async () => {
    do await setImmediate()
    while (!guard.endStep())
    return guard.end()
  })()
}

/** Not between the two halves of a surrogate pair. */
export function pieceEnd(text: string, wanted: number): number {
  if (wanted >= text.length) return text.length
  const last = text.charCodeAt(wanted - 1)
  return last >= 0xd800 && last <= 0xdbff ? wanted - 1 : wanted
}

/**
 * Asks the remote ones among these rules about a text, all at the same time. Those that only flag are not waited for.
 *
 * @param text what the local rules left of it.
 * @param context what came before it in the same text.
 */
export async function guardRemotely(
  text: string,
  context: string,
  rules: readonly Rule[],
  where: GuardedPlace,
  guarding: GuardContext,
): Promise<GuardedText> {
  const { book } = guarding
  const asked = rules.flatMap((rule) => {
    if (rule.detector.kind !== 'remote') return []
    const question = { guardrail: rule.slug, text, context, ...questionOf(where, guarding) }
    return [{ rule, verdict: ask(rule, rule.detector.remote, question, where, guarding) }]
  })
  let blockedBy: Rule | null = null
  const spans: Finding[] = []
  for (const { rule, verdict } of asked) {
    if (!enforces(rule) && !failsClosed(rule)) {
      book.alsoAsks(verdict.then(() => undefined))
      continue
    }
    const findings = await verdict
    if (guarding.cancellation.fault !== null) throw guarding.cancellation.fault
    const consequences = findings?.map((finding) => consequenceOf(rule, finding)) ?? []
    const blocks = findings === null ? failsClosed(rule) : enforces(rule) && consequences.includes('block')
    if (blocks) {
      blockedBy ??= rule
      book.report.blocked(rule)
    } else if (findings !== null && enforces(rule) && rule.action === 'redact') spans.push(...findings)
  }
  if (blockedBy !== null) return { text: '', blockedBy }
  return { text: spans.length === 0 ? text : withoutSpans(text, spans, where, guarding), blockedBy: null }
}

/** Rules that only flag may be asked while the request goes on; these have to be waited for. */
export function mustBeHeard(rules: readonly Rule[]): boolean {
  return rules.some((rule) => rule.detector.kind === 'remote' && (enforces(rule) || failsClosed(rule)))
}

function questionOf(
  { stage, role }: GuardedPlace,
  { requestId, tenantId, prompt }: GuardContext,
): Omit<RemoteQuestion, 'guardrail' | 'text' | 'context'> {
  return { stage, role, requestId, tenantId, prompt }
}

/** null: it could not say. Never rejects. */
async function ask(
  rule: Rule,
  detector: RemoteDetector,
  question: RemoteQuestion,
  { stage, place }: GuardedPlace,
  { book, cancellation, memo }: GuardContext,
): Promise<readonly Finding[] | null> {
  const { report } = book
  const startedAt = performance.now()
  report.asks(rule, stage)
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let stopListening = (): void => undefined
  try {
    const givenUp = new Promise<never>((_, reject) => {
      const tooLate = (): void => reject(new GuardrailError(`it did not answer within ${detector.timeoutMs} ms`))
      timer = setTimeout(tooLate, detector.timeoutMs)
      stopListening = cancellation.onCancel(reject)
    })
    // It may be that nobody listens: an answer is known, and the client hangs up.
    givenUp.catch(() => undefined)
    const known = memo.get(rule, question)
    const findings = known ?? (await Promise.race([detector.check(question, controller.signal), givenUp]))
    requireWithin(findings, question.text)
    memo.keep(rule, question, findings)
    report.found(rule, stage, place, findings)
    report.answered(rule, stage)
    return findings
  } catch (error) {
    // Nobody waits any longer: it has not answered, and that is no failure of its own.
    if (cancellation.cancelled) return null
    // Any other error may quote the text, or an address.
    const problem = error instanceof GuardrailError ? error.message : 'it failed'
    report.failed(rule, stage, problem)
    report.answered(rule, stage)
    return null
  } finally {
    clearTimeout(timer)
    stopListening()
    controller.abort()
    report.took(rule, stage, performance.now() - startedAt)
  }
}

function requireWithin(findings: readonly Finding[], text: string): void {
  for (const { start, end } of findings) {
    if (start < 0 || end > text.length || start > end)
      throw new GuardrailError('it found something outside of the text')
  }
}

function withoutSpans(
  text: string,
  spans: readonly Finding[],
  { stage }: GuardedPlace,
  { book }: GuardContext,
): string {
  let result = ''
  let done = 0
  for (const { start, end, kind } of spans.toSorted(
    (left, right) => left.start - right.start || right.end - left.end,
  )) {
    if (start < done) continue
    const placeholder = book.vault.placeholderFor(kind, text.slice(start, end), stage === 'input')
    result += text.slice(done, start) + placeholder
    done = end
  }
  return result + text.slice(done)
}

const memoEntries = 5_000
const memoMs = 300_000

/**
 * What somebody else said of texts, for a few minutes: the history of a conversation comes again with every turn and need
 * not be asked about and paid for again. Keeps findings and digests, no texts.
 */
export class VerdictMemo {
  readonly #kept = new Map<string, { readonly until: number; readonly findings: readonly Finding[] }>()
  readonly #now: () => number

  /** @param now milliseconds, never going back. */
  constructor(now: () => number) {
    this.#now = now
  }

  get(rule: Rule, question: RemoteQuestion): readonly Finding[] | null {
    const key = keyOf(rule, question)
    const kept = this.#kept.get(key)
    if (kept === undefined) return null
    if (kept.until > this.#now()) return kept.findings
    this.#kept.delete(key)
    return null
  }

  keep(rule: Rule, question: RemoteQuestion, findings: readonly Finding[]): void {
    if (this.#kept.size >= memoEntries) {
      const [oldest] = this.#kept.keys()
      if (oldest !== undefined) this.#kept.delete(oldest)
    }
    this.#kept.set(keyOf(rule, question), { until: this.#now() + memoMs, findings })
  }
}

function keyOf(rule: Rule, { text, context, stage, role, tenantId, prompt }: RemoteQuestion): string {
  const frame = JSON.stringify([rule.fingerprint, stage, role, tenantId, prompt, context.length])
  return createHash('sha256').update(frame).update(context).update(text).digest('base64url')
}
