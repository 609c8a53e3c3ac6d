import type { CaseResult } from '../contract/test-run.ts'

const defaultThreshold = 1

/**
 * Share of the checks of all cases that passed, 0 to 1. A case without checks counts as one: it passes when an answer came.
 * No cases at all: 0, because nothing was shown.
 */
export function scoreOf(cases: readonly Pick<CaseResult, 'passed' | 'checks'>[]): number {
  let [passed, all] = [0, 0]
  for (const { checks, ...own } of cases) {
    const counted = checks.length === 0 ? [own] : checks
    all += counted.length
    passed += counted.filter((check) => check.passed).length
  }
  return all === 0 ? 0 : passed / all
}

/** The score from which on a version's run has passed. */
export function thresholdOf(body: { readonly quality_threshold?: number | undefined }): number {
  return body.quality_threshold ?? defaultThreshold
}
