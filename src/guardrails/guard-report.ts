import type { GuardrailFinding, GuardrailResult, GuardrailVerdict } from '../core/record.ts'
import type { Finding, Stage } from './guardrail.ts'
import { type Rule, consequenceOf } from './rule.ts'

/** Findings of one guardrail at one stage that are kept; all are counted. */
const mostFindings = 32

/** The graver the later. */
const gravity: Readonly<Record<GuardrailVerdict, number>> = {
  pass: 0,
  skipped: 1,
  flag: 2,
  error: 3,
  redact: 4,
  block: 5,
}

interface Entry {
  readonly rule: Rule
  readonly stage: Stage
  verdict: GuardrailVerdict
  readonly findings: GuardrailFinding[]
  findingCount: number
  tookMs: number
  problem: string | null
  /** Questions to somebody else that are not answered yet. */
  open: number
  /** It has read all there was to read. */
  isDone: boolean
}

/** What the guardrails of one exchange said, as it comes in. One for all steps of a chain. */
export class GuardReport {
  readonly #entries = new Map<string, Entry>()
  #blockedBy: Rule | null = null

  /** The first that blocked; null: none did. */
  get blockedBy(): Rule | null {
    return this.#blockedBy
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0
  }

  /** These guardrails are to look at this stage. Until they have, nobody can say that it passed. */
  looks(rules: readonly Rule[], stage: Stage): void {
    for (const rule of rules) this.#entry(rule, stage)
  }

  /** They have read all there was to read. */
  looked(rules: readonly Rule[], stage: Stage): void {
    for (const rule of rules) this.#entry(rule, stage).isDone = true
  }

  /** @param place which text, as in `GuardrailFinding`. */
  found(rule: Rule, stage: Stage, place: string, findings: readonly Finding[]): void {
    const entry = this.#entry(rule, stage)
    for (const finding of findings) {
      entry.findingCount += 1
      raise(entry, consequenceOf(rule, finding))
      if (entry.findings.length >= mostFindings) continue
      const { kind, start, end, score } = finding
      entry.findings.push({ kind, start, end, score, place })
    }
  }

  took(rule: Rule, stage: Stage, milliseconds: number): void {
    this.#entry(rule, stage).tookMs += milliseconds
  }

  /** Somebody else is asked. Until the answer is there, nobody can say that it passed. */
  asks(rule: Rule, stage: Stage): void {
    this.#entry(rule, stage).open += 1
  }

  answered(rule: Rule, stage: Stage): void {
    this.#entry(rule, stage).open -= 1
  }

  failed(rule: Rule, stage: Stage, problem: string): void {
    const entry = this.#entry(rule, stage)
    raise(entry, 'error')
    entry.problem ??= problem
  }

  skipped(rules: readonly Rule[], stage: Stage, problem: string): void {
    for (const rule of rules) {
      const entry = this.#entry(rule, stage)
      raise(entry, 'skipped')
      entry.problem ??= problem
    }
  }

  blocked(rule: Rule): void {
    this.#blockedBy ??= rule
  }

  /** Beside what they read there is something that they cannot: a clause for the record. */
  unread(rules: readonly Rule[], stage: Stage, problem: string): void {
    for (const rule of rules) this.#entry(rule, stage).problem ??= problem
  }

  /** For the record. */
  results(): readonly GuardrailResult[] {
    return [...this.#entries.values()].map((entry) => {
      const { rule, stage, findings, findingCount, tookMs } = entry
      const verdict = verdictOf(entry)
      const problem = entry.problem ?? (verdict === 'skipped' ? 'the exchange was over before it had looked' : null)
      return {
        guardrail: rule.slug,
        type: rule.type,
        stage,
        verdict,
        mode: rule.mode,
        severity: rule.severity,
        findings,
        findingCount,
        tookMs: Math.round(tookMs * 1000) / 1000,
        ...(problem === null ? {} : { problem }),
      }
    })
  }

  /**
   * As in `x-promptbox-guardrails`: `pass`, or what followed, the gravest first: `redacted:a,b;flagged:c`; of an exchange that was
   * blocked that alone, and what failed. What runs in shadow mode is in the record only, but for its failures: that a check
   * did not run is to be seen.
   *
   * @param isOver nothing more will be said: who has not looked by now never will.
   */
  summary(isOver = false): string {
    const slugsOf = (verdict: GuardrailVerdict): string => {
      const slugs = new Set<string>()
      for (const entry of this.#entries.values()) {
        const isMeant = (isOver ? verdictOf(entry) : entry.verdict) === verdict
        if (isMeant && (entry.rule.mode === 'enforce' || verdict === 'error')) slugs.add(entry.rule.slug)
      }
      return [...slugs].join(',')
    }
    const verdicts = this.#blockedBy === null ? (Object.keys(words) as (keyof typeof words)[]) : (['error'] as const)
    const parts = verdicts
      .map((verdict) => `${words[verdict]}:${slugsOf(verdict)}`)
      .filter((part) => !part.endsWith(':'))
    if (this.#blockedBy !== null) return [`blocked:${this.#blockedBy.slug}`, ...parts].join(';')
    return parts.length === 0 ? 'pass' : parts.join(';')
  }

  #entry(rule: Rule, stage: Stage): Entry {
    const key = `${stage}/${rule.fingerprint}`
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = {
        rule,
        stage,
        verdict: 'pass',
        findings: [],
        findingCount: 0,
        tookMs: 0,
        problem: null,
        open: 0,
        isDone: false,
      }
      this.#entries.set(key, entry)
    }
    return entry
  }
}

const words = {
  block: 'blocked',
  redact: 'redacted',
  flag: 'flagged',
  error: 'error',
  skipped: 'skipped',
} as const satisfies Partial<Record<GuardrailVerdict, string>>

/** What has not been looked at to the end is no pass. */
function verdictOf({ verdict, isDone, open }: Entry): GuardrailVerdict {
  return verdict === 'pass' && (!isDone || open > 0) ? 'skipped' : verdict
}

function raise(entry: Entry, verdict: GuardrailVerdict): void {
  if (gravity[verdict] > gravity[entry.verdict]) entry.verdict = verdict
}
