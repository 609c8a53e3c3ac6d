import type { Finding } from '../guardrails/guardrail.ts'
import { GuardrailError, type RemoteDetector, type RemoteQuestion } from '../guardrails/remote.ts'
import { type Rule, consequenceOf, enforces, failsClosed } from '../guardrails/rule.ts'
import { redactSpans } from '../guardrails/redact-spans.ts'
import type { GuardContext, GuardedPlace, GuardedText } from './guard-text.ts'

/** What one rule that has to be heard said of a text. */
interface Verdict {
  readonly rule: Rule
  readonly findings: readonly Finding[]
  readonly blocks: boolean
}

/**
 * Asks the remote ones among these rules about a text, all at the same time. The first that blocks ends it; those that only
 * flag are waited for at the end of the exchange.
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
  const { book, cancellation } = guarding
  const heard: Promise<Verdict>[] = []
  for (const rule of rules) {
    if (rule.detector.kind !== 'remote') continue
    const { stage, role } = where
    const { requestId, tenantId, prompt } = guarding
    const question = { guardrail: rule.slug, text, context, stage, role, requestId, tenantId, prompt }
    const answer = ask(rule, rule.detector.remote, question, where, guarding)
    if (enforces(rule) || failsClosed(rule)) heard.push(answer.then((findings) => verdictOf(rule, findings)))
    else book.alsoAsks(answer.then(() => undefined))
  }
  const { blockedBy, verdicts } = await untilBlocked(heard)
  if (cancellation.fault !== null) throw cancellation.fault
  const spans = verdicts.flatMap(({ rule, findings }) =>
    enforces(rule) && rule.hasSpans
      ? findings.filter((finding) => consequenceOf(rule, finding) !== 'flag').map((finding) => ({ ...finding, rule }))
      : [],
  )
  const left = spans.length === 0 ? text : redactSpans(text, spans, where.stage, book.vault)
  if (left !== text) book.rewritten.set(text, left)
  if (blockedBy === null) return { text: left, blockedBy }
  book.report.blocked(blockedBy)
  return { text: '', blockedBy }
}

function verdictOf(rule: Rule, findings: readonly Finding[] | null): Verdict {
  if (findings === null) return { rule, findings: [], blocks: failsClosed(rule) }
  const blocks = enforces(rule) && findings.some((finding) => consequenceOf(rule, finding) === 'block')
  return { rule, findings, blocks }
}

/** All verdicts, or those that were there when one blocked. They never reject. */
function untilBlocked(
  heard: readonly Promise<Verdict>[],
): Promise<{ readonly blockedBy: Rule | null; readonly verdicts: readonly Verdict[] }> {
  const verdicts: Verdict[] = []
  return new Promise((resolve) => {
    if (heard.length === 0) resolve({ blockedBy: null, verdicts })
    for (const each of heard) {
      void each.then((verdict) => {
        verdicts.push(verdict)
        if (verdict.blocks) resolve({ blockedBy: verdict.rule, verdicts: [...verdicts] })
        else if (verdicts.length === heard.length) resolve({ blockedBy: null, verdicts })
      })
    }
  })
}

/** Rules that only flag may be asked while the request goes on; these have to be waited for. */
export function mustBeHeard(rules: readonly Rule[]): boolean {
  return rules.some((rule) => rule.detector.kind === 'remote' && (enforces(rule) || failsClosed(rule)))
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
    const key = memo.key(rule, question)
    const known = memo.get(key)
    const findings = known ?? (await Promise.race([detector.check(question, controller.signal), givenUp()]))
    requireWithin(findings, question.text)
    if (known === null) memo.keep(key, findings)
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

  function givenUp(): Promise<never> {
    return new Promise((_, reject) => {
      const tooLate = (): void => reject(new GuardrailError(`it did not answer within ${detector.timeoutMs} ms`))
      timer = setTimeout(tooLate, detector.timeoutMs)
      stopListening = cancellation.onCancel(reject)
    })
  }
}

function requireWithin(findings: readonly Finding[], text: string): void {
  for (const { start, end } of findings) {
    if (start < 0 || end > text.length || start > end)
      throw new GuardrailError('it found something outside of the text')
  }
}
