import type { MetricResult } from '../../contract/experiment-results.ts'
import { gaussianChance } from './bayes.ts'
import { tQuantile } from './distributions.ts'
import { alwaysValidInterval, alwaysValidP, type Effect, fixedInterval, fixedP, relativeOf } from './effect.ts'
import { marginOf } from './harm.ts'
import type { Look, LookedAt } from './look.ts'
import { benjaminiHochberg } from './many-tests.ts'
import { type MeasuredVariant, shareIn } from './metric-cells.ts'
import { wilson } from './proportions.ts'
import { sequenceReach } from './sequential.ts'
import { fixedAlpha, sequentialAlpha } from './stopping.ts'

/** The figures of every metric, as the results show them. */

type Comparison = MetricResult['comparisons'][string]
type Figures = MetricResult['variants'][string]

export function metricResults(look: Look): readonly MetricResult[] {
  const values = adjustedValues(look)
  return look.metrics.map((metric) => metricResult(look, metric, (name) => values.get(metric)?.get(name) ?? null))
}

/** P-values of all that is not the primary metric, adjusted together. */
function adjustedValues({
  metrics,
  treatments,
  findings,
  primary,
}: Look): ReadonlyMap<LookedAt, ReadonlyMap<string, number>> {
  const places = metrics
    .filter((metric) => metric !== primary)
    .flatMap((metric) =>
      treatments.flatMap((name) => {
        const effect = metric.effects.get(name)
        return effect === null || effect === undefined ? [] : [{ metric, name, p: fixedP(effect) }]
      }),
    )
  const adjusted = benjaminiHochberg(places.map(({ p }) => p))
  const values = new Map<LookedAt, Map<string, number>>(metrics.map((metric) => [metric, new Map()]))
  for (const [at, { metric, name }] of places.entries()) values.get(metric)?.set(name, adjusted[at] ?? 1)
  for (const name of treatments) values.get(primary)?.set(name, findings.get(name)?.p ?? 1)
  return values
}

function metricResult(look: Look, metric: LookedAt, valueOf: (treatment: string) => number | null): MetricResult {
  const { cells, role, guardrail } = metric
  const { body } = look.input
  const comparisons = look.treatments.map((name) => [name, comparisonOf(look, metric, name, valueOf(name))] as const)
  const [, foremost] = comparisons
    .filter(([, each]) => each.effect !== null)
    .sort(([, one], [, other]) => (one.p_value ?? 1) - (other.p_value ?? 1))[0] ?? [null, null]
  const variants = body.variants.map(({ name }) => [
    name,
    figuresOf(cells.measured.get(name), cells.facts.kind, body.alpha),
  ])
  const margin = guardrail === null ? null : marginOf(body, guardrail)
  return {
    name: cells.name,
    role,
    kind: cells.facts.kind,
    direction: cells.direction,
    exploratory: role === 'secondary',
    margin: margin?.size ?? null,
    margin_type: margin?.type ?? null,
    variants: Object.fromEntries(variants) as Record<string, Figures>,
    comparisons: Object.fromEntries(comparisons),
    effect: foremost?.effect ?? null,
    interval: foremost?.interval ?? null,
    p_value: foremost?.p_value ?? null,
  }
}

function figuresOf(measured: MeasuredVariant | undefined, kind: MetricResult['kind'], alpha: number): Figures {
  if (measured === undefined || measured.spread.units <= 0) {
    return { units: 0, mean: null, interval: null, winsorised_mean: null, median: null, p95: null }
  }
  const { spread, moments, winsorised, median, p95 } = measured
  const share = kind === 'rate' ? shareIn(moments) : null
  const { units, mean, variance } = spread
  const reach = units < 2 ? null : tQuantile(1 - alpha / 2, units - 1) * Math.sqrt(variance / units)
  const interval =
    share !== null ? wilson(share, alpha) : reach === null ? null : ([mean - reach, mean + reach] as const)
  return {
    units,
    mean,
    interval: interval === null ? null : [interval[0], interval[1]],
    winsorised_mean: winsorised?.mean ?? null,
    median,
    p95,
  }
}

const nothing: Comparison = {
  effect: null,
  interval: null,
  fixed_interval: null,
  relative_effect: null,
  relative_interval: null,
  p_value: null,
  always_valid_p_value: null,
  is_better: null,
  non_inferior: null,
  chance_to_win: null,
  expected_loss: null,
  variance_reduction: null,
}

function comparisonOf(look: Look, metric: LookedAt, name: string, p: number | null): Comparison {
  const effect = metric.effects.get(name)
  if (effect === null || effect === undefined) return nothing
  // Of the primary metric all variants together hold, as the verdict does.
  const alpha = look.input.body.alpha / (metric === look.primary ? look.treatments.length : 1)
  const early = sequentialAlpha(alpha)
  const tuning = look.tuning(name)
  const isHigherBetter = metric.cells.direction === 'increase'
  const check = look.guardrails.get(name)?.find((each) => each.metric === metric)
  const always = metric === look.primary ? look.findings.get(name)?.alwaysValidP : alwaysValidP(effect, early, tuning)
  return {
    effect: effect.difference,
    interval: tuple(alwaysValidInterval(effect, early, tuning)),
    fixed_interval: tuple(fixedInterval(effect, fixedAlpha(alpha))),
    ...relativeFigures(effect, early, tuning),
    p_value: p,
    always_valid_p_value: always ?? null,
    is_better: effect.difference === 0 ? false : effect.difference > 0 === isHigherBetter,
    non_inferior: check?.nonInferior ?? null,
    ...chanceFigures(effect, isHigherBetter),
    variance_reduction: metric.cells.reduction,
  }
}

function relativeFigures(
  effect: Effect,
  alpha: number,
  tuning: number,
): Pick<Comparison, 'relative_effect' | 'relative_interval'> {
  const relative = relativeOf(effect)
  if (relative === null) return { relative_effect: null, relative_interval: null }
  const reach = sequenceReach({ amount: effect.amount, tuning, alpha }) * relative.error
  const interval = relative.error > 0 ? ([relative.lift - reach, relative.lift + reach] as const) : null
  return { relative_effect: relative.lift, relative_interval: tuple(interval) }
}

/** Of the variant being the better one. A share is known by its posterior, which is never without variance. */
function chanceFigures(effect: Effect, isHigherBetter: boolean): Pick<Comparison, 'chance_to_win' | 'expected_loss'> {
  const { difference, error } = posteriorOf(effect)
  if (!(error > 0)) return { chance_to_win: null, expected_loss: null }
  const { chanceToWin, lossOfTreatment } = gaussianChance(isHigherBetter ? difference : -difference, error)
  return { chance_to_win: chanceToWin, expected_loss: lossOfTreatment }
}

function posteriorOf({ shares, difference, error }: Effect): { difference: number; error: number } {
  if (shares === null) return { difference, error }
  const [control, treatment] = [shares.control, shares.treatment].map(({ successes, trials }) => {
    const mean = (successes + 1) / (trials + 2)
    return { mean, variance: (mean * (1 - mean)) / (trials + 3) }
  })
  if (control === undefined || treatment === undefined) return { difference, error }
  return { difference: treatment.mean - control.mean, error: Math.sqrt(control.variance + treatment.variance) }
}

function tuple(interval: readonly [number, number] | null): [number, number] | null {
  return interval === null ? null : [interval[0], interval[1]]
}
