import type { CaseResult, CheckResult } from '../contract/test-run.ts'

/** Whose detail may repeat what the answer said, by a judge's or webhook's words or by a name out of its JSON. */
const repeating: ReadonlySet<CheckResult['type']> = new Set(['json_schema', 'llm_judge', 'webhook'])

/** A result without anything that was said in the answer, for where bodies are not kept. */
export function withoutWords(result: CaseResult): CaseResult {
  return { ...result, output: null, checks: result.checks.map(silent) }
}

function silent(check: CheckResult): CheckResult {
  if (!repeating.has(check.type)) return check
  const detail = `${check.type}: ${check.passed ? 'passed' : 'failed'}; what was said is not kept`
  return { ...check, detail }
}
