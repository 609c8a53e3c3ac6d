import { expect, test } from 'vitest'
import type { Observation } from '../../src/core/observation.ts'
import { fanOut } from '../../src/telemetry/fan-out.ts'

const notice: Observation = { type: 'notice', message: 'hello' }

test('everybody hears everything, in order', () => {
  const heard: string[] = []
  fanOut([({ type }) => heard.push(`first ${type}`), ({ type }) => heard.push(`second ${type}`)])(notice)
  expect(heard).toEqual(['first notice', 'second notice'])
})

test('an observer that throws reaches neither the caller nor the others, who hear of it as a defect', () => {
  const heard: Observation[] = []
  const broken = () => {
    throw new Error('disk full')
  }
  const observe = fanOut([broken, (observation) => heard.push(observation)])
  observe(notice)
  expect(heard).toEqual([
    { type: 'defect', where: expect.stringContaining('notice'), error: new Error('disk full') },
    notice,
  ])
})

test('one that always fails does not flood the others', () => {
  const heard: Observation[] = []
  const observe = fanOut([
    () => {
      throw new Error('always')
    },
    (observation) => heard.push(observation),
  ])
  for (let index = 0; index < 1_000; index++) observe(notice)
  expect(heard.filter(({ type }) => type === 'notice')).toHaveLength(1_000)
  expect(heard.filter(({ type }) => type === 'defect')).toHaveLength(10)
})

test('when all of them fail the caller still goes on', () => {
  const broken = () => {
    throw new Error('always')
  }
  expect(() => fanOut([broken, broken, broken])(notice)).not.toThrow()
})
