import type { OwnPlanQuestion, PlanAnswer, PlanBaseline, PlanQuestion } from '../contract/admin/experiment-plan.ts'
import { type ExperimentBody, experimentBodySchema, mostPlannedUnits } from '../contract/experiment-body.ts'
import { metricFacts } from '../contract/experiment-metrics.ts'
import { Fault } from '../core/fault.ts'
import { spreadOf } from '../experiments/analysis/moments.ts'
import { baselineOf, plannedUnitsOf } from '../experiments/analysis/planning.ts'
import { exposureOf } from '../experiments/exposure.ts'
import { MomentSums } from '../experiments/kept-moments.ts'
import type { MetricMoments } from '../experiments/statistics.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import type { ExchangeRow, Stores } from '../store/ports.ts'
import { statisticsOf } from './read-experiment.ts'

/** Of the means of units; `units`: how many were measured; null: somebody gave it. */
interface Baseline {
  readonly mean: number
  readonly variance: number
  readonly units: number | null
}

const dayMs = 86_400_000
const pastDays = 14
const rowsPerPage = 200
const mostPages = 10

/** Sample size, duration and smallest effect, before there is an experiment. Fault `invalid_request` for a baseline that cannot be. */
export function planExperimentAhead(question: PlanQuestion): PlanAnswer {
  const { variants, baseline, daily_units: dailyUnits, ...asked } = question
  const body = experimentBodySchema.parse({
    ...asked,
    prompt: 'any',
    variants: Array.from({ length: variants }, (_, at) => ({ name: at === 0 ? 'control' : `variant-${at}` })),
  })
  return planOf(body, givenBaseline(body, baseline), dailyUnits ?? null)
}

/**
 * The same for an experiment, by what it or its prompt did so far. Fault `conflict`, code `nothing_measured`, when that is
 * nothing and no baseline is given.
 */
export async function planFromPast(
  stores: Pick<Stores, 'experimentLedger' | 'exchanges'>,
  stored: StoredExperiment,
  { baseline, daily_units: dailyUnits, ...asked }: OwnPlanQuestion,
  now: number,
): Promise<PlanAnswer> {
  const { minimum_detectable_effect, planned_units, ...rest } = stored.body
  const isAsked = asked.planned_units !== undefined || asked.minimum_detectable_effect !== undefined
  const size = isAsked ? asked : { minimum_detectable_effect, planned_units }
  const body: ExperimentBody = { ...rest, ...size }
  const past = await pastOf(stores, stored, now)
  const found = baseline === undefined ? past.baseline : givenBaseline(body, baseline)
  if (found === null) throw nothingMeasured(stored)
  return planOf(body, found, dailyUnits ?? past.dailyUnits)
}

/** So many units of the past are enough to plan by; the first units of the experiment tell otherwise. */
const enoughPastUnits = 200

/**
 * The units an experiment is planned for when it starts: what it says, or what its prompt did before tells. null: too little was
 * measured, so that its own first units have to tell.
 */
export async function plannedAtStart(
  stores: Pick<Stores, 'experimentLedger' | 'exchanges'>,
  stored: StoredExperiment,
  now: number,
): Promise<number | null> {
  const { body } = stored
  if (body.planned_units !== undefined) return body.planned_units
  const { baseline } = await pastOfPrompt(stores, stored, now)
  if (baseline === null || (baseline.units ?? 0) < enoughPastUnits) return null
  return plannedUnitsOf(body, baseline)
}

function planOf(body: ExperimentBody, baseline: Baseline, dailyUnits: number | null): PlanAnswer {
  const planned = body.planned_units ?? plannedUnitsOf(body, baseline)
  if (planned === null) throw noPlan()
  if (body.planned_units === undefined && planned >= mostPlannedUnits) throw tooSmall(body)
  const takingPart = dailyUnits === null ? null : dailyUnits * body.traffic
  return {
    metric: body.primary_metric,
    baseline: { mean: baseline.mean, standard_deviation: Math.sqrt(baseline.variance), units: baseline.units },
    alpha: body.alpha,
    power: body.power,
    minimum_detectable_effect:
      body.planned_units === undefined
        ? (body.minimum_detectable_effect ?? 0.1)
        : detectableEffect(body, baseline, body.planned_units),
    planned_units: planned,
    units_per_variant: Math.ceil(planned / body.variants.length),
    daily_units: dailyUnits,
    days: takingPart === null || takingPart === 0 ? null : Math.ceil(planned / takingPart),
  }
}

const smallestEffect = 1e-5
const largestEffect = 10

/** By bisection over what production plans with: the larger the effect, the fewer units it takes. null: so few find nothing. */
function detectableEffect(body: ExperimentBody, baseline: Baseline, units: number): number | null {
  const { planned_units: _planned, ...open } = body
  const needed = (effect: number): number =>
    plannedUnitsOf({ ...open, minimum_detectable_effect: effect }, baseline) ?? Number.POSITIVE_INFINITY
  let [low, high] = [Math.log(smallestEffect), Math.log(largestEffect)]
  if (needed(largestEffect) > units) high = largestPossible(body, baseline)
  if (needed(Math.exp(high)) > units) return null
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2
    if (needed(Math.exp(middle)) > units) low = middle
    else high = middle
  }
  return Math.exp(high)
}

/** A rate ends at 1. */
function largestPossible({ primary_metric: metric }: ExperimentBody, { mean }: Baseline): number {
  return metricFacts(metric).kind === 'rate' && mean > 0
    ? Math.log(Math.max(1 / mean - 1, mean) * 0.999)
    : Math.log(largestEffect)
}

function givenBaseline({ primary_metric: metric }: ExperimentBody, given: PlanBaseline): Baseline {
  const { mean, standard_deviation: deviation } = given
  const isRate = metricFacts(metric).kind === 'rate'
  if (isRate && (mean <= 0 || mean >= 1)) {
    throw refused('baseline.mean', `must lie between 0 and 1, because \`${metric}\` is a rate`)
  }
  if (mean === 0) throw refused('baseline.mean', 'must not be 0: effects are relative to it')
  if (deviation !== undefined) return { mean, variance: deviation ** 2, units: null }
  if (isRate) return { mean, variance: mean * (1 - mean), units: null }
  throw refused('baseline.standard_deviation', `must be given, because \`${metric}\` is no rate`)
}

interface Past {
  readonly baseline: Baseline | null
  readonly dailyUnits: number | null
}

async function pastOf(
  stores: Pick<Stores, 'experimentLedger' | 'exchanges'>,
  stored: StoredExperiment,
  now: number,
): Promise<Past> {
  const statistics = await statisticsOf(stores, stored, now)
  const own = baselineOf(statistics, stored.body)
  const units = statistics.phases
    .flatMap(({ variants }) => Object.values(variants).map((variant) => variant.units))
    .reduce((sum, count) => sum + count, 0)
  if (own === null) return pastOfPrompt(stores, stored, now)
  const { firstAt, lastAt } = statistics
  const days = firstAt === null || lastAt === null ? null : Math.max(1, (lastAt - firstAt) / dayMs)
  const { traffic } = stored.body
  const dailyUnits = days === null || traffic === 0 ? null : units / days / traffic
  return { baseline: { ...own, units }, dailyUnits }
}

/** Of the newest exchanges of the prompt: a bounded sample is enough to plan with. */
async function pastOfPrompt(
  { exchanges }: Pick<Stores, 'exchanges'>,
  { tenantId, body }: StoredExperiment,
  now: number,
): Promise<Past> {
  const rows: ExchangeRow[] = []
  let cursor: string | undefined
  for (let page = 0; page < mostPages; page++) {
    const found = await exchanges.list(tenantId, {
      prompt: body.prompt,
      from: now - pastDays * dayMs,
      limit: rowsPerPage,
      cursor,
    })
    rows.push(...found.data)
    cursor = found.nextCursor ?? undefined
    if (cursor === undefined) break
  }
  const moments = momentsOf(rows, body)
  const first = rows.at(-1)
  if (moments.units < 2 || first === undefined) return { baseline: null, dailyUnits: null }
  const { units, m, mm } = moments
  const { mean, variance } = spreadOf(units, m, mm)
  const days = Math.max(1, (now - first.createdAt) / dayMs)
  const isUsable = mean !== 0 && variance > 0
  return { baseline: isUsable ? { mean, variance, units } : null, dailyUnits: units / days }
}

function momentsOf(rows: readonly ExchangeRow[], { primary_metric: metric, unit }: ExperimentBody): MetricMoments {
  const sums = new Map<string, { sum: number; count: number }>()
  for (const row of rows) {
    const value = measureOf(row, metric)
    const name = unit === 'request' ? row.requestId : (row.unit ?? row.userId ?? row.sessionId)
    if (value === undefined || name === null) continue
    const before = sums.get(name) ?? { sum: 0, count: 0 }
    sums.set(name, { sum: before.sum + value, count: before.count + 1 })
  }
  const moments = new MomentSums(null)
  for (const sum of sums.values()) moments.add({ ...sum, pre: null }, 1)
  return moments.kept()
}

/** As if it had been in an experiment. */
function measureOf(row: ExchangeRow, metric: string): number | undefined {
  const record = { ...row, attempts: [], guardrailResults: [], bodies: null, estimate: null, compressed: null }
  const assignment = { phase: 1, reason: 'split', excluded: null } as const
  const measures = exposureOf({ ...record, experiment: 'past', variant: 'past', assignment })?.measures ?? {}
  return Object.hasOwn(measures, metric) ? measures[metric] : undefined
}

function nothingMeasured({ body }: StoredExperiment): Fault {
  return new Fault(
    'conflict',
    `There is nothing to plan with: \`${body.primary_metric}\` was not measured for two or more units of prompt '${body.prompt}' in the last ${pastDays} days, or was always the same. Give \`baseline\`.`,
    { param: 'baseline', code: 'nothing_measured' },
  )
}

function noPlan(): Fault {
  return refused(
    'minimum_detectable_effect',
    'cannot be reached from this baseline, because a rate ends at 0 and 1. Choose a smaller one',
  )
}

function tooSmall({ minimum_detectable_effect: effect = 0.1 }: ExperimentBody): Fault {
  return refused(
    'minimum_detectable_effect',
    `of ${effect} would take ${mostPlannedUnits} units or more from this baseline. Choose a larger one`,
  )
}

function refused(param: string, rule: string): Fault {
  return new Fault('invalid_request', `\`${param}\` ${rule}.`, { param })
}
