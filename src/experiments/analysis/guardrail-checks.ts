import type { ExperimentBody } from '../../contract/experiment-body.ts'
import { type Effect, isNonInferior, type Margin, worseThanMarginP } from './effect.ts'
import { hasBadEvents, marginOf } from './harm.ts'
import type { Look, LookedAt } from './look.ts'
import { type MetricCells, unitsKnown } from './metric-cells.ts'
import { fixedAlpha, sequentialAlpha } from './stopping.ts'
import { unitsForHarm } from './floors.ts'

/** What the guardrail metrics of an experiment say of a variant. */

export interface GuardrailCheck {
  readonly metric: LookedAt
  readonly effect: Effect | null
  readonly margin: Margin
  /** null: too little was measured. */
  readonly nonInferior: boolean | null
  readonly harmful: boolean
}

/** Of a guardrail metric, on either side: below, nothing is said of it. */
const leastUnits = 30

export function guardrailChecks(
  {
    input,
    control,
    metrics,
    treatments,
    isFinal,
    tuning,
  }: Pick<Look, 'input' | 'control' | 'metrics' | 'treatments' | 'isFinal' | 'tuning'>,
  treatment: string,
): readonly GuardrailCheck[] {
  const { body } = input
  const watched = metrics.filter(({ role }) => role === 'guardrail')
  const level = sequentialAlpha(body.alpha) / (Math.max(1, watched.length) * treatments.length)
  return watched.flatMap((metric): readonly GuardrailCheck[] => {
    if (metric.guardrail === null) return []
    const margin = marginOf(body, metric.guardrail)
    const effect = metric.effects.get(treatment) ?? null
    const check = { metric, effect, margin }
    if (effect === null || !isEnough(metric.cells, control, treatment)) {
      return [{ ...check, nonInferior: null, harmful: false }]
    }
    const early = { alpha: sequentialAlpha(body.alpha), tuning: tuning(treatment) }
    const once = { alpha: fixedAlpha(body.alpha), once: true } as const
    const nonInferior = isNonInferior(effect, margin, early) || (isFinal && isNonInferior(effect, margin, once))
    const isWorse = worseThanMarginP(effect, margin, level, harmTuning(tuning(treatment))) <= level
    return [
      { ...check, nonInferior, harmful: isWorse && isEnoughForHarm(input.body, metric.cells, control, treatment) },
    ]
  })
}

/** However many units are planned, harm is looked for most closely among the first thousand. */
export function harmTuning(tuning: number): number {
  return Math.min(tuning, 1000)
}

/** As many units as the floors ask for, but not more than a hundred are waited for; and of a rate a few of the bad kind. */
function isEnoughForHarm({ floors }: ExperimentBody, cells: MetricCells, control: string, treatment: string): boolean {
  return (
    isEnough(cells, control, treatment, Math.max(leastUnits, unitsForHarm(floors))) && hasBadEvents(cells, treatment)
  )
}

function isEnough(
  { measured, facts }: MetricCells,
  control: string,
  treatment: string,
  least: number = leastUnits,
): boolean {
  return [control, treatment].every((name) => {
    const moments = measured.get(name)?.moments
    return moments !== undefined && unitsKnown(facts.kind, moments) >= least - 1e-9
  })
}
