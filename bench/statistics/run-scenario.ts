import type { ExperimentState } from '../../src/contract/experiment-results.ts'
import { fixedP } from '../../src/experiments/analysis/effect.ts'
import { type Look, lookAt } from '../../src/experiments/analysis/look.ts'
import { judge } from '../../src/experiments/analysis/verdict.ts'
import { noMoments } from '../../src/experiments/statistics.ts'
import { Chance } from './random.ts'
import type { Collected, Scenario } from './scenarios.ts'

/** Runs of a scenario through the very functions that decide in production. */

export interface RunResult {
  /** How it ended, and after which share of the planned units. */
  readonly state: ExperimentState
  readonly winner: string | null
  readonly stoppedAt: number
  /** Harm was said by the test that waits for no floor of events. */
  readonly byEvidence: boolean
  /** Whether one test at the end would have found something, and whether any look would have, by a test that is for one look. */
  readonly foundAtEnd: boolean
  readonly foundByPeeking: boolean
}

export interface RunOptions {
  /** Goes on after a verdict, to know what one test at the end would have said. */
  readonly toTheEnd?: boolean
  /** Share of the units of the last variant that are lost on the way. */
  readonly loss?: number
}

export function runScenario(
  scenario: Scenario,
  run: number,
  { toTheEnd = true, loss = 0 }: RunOptions = {},
): RunResult {
  const chance = new Chance(scenario.seed * 1_000_003 + run * 7919)
  const collected = scenario.variants.map((): Collected => ({ moments: noMoments, sketch: null }))
  const planned = scenario.looks * scenario.variants.reduce((sum, { units }) => sum + units, 0)
  const lost = planUnits(planned, loss, scenario)
  let ended: End | null = null
  let foundAtEnd = false
  let foundByPeeking = false
  for (let at = 1; at <= scenario.looks; at++) {
    for (const [index, { does, units }] of scenario.variants.entries()) {
      const own = collected[index]
      const isLast = index === scenario.variants.length - 1
      if (own !== undefined) does(own, isLast ? survivors(units, loss, chance) : units, chance)
    }
    // After a verdict only what one test at the end would have said is of interest; whatever ended early peeking found too.
    if (ended !== null && at < scenario.looks) continue
    const look = lookNow(scenario, collected, lost)
    const p = leastP(look)
    if (look.floors.met) foundByPeeking ||= p <= 0.05
    if (at === scenario.looks) foundAtEnd = p <= 0.05
    ended ??= endOf(look, at / scenario.looks)
    if (ended !== null && !toTheEnd) break
  }
  return {
    ...(ended ?? { state: 'collecting', winner: null, stoppedAt: 1, byEvidence: false }),
    foundAtEnd,
    foundByPeeking,
  }
}

type End = Pick<RunResult, 'state' | 'winner' | 'stoppedAt' | 'byEvidence'>

/** null: it goes on. */
function endOf(look: Look, stoppedAt: number): End | null {
  const { state, winner } = judge(look)
  const isEnd = state === 'winner' || state === 'harmful' || state === 'broken_split' || stoppedAt === 1
  const byEvidence = [...look.harms.values()].some(({ evidenceP }) => evidenceP !== null)
  return isEnd ? { state, winner, stoppedAt, byEvidence } : null
}

function planUnits(planned: number, loss: number, { variants, looks }: Scenario): number {
  const last = variants.at(-1)?.units ?? 0
  return Math.floor(planned - 2 * loss * last * looks)
}

/** Those that are not lost, by fives. */
function survivors(units: number, loss: number, chance: Chance): number {
  if (loss === 0) return units
  let left = 0
  for (let at = 0; at < units; at++) if (chance.next() >= loss) left += 1
  return Math.round(left / 5) * 5
}

function lookNow(
  { body, variants, metric = body.primary_metric }: Scenario,
  collected: readonly Collected[],
  plannedUnits: number,
): Look {
  const weights = Object.fromEntries(body.variants.map(({ name, weight }) => [name, weight]))
  const seen = variants.map(({ name }, at) => {
    const { moments, sketch } = collected[at] ?? { moments: noMoments, sketch: null }
    const { units } = moments
    return [name, { units, exchanges: moments.c, metrics: { [metric]: { moments, sketch } } }] as const
  })
  return lookAt({
    slug: 'simulated',
    prompt: 'simulated',
    status: 'running',
    body,
    statistics: {
      phases: [{ number: 1, startedAt: 0, weights, variants: Object.fromEntries(seen) }],
      excluded: {},
      firstAt: 0,
      lastAt: 0,
    },
    plannedUnits,
    decision: null,
    startedAt: 0,
    now: 0,
  })
}

/** For one look, with no price for looking often; that for several variants is paid. */
function leastP({ primary, treatments }: Look): number {
  const values = treatments.map((name) => {
    const effect = primary.effects.get(name) ?? null
    return effect === null ? 1 : fixedP(effect)
  })
  return Math.min(1, values.length * Math.min(...values))
}
