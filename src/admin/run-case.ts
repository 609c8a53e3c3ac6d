import {
  type Check,
  type JudgeSettings,
  type TestCase,
  type WebhookSettings,
  judgeSettingsOf,
  webhookSettingsOf,
} from '../contract/test-case.ts'
import type { CaseResult, CheckResult } from '../contract/test-run.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import { newRequestId } from '../core/ids.ts'
import type { JsonObject } from '../core/json.ts'
import type { Observe } from '../core/observation.ts'
import { decideCheck, resultOf } from '../evaluation/decide-check.ts'
import { judgeError, judgeFailed, judgeRequest, readVerdict, tooLongToJudge } from '../evaluation/llm-judge.ts'
import {
  readWebhookAnswer,
  signature,
  signatureHeader,
  webhookBody,
  webhookFailed,
} from '../evaluation/webhook-check.ts'
import type { AskInside, InsideAnswer, NoInsideAnswer } from '../pipeline/ask-inside.ts'
import type { CallWebhook } from '../providers/webhook.ts'

/** One case of a version, to be run. */
export interface CaseToRun {
  readonly tenantId: string
  readonly slug: string
  readonly version: number
  readonly testCase: TestCase
  /** Instead of the version's own; null: its own. */
  readonly askedModel: string | null
  /** The version's own model, which judges when a check names none. */
  readonly ownModel: string
  /** Milliseconds that are left for it. */
  readonly remainingMs: () => number
  /** Longest output in the result, characters. */
  readonly outputChars: number
}

/** Whom a case asks. */
export interface CaseNeeds {
  readonly askInside: AskInside
  readonly callWebhook: CallWebhook
  readonly webhookSecrets: ReadonlyMap<string, string>
  readonly clock: Clock
  readonly observe: Observe
}

export interface RunCase {
  readonly result: CaseResult
  /** Of the answer and of all judging, US dollars; null: a price is unknown. */
  readonly spentUsd: number | null
}

const appName = 'promptbox tests'
const outOfTime = 'the time limit of the run had passed'
const webhookTimeoutMs = 10_000

/** Asks the prompt and decides every check. Never rejects: what goes wrong is a failed case that says so. */
export async function runCase(toRun: CaseToRun, needs: CaseNeeds): Promise<RunCase> {
  const { testCase, tenantId } = toRun
  const left = toRun.remainingMs()
  if (left <= 0) return { result: failedCase(toRun, `It was not run: ${outOfTime}.`, null), spentUsd: 0 }
  const requestId = newRequestId(needs.clock.now())
  try {
    const timeoutMs = Math.ceil(left)
    const answer = await needs.askInside({ tenantId, appName, body: bodyOf(toRun), timeoutMs, requestId, fresh: true })
    if ('fault' in answer) return unanswered(toRun, answer, requestId, needs)
    const spent = new Spent(answer.costUsd)
    const checks: CheckResult[] = []
    for (const check of testCase.checks) checks.push(await runCheck(check, answer, toRun, needs, spent))
    return { result: { ...answeredCase(toRun, answer), checks, passed: allPassed(checks) }, spentUsd: spent.usd }
  } catch (error) {
    // A defect of ours, somewhere on the way; what was spent until then nobody knows.
    return unanswered(toRun, { fault: Fault.from(error), costUsd: null }, requestId, needs)
  }
}

/** Nobody gets an answer that is withheld, but it was paid for. */
function unanswered(toRun: CaseToRun, answer: NoInsideAnswer, requestId: string, needs: CaseNeeds): RunCase {
  const costUsd = answer.costUsd === 0 ? null : answer.costUsd
  const result = { ...failedCase(toRun, toldOf(answer, requestId, needs), requestId), costUsd }
  return { result, spentUsd: answer.costUsd }
}

const allPassed = (checks: readonly CheckResult[]): boolean => checks.every((check) => check.passed)

/** A sum that is unknown as soon as a part of it is. */
class Spent {
  usd: number | null

  constructor(usd: number | null) {
    this.usd = usd
  }

  add(usd: number | null): void {
    this.usd = this.usd === null || usd === null ? null : this.usd + usd
  }
}

/** The version is named by its number: where labels point does not matter. */
function bodyOf({ slug, version, testCase, askedModel }: CaseToRun): JsonObject {
  const { variables = {}, messages = [] } = testCase
  return {
    ...(askedModel === null
      ? { model: `prompt:${slug}@${version}` }
      : { model: askedModel, prompt: { id: slug, version: String(version) } }),
    prompt_variables: variables,
    messages: messages as readonly JsonObject[],
  }
}

function answeredCase(toRun: CaseToRun, answer: InsideAnswer): Omit<CaseResult, 'checks' | 'passed'> {
  return {
    name: toRun.testCase.name,
    output: answer.text.slice(0, toRun.outputChars),
    error: null,
    askedModel: toRun.askedModel,
    model: answer.model,
    requestId: answer.requestId,
    costUsd: answer.costUsd,
    latencyMs: answer.durationMs,
  }
}

/** Without an answer every check has failed. @param error a sentence. */
function failedCase(
  toRun: Pick<CaseToRun, 'testCase' | 'askedModel'>,
  error: string,
  requestId: string | null,
): CaseResult {
  const detail = `there was no answer to look at. ${error}`
  return {
    name: toRun.testCase.name,
    passed: false,
    output: null,
    checks: toRun.testCase.checks.map(({ type }) => resultOf(type, { passed: false, detail })),
    error,
    askedModel: toRun.askedModel,
    model: null,
    requestId,
    costUsd: null,
    latencyMs: null,
  }
}

async function runCheck(
  check: Check,
  answer: InsideAnswer,
  toRun: CaseToRun,
  needs: CaseNeeds,
  spent: Spent,
): Promise<CheckResult> {
  switch (check.type) {
    case 'llm_judge':
      return judge(judgeSettingsOf(check.value), answer, toRun, needs, spent)
    case 'webhook':
      return askWebhook(webhookSettingsOf(check.value), answer, toRun, needs)
    default:
      return decideCheck(check, { ...answer, costUsd: answer.costUsd ?? knownToBeFree(answer.model) })
  }
}

/** The built-in mock has no price, and is known to cost nothing: a limit of cost can be tried with it. */
const knownToBeFree = (model: string): number | null => (model.startsWith('mock/') ? 0 : null)

async function judge(
  settings: JudgeSettings,
  answer: InsideAnswer,
  toRun: CaseToRun,
  needs: CaseNeeds,
  spent: Spent,
): Promise<CheckResult> {
  const tooLong = tooLongToJudge(answer.text)
  if (tooLong !== null) return tooLong
  const left = toRun.remainingMs()
  if (left <= 0) return judgeFailed(outOfTime)
  const requestId = newRequestId(needs.clock.now())
  const body = judgeRequest(settings, toRun.ownModel, toRun.testCase, answer.text)
  const { tenantId } = toRun
  const verdict = await needs.askInside({ tenantId, appName, body, timeoutMs: Math.ceil(left), requestId })
  spent.add(verdict.costUsd)
  if ('fault' in verdict) return judgeError(settings, toldOf(verdict, requestId, needs))
  return readVerdict(settings, verdict.text)
}

async function askWebhook(
  settings: WebhookSettings,
  answer: InsideAnswer,
  toRun: CaseToRun,
  { callWebhook, webhookSecrets, clock }: CaseNeeds,
): Promise<CheckResult> {
  const { url, timeout_ms: wanted = webhookTimeoutMs, secret_env: variable } = settings
  const secret = variable === undefined ? null : webhookSecrets.get(variable)
  if (secret === undefined) {
    return webhookFailed(`it was not asked, because Promptbox was started without ${variable}, which is to sign it`)
  }
  const left = toRun.remainingMs()
  if (left <= 0) return webhookFailed(outOfTime)
  const { slug, version, testCase } = toRun
  const { text, completion } = answer
  const body = webhookBody({ prompt: slug, version, testCase, output: text, completion })
  const seconds = Math.floor(clock.now() / 1000)
  const headers = secret === null ? {} : { [signatureHeader]: signature(secret, body, seconds) }
  const told = await callWebhook({ url, body, headers, timeoutMs: Math.min(wanted, Math.ceil(left)) })
  return 'problem' in told ? webhookFailed(told.problem) : readWebhookAnswer(told.status, told.text)
}

/** What a client would be told. A defect of ours is told to the operator as well. */
function toldOf({ fault }: NoInsideAnswer, requestId: string, { observe }: CaseNeeds): string {
  if (fault.kind === 'internal') {
    observe({ type: 'defect', where: 'admin: run a test case', error: fault.cause ?? fault, requestId })
  }
  return fault.message
}
