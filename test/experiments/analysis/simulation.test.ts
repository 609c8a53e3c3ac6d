import { describe, expect, test } from 'vitest'
import { runHarm } from '../../../bench/statistics/harm-scenario.ts'
import { runScenario } from '../../../bench/statistics/run-scenario.ts'
import {
  brokenScenario,
  differentScenario,
  plainHarmScenario,
  rareFailureScenarios,
  rareGuardrailScenarios,
  sameScenarios,
} from '../../../bench/statistics/scenarios.ts'
import { isFound, shareOf } from '../../../bench/statistics/simulations.ts'

/** Few runs with wide bounds: `npm run simulate:experiments` is the real measurement. */
const many = <Result>(runs: number, of: (run: number) => Result) => Array.from({ length: runs }, (_, run) => of(run))

describe('simulated experiments', () => {
  test('where nothing differs hardly any verdict finds something, though it is looked at often; naive peeking does', () => {
    const [scenario] = sameScenarios()
    if (scenario === undefined) throw new Error('There are scenarios.')
    const results = many(100, (run) => runScenario({ ...scenario, looks: 40 }, run))
    expect(shareOf(results, isFound)).toBeLessThan(0.13)
    expect(shareOf(results, ({ foundByPeeking }) => foundByPeeking)).toBeGreaterThan(0.13)
  })

  test('a difference twice as large as planned is found early', () => {
    const results = many(40, (run) => runScenario(differentScenario(2), run, { toTheEnd: false }))
    expect(shareOf(results, ({ winner }) => winner === 'other')).toBeGreaterThan(0.9)
    expect(results.reduce((sum, { stoppedAt }) => sum + stoppedAt, 0) / results.length).toBeLessThan(0.7)
  })

  test('harm is seen early where the control hardly ever fails, and not where nothing is worse', () => {
    const plain = many(40, (run) => runScenario(plainHarmScenario(), run, { toTheEnd: false }))
    // 400 of 20,000 planned units.
    for (const { state, stoppedAt } of plain) {
      expect(state).toBe('harmful')
      expect(stoppedAt).toBeLessThanOrEqual(0.02)
    }
    for (const scenario of [...rareFailureScenarios(), ...rareGuardrailScenarios()]) {
      const results = many(60, (run) => runScenario({ ...scenario, looks: 20 }, run, { toTheEnd: false }))
      expect(shareOf(results, ({ byEvidence }) => byEvidence)).toBe(0)
      expect(shareOf(results, ({ state }) => state === 'harmful')).toBeLessThan(0.13)
    }
  })

  test('a variant that loses its units is noticed', () => {
    const results = many(20, (run) => runScenario(brokenScenario(), run, { loss: 0.05, toTheEnd: false }))
    expect(shareOf(results, ({ state }) => state === 'broken_split')).toBeGreaterThan(0.8)
  })

  test('a rollout is taken back within 200 units when half of all fails, and not otherwise', () => {
    for (const affected of many(30, (seed) => runHarm({ rate: 0.5, seed }))) expect(affected).toBeLessThanOrEqual(200)
    expect(
      shareOf(
        many(30, (seed) => runHarm({ rate: 0.95, seed })),
        (affected) => affected !== null,
      ),
    ).toBeLessThan(0.1)
  })
})
