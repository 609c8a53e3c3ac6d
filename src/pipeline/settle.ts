import type { Clock } from '../core/clock.ts'
import type { Fault } from '../core/fault.ts'
import { ownMember } from '../core/json.ts'
import type { Cost, ExchangeRecord, Outcome, RecordedBodies } from '../core/record.ts'
import type { Usage } from '../core/usage.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { type AssignedInVain, recordedAssignment, recordedUnit } from './assign-variant.ts'
import { attributionOf } from './attribution.ts'
import type { ChainTrace } from './chain-trace.ts'
import { type Concealment, concealmentOf } from './concealment.ts'
import type { Answered, Asked, Planned, ResolvedPrompt, Target } from './exchange.ts'
import { charactersPerToken, estimateOf, usageByLength } from './estimate-usage.ts'
import { paidFor, paidInAll } from './paid-in-all.ts'
import { outputBlocked } from './guard-book.ts'
import { type BodyPolicy, recordedBodies } from './recorded-bodies.ts'
import type { AttemptLog } from './send.ts'
import type { Tally } from './tally.ts'

/** Prices one answer by the built-in data and what operators say in this snapshot; null: the price is unknown. */
export type Pricer = (
  answer: {
    readonly target: Target
    /** The model that answered by its own word, null when it did not say. */
    readonly responseModel: string | null
    readonly usage: Usage
    /** Milliseconds since 1970. */
    readonly at: number
  },
  snapshot: Snapshot,
) => { readonly cost: Cost; readonly source: string } | null

export interface SettleSettings {
  readonly clock: Clock
  readonly price: Pricer
  readonly bodyPolicy: BodyPolicy
  readonly recordedBodyChars: number
}

/** How far an exchange came, and how it ended. */
export interface Settled {
  readonly asked: Asked
  readonly planned: Planned | null
  /** It was assigned and could not be planned; null otherwise. */
  readonly inVain: AssignedInVain | null
  /** The chain that was called; null: none was. */
  readonly chain: ChainTrace | null
  readonly answered: Answered | null
  readonly attempts: AttemptLog
  readonly tally: Tally | null
  readonly timeToFirstChunkMs: number | null
  /** null: it ended well. */
  readonly fault: Fault | null
  /** Status the client saw. */
  readonly httpStatus: number
}

/** What an exchange used and cost, as far as it is known when it is settled. */
export type Bill = Pick<
  ExchangeRecord,
  'usage' | 'usageSource' | 'cost' | 'priceSource' | 'estimate' | 'savedInputTokens' | 'compressed'
>

/** The wide row of a settled exchange. Nothing that guardrails took out of its texts is in it. */
export function toRecord(settled: Settled, settings: SettleSettings): ExchangeRecord {
  const concealment = concealmentOf(settled.asked.guard)
  const record = rowOf(settled, settings, concealment)
  return concealment === null ? record : concealment.columns(record)
}

function rowOf(settled: Settled, settings: SettleSettings, concealment: Concealment | null): ExchangeRecord {
  const { asked, planned, answered, tally, chain } = settled
  const fault = settled.fault ?? blockedAnswer(settled)
  const lastAttempt = settled.attempts.at(-1)
  const asksModel = ownMember(asked.body, 'model')
  const responseModel = tally?.responseModel ?? answered?.target.model ?? null
  const attribution = attributionOf(asked)
  const prompt = planned?.prompt ?? settled.inVain?.prompt ?? null
  return {
    requestId: asked.requestId,
    tenantId: asked.key.tenantId,
    createdAt: asked.createdAt,
    operation: asked.operation,
    outcome: outcomeOf(settled),
    errorType: fault?.kind ?? null,
    errorMessage: fault?.message ?? null,
    httpStatus: settled.httpStatus,
    stream: asked.stream,
    prompt: prompt?.slug ?? null,
    promptVersion: prompt?.version ?? null,
    label: prompt?.label ?? null,
    ...assignedOf(settled, prompt),
    chain: chain?.slug ?? null,
    chainVersion: chain?.version ?? null,
    outputCheck: answered?.checked?.result() ?? null,
    requestModel: typeof asksModel === 'string' ? asksModel.slice(0, 512) : (promptName(planned) ?? ''),
    responseModel,
    provider: answered?.target.provider.id ?? lastAttempt?.provider ?? null,
    responseId: tally?.responseId ?? null,
    upstreamRequestId: answered?.answer.opening.upstreamRequestId ?? fault?.upstreamRequestId ?? null,
    finishReasons: tally?.finishReasons() ?? [],
    ...(chain === null ? billOf(settled, responseModel, settings, concealment) : chain.bill()),
    durationMs: settings.clock.monotonic() - asked.startedAt,
    timeToFirstChunkMs: settled.timeToFirstChunkMs,
    attempts: settled.attempts,
    keyId: asked.key.id,
    appName: attribution.appName,
    userId: attribution.userId,
    sessionId: attribution.sessionId,
    environment: attribution.environment,
    locale: attribution.locale,
    metadata: attribution.metadata,
    cache: answered?.cache ?? 'off',
    ...guardedOf(asked),
    warnings: chain?.warnings ?? warningsOf(planned, answered),
    snapshotVersion: asked.snapshot.version,
    bodies: bodiesOf(settled, settings, concealment),
  }
}

/** Which variant it was served and how it came to it, and whom it was for. */
function assignedOf(
  { asked, planned, inVain, answered }: Settled,
  prompt: ResolvedPrompt | null,
): Pick<ExchangeRecord, 'experiment' | 'variant' | 'assignment' | 'unit'> {
  if (prompt === null) return { experiment: null, variant: null }
  const assignment = planned?.assignment ?? inVain?.assignment ?? null
  const unit = recordedUnit(asked, assignment)
  const named = unit === undefined ? {} : { unit }
  if (assignment === null) return { experiment: null, variant: null, ...named }
  return {
    experiment: assignment.experiment.slug,
    variant: assignment.variant.name,
    assignment: recordedAssignment(assignment, { planned, inVain, answered }),
    ...named,
  }
}

/** The client has the end that a filter gives an answer; the record says why. */
function blockedAnswer({ asked }: Settled): Fault | null {
  const rule = asked.guard?.report.blockedBy ?? null
  return rule === null ? null : outputBlocked(rule)
}

function guardedOf({ guard }: Asked): Pick<ExchangeRecord, 'guardrails' | 'guardrailResults'> {
  if (guard === undefined || guard.report.isEmpty) return { guardrails: 'pass' }
  return { guardrails: guard.report.summary(true), guardrailResults: guard.report.results() }
}

/** Of one answer. Where the provider said nothing about tokens, a count is owed. */
function billOf(
  settled: Settled,
  responseModel: string | null,
  settings: SettleSettings,
  concealment: Concealment | null,
): Bill {
  const { asked, planned, answered, tally } = settled
  if (answered?.cache === 'hit') return freeBill
  const said = tally?.usage ?? null
  const owed =
    said === null && tally !== null && answered !== null ? owedFor(settled, answered.target, tally, concealment) : null
  // Where no messages are to be kept, none may lie in the spool for counting either: then their length has to do.
  const keepsTexts = settings.bodyPolicy === 'on' && concealment?.forgets !== true
  const usage = said ?? (owed === null || keepsTexts ? null : usageByLength(owed))
  const priced =
    usage === null || answered === null
      ? null
      : settings.price({ target: answered.target, responseModel, usage, at: asked.createdAt }, asked.snapshot)
  const compressed = answered === null ? null : (planned?.compressed ?? null)
  const inAll = paidForSeveral(settled, settings.price)
  return {
    usage,
    usageSource: usage === null ? null : said === null ? 'estimated' : 'provider',
    cost: priced?.cost ?? null,
    priceSource: priced?.source ?? null,
    estimate: keepsTexts && inAll === null ? owed : null,
    savedInputTokens: compressed === null || keepsTexts ? null : savedByLength(compressed),
    compressed: keepsTexts ? concealed(compressed, concealment) : null,
    ...inAll,
  }
}

/** What a guardrail kept from the client was generated and is paid for. */
function owedFor(
  { asked }: Settled,
  target: Target,
  tally: Tally,
  concealment: Concealment | null,
): ExchangeRecord['estimate'] {
  const owed = estimateOf(target, asked.operation, tally)
  if (owed === null || asked.guard === undefined) return owed
  const conceal = (text: string): string => concealment?.text(text) ?? text
  return { input: conceal(owed.input), output: conceal(`${owed.output}${asked.guard.withheld}`) }
}

/** null: there was one answer, as nearly always. */
function paidForSeveral({ asked, answered, tally }: Settled, price: Pricer): ReturnType<typeof paidInAll> {
  const others = answered?.checked?.others
  if (answered === null || others === undefined || others.length === 0) return null
  const all = tally === null ? others : [...others, { target: answered.target, tally }]
  return paidInAll(all.flatMap((each) => paidFor(each, asked, price) ?? []))
}

function concealed(texts: Bill['compressed'], concealment: Concealment | null): Bill['compressed'] {
  if (texts === null || concealment === null) return texts
  return { before: concealment.text(texts.before), after: concealment.text(texts.after) }
}

const noWarnings: readonly string[] = []

/** Nearly always there are none, or only those of the plan. */
function warningsOf(planned: Planned | null, answered: Answered | null): readonly string[] {
  const ofPlan = planned?.warnings ?? noWarnings
  const ofAnswer = answered?.answer.opening.warnings
  const ofCheck = answered?.checked?.warnings()
  if (ofAnswer === undefined && ofCheck === undefined) return ofPlan
  return [...ofPlan, ...(ofAnswer ?? noWarnings), ...(ofCheck ?? noWarnings)]
}

/** Nobody was asked: the answer costs nothing and used no tokens. */
export const freeBill: Bill = {
  usage: null,
  usageSource: null,
  cost: { totalUsd: 0, inputUsd: 0, cacheReadUsd: 0, cacheWriteUsd: 0, outputUsd: 0, reasoningUsd: 0 },
  priceSource: 'promptbox:cache',
  estimate: null,
  savedInputTokens: null,
  compressed: null,
}

function promptName(planned: Planned | null): string | null {
  const prompt = planned?.prompt ?? null
  return prompt === null ? null : `prompt:${prompt.slug}`
}

function outcomeOf(settled: Settled): Outcome {
  const fault = settled.fault ?? blockedAnswer(settled)
  if (fault === null) return 'ok'
  if (fault.kind === 'client_closed') return 'client_closed'
  if (fault.kind === 'guardrail_blocked') return 'blocked'
  // Broken off, too slow, or cut by our own end after the first byte; a provider that says in mid-stream that it failed is
  // an error.
  const brokeOff = ['upstream_interrupted', 'upstream_timeout', 'unavailable', 'chain_budget_exceeded'].includes(
    fault.kind,
  )
  return settled.answered !== null && brokeOff ? 'incomplete' : 'error'
}

function bodiesOf(
  settled: Settled,
  { bodyPolicy, recordedBodyChars }: SettleSettings,
  concealment: Concealment | null,
): RecordedBodies | null {
  if (bodyPolicy === 'off') return null
  const { asked, planned, tally } = settled
  const bodies = {
    request: asked.text,
    rendered: (planned?.prompt ?? null) === null ? null : renderedBody(settled),
    response: tally?.response() ?? null,
    truncated: tally?.truncated ?? false,
  }
  return recordedBodies(bodies, bodyPolicy, recordedBodyChars, concealment)
}

function renderedBody(settled: Settled): string | null {
  const target = settled.answered?.target ?? settled.planned?.targets[0]
  const body = target?.body()
  return typeof body === 'string' ? body : null
}

function savedByLength(texts: { readonly before: string; readonly after: string }): number {
  return Math.round((texts.before.length - texts.after.length) / charactersPerToken)
}
