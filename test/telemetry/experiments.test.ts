import { expect, test } from 'vitest'
import type { Observation } from '../../src/core/observation.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'

const won: Observation = {
  type: 'experiment-decided',
  experiment: 'warmer',
  prompt: 'greeting',
  state: 'winner',
  winner: 'warm',
  sentence: '`warm` wins.',
}
const back: Observation = {
  type: 'rollout-changed',
  rollout: 'greeting-4',
  prompt: 'greeting',
  version: 4,
  state: 'rolled_back',
  share: 0,
  sentence: 'Version 4 was taken back.',
}

test('verdicts and rollouts are counted by how they ended', async () => {
  const metrics = createMetrics({
    clock: { now: () => 0, monotonic: () => 0 },
    snapshotStatus: () => ({ tier: 'none', builtAt: 0 }),
    openStreams: () => 0,
  })
  for (const observation of [won, won, back]) metrics.observe(observation)
  const lines = (await metrics.render()).split('\n')
  metrics.close()
  expect(lines).toContain('promptbox_experiments_decided_total{state="winner"} 2')
  expect(lines).toContain('promptbox_rollout_changes_total{state="rolled_back"} 1')
})

test('what was taken back, or does harm, is a warning of the log; other verdicts are information', () => {
  const written: string[] = []
  const log = createLog({ level: 'info', destination: { write: (text: string) => written.push(text) } })
  for (const each of [won, { ...won, state: 'harmful', winner: null } as const, back]) log(each)
  const lines = written.map((text) => JSON.parse(text) as Record<string, unknown>)
  expect(lines.map(({ level }) => level)).toEqual(['info', 'warn', 'warn'])
  expect(lines[0]).toMatchObject({ event: 'experiment-decided', message: 'Experiment warmer: `warm` wins.' })
  expect(lines[2]).toMatchObject({
    rollout: 'greeting-4',
    version: 4,
    message: expect.stringContaining('taken back') as string,
  })
})
