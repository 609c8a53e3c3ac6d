import type { TestRunAnswer, TestRunRowAnswer } from '../../contract/admin/test-run.ts'
import type { CaseResult } from '../../contract/test-run.ts'
import type { TestRun, TestRunRow } from '../../store/ports.ts'
import { instantJson } from './page-json.ts'

export function testRunRowJson(run: TestRunRow): TestRunRowAnswer {
  return {
    id: run.id,
    prompt: run.slug,
    version: run.version,
    passed: run.passed,
    score: run.score,
    complete: run.complete,
    trigger: run.trigger,
    cost_usd: run.costUsd,
    created_by: run.createdBy,
    created_at: instantJson(run.createdAt),
  }
}

export function testRunJson(run: TestRun): TestRunAnswer {
  return { ...testRunRowJson(run), threshold: run.threshold, cases: run.cases.map(caseJson) }
}

function caseJson(result: CaseResult): TestRunAnswer['cases'][number] {
  return {
    name: result.name,
    passed: result.passed,
    output: result.output,
    checks: result.checks.map((check) => ({ ...check })),
    error: result.error,
    asked_model: result.askedModel,
    model: result.model,
    request_id: result.requestId,
    cost_usd: result.costUsd,
    latency_ms: result.latencyMs,
  }
}
