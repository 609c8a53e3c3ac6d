import { harmAlpha } from '../../src/experiments/analysis/stopping.ts'
import { isTakenBackInVain, runHarm } from './harm-scenario.ts'
import { type RunResult, runScenario } from './run-scenario.ts'
import {
  brokenScenario,
  differentScenario,
  plainHarmScenario,
  rareFailureScenarios,
  rareGuardrailScenarios,
  sameScenarios,
} from './scenarios.ts'

/** What is simulated, and the bars that the verdicts are held to. */

export interface SimulatedFigure {
  readonly what: string
  readonly measured: number
  readonly bar: string
  readonly holds: boolean
}

export interface Simulation {
  readonly name: string
  readonly figures: (runs: number) => readonly SimulatedFigure[]
}

export interface SimulationResult {
  readonly name: string
  readonly figures: readonly SimulatedFigure[]
}

export function simulate({ name, figures }: Simulation, runs: number): SimulationResult {
  return { name, figures: figures(runs) }
}

/** Few runs measure roughly: a bar may be missed by three standard errors of the figure before it counts as missed. */
const slack = (bar: number, runs: number) => (runs >= 10_000 ? 0 : 3 * Math.sqrt((bar * (1 - bar)) / runs))

function atMost(what: string, measured: number, bar: number, runs: number): SimulatedFigure {
  return { what, measured, bar: `at most ${bar}`, holds: measured <= bar + slack(Math.min(bar, 0.5), runs) }
}

function atLeast(what: string, measured: number, bar: number, runs: number): SimulatedFigure {
  return { what, measured, bar: `at least ${bar}`, holds: measured >= bar - slack(bar, runs) }
}

export function shareOf<Value>(values: readonly Value[], is: (value: Value) => boolean): number {
  return values.filter(is).length / values.length
}

export const isFound = ({ state }: RunResult): boolean => state === 'winner' || state === 'harmful'

/** With this many looks a test that is for one look is wrong far more often than it says: the harness must see that. */
export const falseVerdictBar = 0.055

const same: readonly Simulation[] = sameScenarios().map((scenario) => ({
  name: scenario.name,
  figures: (runs) => {
    const results = many(runs, (run) => runScenario(scenario, run))
    const peeking = shareOf(results, ({ foundByPeeking }) => foundByPeeking)
    return [
      atMost('false verdicts', shareOf(results, isFound), falseVerdictBar, runs),
      {
        what: 'false verdicts by naive peeking, which must miss the bar:',
        measured: peeking,
        bar: `above ${2 * falseVerdictBar}`,
        holds: peeking > 2 * falseVerdictBar,
      },
    ]
  },
}))

const rare: readonly Simulation[] = rareFailureScenarios().map((scenario) => ({
  name: scenario.name,
  figures: (runs) => {
    const results = many(runs, (run) => runScenario(scenario, run, { toTheEnd: false }))
    return [
      atMost('false verdicts', shareOf(results, isFound), falseVerdictBar, runs),
      atMost(
        'of these by the test for few failures',
        shareOf(results, ({ byEvidence }) => byEvidence),
        harmAlpha(0.05),
        runs,
      ),
    ]
  },
}))

/** What guardrail metrics may find in vain: a fifth of alpha. */
const guarded: readonly Simulation[] = rareGuardrailScenarios().map((scenario) => ({
  name: scenario.name,
  figures: (runs) => {
    const results = many(runs, (run) => runScenario(scenario, run, { toTheEnd: false }))
    return [atMost('false alarms', shareOf(results, isFound), falseVerdictBar / 5, runs)]
  },
}))

const plain: Simulation = {
  name: plainHarmScenario().name,
  figures: (runs) => {
    const scenario = plainHarmScenario()
    const found = many(runs, (run) => runScenario(scenario, run, { toTheEnd: false }))
    const planned = scenario.looks * scenario.variants.reduce((sum, { units }) => sum + units, 0)
    const within = (units: number) =>
      shareOf(found, ({ state, stoppedAt }) => state === 'harmful' && stoppedAt * planned <= units + 1e-6)
    return [
      atLeast('found within 400 units', within(400), 0.99, runs),
      atLeast('found within 240 units', within(240), 0.9, runs),
    ]
  },
}

const different: readonly Simulation[] = [
  { size: 1, power: 0.93 },
  { size: 1.5, power: 0.98 },
  { size: 2, power: 0.99 },
].map(({ size, power }) => {
  const scenario = differentScenario(size)
  return {
    name: scenario.name,
    figures: (runs: number) => {
      const results = many(runs, (run) => runScenario(scenario, run))
      const once = shareOf(results, ({ foundAtEnd }) => foundAtEnd)
      const found = shareOf(results, ({ state }) => state === 'winner')
      const stop = results.reduce((sum, { stoppedAt }) => sum + stoppedAt, 0) / runs
      const figures = [atLeast('power relative to one test at the end', found / once, power, runs)]
      return size === 1.5
        ? [...figures, atMost('average stop, as a share of the planned units', stop, 0.7, 1e9)]
        : figures
    },
  }
})

const broken: Simulation = {
  name: brokenScenario().name,
  figures: (runs) => {
    const scenario = brokenScenario()
    const results = many(runs, (run) => runScenario(scenario, run, { loss: 0.05, toTheEnd: false }))
    return [
      atLeast(
        'detected, verdict withheld',
        shareOf(results, ({ state }) => state === 'broken_split'),
        0.95,
        runs,
      ),
      atMost('false verdicts before that', shareOf(results, isFound), falseVerdictBar, runs),
    ]
  },
}

const harm: readonly Simulation[] = [
  {
    name: 'rollout without harm',
    figures: (runs) => {
      const found = many(runs, (run) => runHarm({ rate: 0.95, seed: run }))
      return [
        atMost(
          'false alarms',
          shareOf(found, (affected) => affected !== null),
          0.01,
          runs,
        ),
      ]
    },
  },
  {
    name: 'rollout without harm, units that always do the same',
    figures: (runs) => [atMost('false alarms', shareOf(many(runs, isTakenBackInVain), Boolean), 0.01, runs)],
  },
  {
    name: 'rollout whose success rate falls from 95 % to 50 %',
    figures: (runs) => {
      const found = many(runs, (run) => runHarm({ rate: 0.5, seed: run }))
      return [
        atLeast(
          'found within 200 affected units',
          shareOf(found, (affected) => affected !== null && affected <= 200),
          0.999,
          runs,
        ),
        atLeast(
          'found within 60 affected units',
          shareOf(found, (affected) => affected !== null && affected <= 60),
          0.95,
          runs,
        ),
      ]
    },
  },
]

export const simulations: readonly Simulation[] = [...same, ...rare, ...guarded, ...different, plain, broken, ...harm]

function many<Result>(runs: number, of: (run: number) => Result): readonly Result[] {
  return Array.from({ length: runs }, (_, run) => of(run))
}
