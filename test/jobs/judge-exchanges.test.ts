import { describe, expect, test } from 'vitest'
import { experimentBodySchema } from '../../src/contract/experiment-body.ts'
import { systemClock } from '../../src/core/clock.ts'
import { Fault } from '../../src/core/fault.ts'
import type { FeedbackRecord } from '../../src/core/feedback.ts'
import { type JudgeDependencies, judgeRound } from '../../src/jobs/judge-exchanges.ts'
import { JudgeMemory } from '../../src/jobs/judge-memory.ts'
import type { InsideRequest } from '../../src/pipeline/ask-inside.ts'
import { statementTooSlow } from '../../src/store/faults.ts'
import type { StoredExperiment, UnjudgedExchange } from '../../src/store/experiment-port.ts'

const now = Date.UTC(2026, 10, 20)

function experiment(judge: object | undefined, more: Partial<StoredExperiment> = {}): StoredExperiment {
  const body = experimentBodySchema.parse({
    prompt: 'support-reply',
    variants: [{ name: 'control' }, { name: 'warm' }],
    ...(judge === undefined ? {} : { judge }),
  })
  return {
    tenantId: 'default',
    slug: 'warmer',
    kind: 'experiment',
    status: 'running',
    body,
    seed: 's',
    phases: [],
    plannedUnits: null,
    decision: null,
    rollout: null,
    judgedUsd: 0,
    preparedAt: null,
    nextWeights: null,
    createdAt: now,
    createdBy: 'admin',
    updatedAt: now,
    updatedBy: 'admin',
    startedAt: now - 1000,
    stoppedAt: null,
    ...more,
  }
}

const exchange = (requestId: string, answer: unknown = 'On its way.'): UnjudgedExchange => ({
  requestId,
  variant: 'warm',
  request: JSON.stringify({ messages: [{ role: 'user', content: 'Where is my parcel?' }] }),
  response: typeof answer === 'string' ? JSON.stringify({ choices: [{ message: { content: answer } }] }) : '{"choices',
})
const exchanges = (count: number): UnjudgedExchange[] =>
  Array.from({ length: count }, (_, index) => exchange(`id-${index}`))

type Told = string | Fault

interface Bench {
  readonly asked: InsideRequest[]
  readonly written: FeedbackRecord[]
  readonly notices: string[]
  readonly samples: object[]
  readonly current: () => StoredExperiment
  setAway(isAway: boolean): void
  /** To look at exchanges from before that moment takes too long. */
  setSlow(before: number): void
  /** Time goes by, milliseconds. */
  pass(ms: number): void
  round(): Promise<number>
}

/** One experiment with these exchanges; `answer` is what the judge says, `costUsd` what each of its answers costs. */
function bench(
  stored: StoredExperiment,
  waiting: readonly UnjudgedExchange[],
  answer: (request: InsideRequest) => Told = () => '{"score": 0.8, "reason": "Kind."}',
  costUsd: number | null = 0.01,
): Bench {
  const [asked, written, notices, samples] = [[], [], [], []] as [InsideRequest[], FeedbackRecord[], string[], object[]]
  let current = stored
  let isAway = false
  let slowBefore = 0
  let time = now
  const requireThere = (): void => {
    if (isAway) throw new Fault('unavailable', 'The database is away.')
  }
  const dependencies: JudgeDependencies = {
    stores: {
      experiments: {
        active: async () => [current],
        change: async (_actor, _slug, change) => {
          requireThere()
          current = { ...current, ...change(current) }
          return current
        },
      },
      experimentLedger: {
        unjudged: async (_tenant, _slug, sample) => {
          samples.push(sample)
          if (sample.since < slowBefore) throw statementTooSlow()
          const judged = new Set(written.map(({ requestId }) => requestId))
          return waiting.filter(({ requestId }) => !judged.has(requestId)).slice(0, sample.most)
        },
      },
      feedback: {
        writeFeedback: async (records) => {
          requireThere()
          written.push(...records)
          return records.length
        },
      },
    },
    askInside: async (request) => {
      asked.push(request)
      const told = answer(request)
      if (typeof told !== 'string') return { fault: told, costUsd: 0 }
      const rest = { requestId: 'r', completion: {}, finishReason: 'stop', model: 'openai/gpt-x', usage: null }
      return { ...rest, text: told, costUsd, durationMs: 1 }
    },
    memory: new JudgeMemory(),
    clock: { ...systemClock, now: () => time },
    observe: (observation) => {
      if (observation.type === 'notice') notices.push(observation.message)
    },
  }
  return {
    asked,
    written,
    notices,
    samples,
    current: () => current,
    setAway: (away) => {
      isAway = away
    },
    setSlow: (before) => {
      slowBefore = before
    },
    pass: (ms) => {
      time += ms
    },
    round: () => judgeRound(dependencies),
  }
}

const judge = { model: 'openai/gpt-x', criteria: 'It is kind.', sample: 0.2, budget_usd: 1 }

describe('a round of judging', () => {
  test('gives each exchange of the sample a score, with its reason, and pays for it', async () => {
    const { round, written, asked, samples, current } = bench(experiment(judge), exchanges(3))
    expect(await round()).toBe(3)
    expect(samples).toEqual([{ metric: 'accuracy', share: 0.2, since: now - 1000, most: 50 }])
    expect(written.map(({ requestId }) => requestId).toSorted()).toEqual(['id-0', 'id-1', 'id-2'])
    expect(written[0]).toMatchObject({
      name: 'accuracy',
      source: 'judge',
      value: 0.8,
      comment: 'Kind.',
      keyId: null,
      at: now,
    })
    expect(current().judgedUsd).toBeCloseTo(0.03)
    const [first] = asked
    expect(first?.appName).toBe('promptbox judges')
    expect(JSON.stringify(first?.body)).toContain('It is kind.')
    expect(JSON.stringify(first?.body)).toContain('On its way.')
    expect(await round()).toBe(0)
    expect(asked).toHaveLength(3)
  })

  test('looks only at what is new once nothing is left, and through all now and then', async () => {
    const { round, samples, pass } = bench(experiment(judge, { startedAt: now - 86_400_000 }), exchanges(3))
    for (const minutes of [0, 1, 30, 40]) {
      pass(minutes * 60_000)
      await round()
    }
    await round()
    const sinceStart = samples.map((sample) => (sample as { since: number }).since - now)
    expect(sinceStart).toEqual([-86_400_000, -86_400_000, -9 * 60_000, -86_400_000, 61 * 60_000])
  })

  test('goes on with what is new where there is too much to look through in time', async () => {
    const { round, asked, notices, setSlow } = bench(experiment(judge, { startedAt: now - 86_400_000 }), exchanges(3))
    setSlow(now - 3_600_000)
    expect(await round()).toBe(0)
    expect(notices).toEqual([expect.stringContaining('new exchanges only')])
    expect(await round()).toBe(3)
    expect(asked).toHaveLength(3)
  })

  test('asks nobody without a judge, and with a budget that is spent or none', async () => {
    for (const stored of [
      experiment(undefined),
      experiment(judge, { judgedUsd: 1 }),
      experiment({ ...judge, budget_usd: 0 }),
    ]) {
      const { round, asked } = bench(stored, exchanges(3))
      expect(await round()).toBe(0)
      expect(asked).toEqual([])
    }
  })

  test('passes its budget by no more than the answers of one moment, and asks at most fifty at a time', async () => {
    const poor = bench(experiment({ ...judge, budget_usd: 0.1 }), exchanges(40))
    await poor.round()
    await poor.round()
    expect(poor.asked.length).toBeGreaterThanOrEqual(10)
    expect(poor.asked.length).toBeLessThanOrEqual(13)
    const rich = bench(experiment({ ...judge, budget_usd: 1000 }), exchanges(200))
    expect(await rich.round()).toBe(50)
  })

  test('a failing judge is told and not asked on and on, and nothing is scored', async () => {
    const { round, asked, written, notices, pass } = bench(
      experiment(judge),
      exchanges(30),
      () => new Fault('upstream_error', 'It fell over.'),
    )
    expect(await round()).toBe(0)
    expect(asked.length).toBeLessThan(10)
    expect(written).toEqual([])
    expect(notices).toHaveLength(1)
    expect(notices[0]).toContain('It fell over.')
    const before = asked.length
    await round()
    expect(asked).toHaveLength(before)
    pass(61_000)
    await round()
    expect(asked.length).toBeGreaterThan(before)
  })

  test('what cannot be judged has no score, and is not paid for again and again', async () => {
    const waiting = [
      exchange('cut', null),
      exchange('empty', ''),
      exchange('long', 'x'.repeat(100_001)),
      exchange('odd'),
    ]
    const { round, asked, written, pass } = bench(experiment(judge), waiting, () => 'I would say four stars.')
    expect(await round()).toBe(0)
    pass(61_000)
    expect(await round()).toBe(0)
    expect(asked).toHaveLength(1)
    expect(written).toEqual([])
  })

  test('stops when nobody knows what its answers cost, and says how to go on', async () => {
    const { round, asked, notices } = bench(experiment(judge), exchanges(30), undefined, null)
    await round()
    const first = asked.length
    await round()
    expect(asked).toHaveLength(first)
    expect(first).toBeLessThanOrEqual(4)
    expect(notices).toEqual([expect.stringContaining('/admin/v1/models')])
  })

  test('the built-in mock is known to cost nothing', async () => {
    const { round } = bench(experiment({ ...judge, model: 'mock/json' }), exchanges(9), undefined, null)
    expect(await round()).toBe(9)
  })

  test('a database that goes away costs neither the scores nor what was paid for them', async () => {
    const { round, written, asked, current, setAway } = bench(experiment(judge), exchanges(4))
    setAway(true)
    await expect(round()).rejects.toThrow('The database is away.')
    setAway(false)
    expect(await round()).toBe(4)
    expect(written).toHaveLength(4)
    expect(asked).toHaveLength(4)
    expect(current().judgedUsd).toBeCloseTo(0.04)
  })
})
