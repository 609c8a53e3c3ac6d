import { expect, test } from 'vitest'
import { proposalHash } from '../../src/evolution/proposal.ts'
import { inTurns } from '../../src/evolution/propose.ts'
import { body, declined, evidence, exchange, propose } from './strategy-bench.ts'

test('what experiments measured of earlier proposals is what is expected of the next', () => {
  const measured = (effect: number) =>
    declined('few_shot', [], { isDeclined: false, measured: { metric: 'satisfaction', effect } })
  const given = evidence([exchange({ score: 1 })], { earlier: [measured(0.08), measured(0.04), measured(0)] })
  expect(propose('few_shot', given)[0]?.predicted).toMatchObject({
    metric: 'satisfaction',
    effect: 0.03,
    basis: 'measured',
  })
})

test('strategies take turns up to the bound, and equal proposals count once', () => {
  const models = propose('model', evidence([exchange({ score: 0 })]), {}, { models: ['openai/small', 'openai/huge'] })
  const roles = propose('role', evidence(), { messages: [{ role: 'user', content: 'Hi' }] })
  expect(inTurns([models, roles], 2).map(({ strategy }) => strategy)).toEqual(['model', 'role'])
  expect(inTurns([models, models], 10)).toHaveLength(2)
})

test('the hash of a proposal is of what it does, not of where it comes from', () => {
  expect(proposalHash({ ...body, parent_version: 3, change_note: 'why', semver: '1.0.0' })).toBe(proposalHash(body))
  expect(proposalHash({ ...body, model: 'openai/small' })).not.toBe(proposalHash(body))
})
