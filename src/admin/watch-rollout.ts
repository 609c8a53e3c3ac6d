import type { HarmFound } from '../experiments/analysis/harm.ts'
import { harmOfStanding } from '../experiments/rollout-harm.ts'
import type { ExperimentStatistics } from '../experiments/statistics.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import type { Stores } from '../store/ports.ts'

/** How many had one of the two versions. */
export interface CountedSide {
  readonly units: number
  readonly units_at_this_step: number
  readonly exchanges: number
}

export interface WatchedRollout {
  /** By variant. */
  readonly variants: Readonly<Record<string, CountedSide>>
  /** As the job finds it; null: nothing was measured yet. */
  readonly harm: HarmFound | null
}

/** What was counted of the two versions of a rollout, and what is found when they are held against each other now. */
export async function watchRollout(
  { experimentLedger }: Pick<Stores, 'experimentLedger'>,
  { tenantId, slug, body, phases, rollout }: StoredExperiment,
): Promise<WatchedRollout> {
  const phase = phases.at(-1)?.number
  const statistics = await experimentLedger.statistics(tenantId, slug)
  const variants = Object.fromEntries(body.variants.map(({ name }) => [name, countsOf(statistics, name, phase)]))
  if (rollout === null || phase === undefined || statistics === null) return { variants, harm: null }
  return { variants, harm: harmOfStanding({ body, step: rollout.step, phase, statistics }) }
}

function countsOf(statistics: ExperimentStatistics | null, variant: string, phase: number | undefined): CountedSide {
  const counts = { units: 0, units_at_this_step: 0, exchanges: 0 }
  for (const { number, variants } of statistics?.phases ?? []) {
    const found = Object.hasOwn(variants, variant) ? variants[variant] : undefined
    if (found === undefined) continue
    counts.units += found.units
    counts.exchanges += found.exchanges
    if (number === phase) counts.units_at_this_step += found.units
  }
  return counts
}
