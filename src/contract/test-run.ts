import type { Check } from './test-case.ts'

/** What a run of test cases found. */

export interface CheckResult {
  readonly type: Check['type']
  readonly passed: boolean
  /** A sentence for people: `contains: the answer does not contain "refund"`. */
  readonly detail: string
}

export interface CaseResult {
  readonly name: string
  readonly passed: boolean
  /** Text of the answer, perhaps cut; null: there was none, or it is not kept. */
  readonly output: string | null
  readonly checks: readonly CheckResult[]
  /** Why there was no answer; null: there was one. */
  readonly error: string | null
  /** Model it was run against instead of the version's own; null: the version's own. */
  readonly askedModel: string | null
  /** `<provider>/<model>` that answered; null: none did. */
  readonly model: string | null
  /** Its exchange; null: it was not run. */
  readonly requestId: string | null
  /** Of the answer and of what came before it, also of one that is withheld, US dollars; null: unknown, or there was none. */
  readonly costUsd: number | null
  readonly latencyMs: number | null
}

/** What a run was made for: somebody asked, a version was saved, a label is to move. */
export type TestTrigger = 'demand' | 'save' | 'gate'

export interface TestRunResult {
  /** The score is at the version's quality threshold or above. */
  readonly passed: boolean
  /** Share of all checks that passed, 0 to 1. */
  readonly score: number
  readonly threshold: number
  /** All stored cases of the version were run, with its own model: only such a run opens a gate. */
  readonly complete: boolean
  readonly trigger: TestTrigger
  /** Of all answers and all judging, US dollars; null: a price is unknown. */
  readonly costUsd: number | null
  readonly cases: readonly CaseResult[]
}
