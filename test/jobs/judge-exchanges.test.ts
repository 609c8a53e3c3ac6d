import { describe, expect, test } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import { exchange, exchanges, experiment, judge, JudgeBench, now } from './judge-bench.ts'

describe('a round of judging', () => {
  test('gives each exchange of the sample a score, with its reason, and pays for it', async () => {
    const bench = new JudgeBench(experiment(judge), exchanges(3))
    const round = bench.process()
    expect(await round()).toBe(3)
    expect(bench.samples).toEqual([{ metric: 'accuracy', share: 0.2, since: now - 1000, most: 50 }])
    expect(bench.written.map(({ requestId }) => requestId).toSorted()).toEqual(['id-0', 'id-1', 'id-2'])
    expect(bench.written[0]).toMatchObject({
      name: 'accuracy',
      source: 'judge',
      value: 0.8,
      comment: 'Kind.',
      keyId: null,
      at: now,
    })
    expect(bench.current().judgedUsd).toBeCloseTo(0.03)
    const [first] = bench.asked
    expect(first?.appName).toBe('promptbox judges')
    expect(JSON.stringify(first?.body)).toContain('It is kind.')
    expect(JSON.stringify(first?.body)).toContain('On its way.')
    expect(await round()).toBe(0)
    expect(bench.asked).toHaveLength(3)
  })

  test('looks only at what is new once nothing is left, and through all now and then', async () => {
    const bench = new JudgeBench(experiment(judge, { startedAt: now - 86_400_000 }), exchanges(3))
    const round = bench.process()
    for (const minutes of [0, 1, 30, 40]) {
      bench.time += minutes * 60_000
      await round()
    }
    await round()
    const sinceStart = bench.samples.map(({ since }) => since - now)
    expect(sinceStart).toEqual([-86_400_000, -86_400_000, -9 * 60_000, -86_400_000, 61 * 60_000])
  })

  test('goes on with what is new where there is too much to look through in time', async () => {
    const bench = new JudgeBench(experiment(judge, { startedAt: now - 86_400_000 }), exchanges(3))
    const round = bench.process()
    bench.slowBefore = now - 3_600_000
    expect(await round()).toBe(0)
    expect(bench.notices).toEqual([expect.stringContaining('new exchanges only')])
    expect(await round()).toBe(3)
    expect(bench.asked).toHaveLength(3)
  })

  test('asks nobody without a judge, and with a budget that is spent or none', async () => {
    for (const stored of [
      experiment(undefined),
      experiment(judge, { judgedUsd: 1 }),
      experiment({ ...judge, budget_usd: 0 }),
    ]) {
      const bench = new JudgeBench(stored, exchanges(3))
      expect(await bench.process()()).toBe(0)
      expect(bench.asked).toEqual([])
    }
  })

  test('counts what is under way, so that its budget is passed by no more than one answer', async () => {
    const bench = new JudgeBench(experiment({ ...judge, budget_usd: 0.105 }), exchanges(40))
    const round = bench.process()
    await round()
    await round()
    expect(bench.asked).toHaveLength(11)
    expect(bench.current().judgedUsd).toBeCloseTo(0.11)
  })

  test('asks once alone where nobody knows yet what an answer costs', async () => {
    const bench = new JudgeBench(experiment({ ...judge, budget_usd: 0.5 }), exchanges(40), { costUsd: 3 })
    const round = bench.process()
    await round()
    await round()
    expect(bench.asked).toHaveLength(1)
    expect(bench.current().judgedUsd).toBe(3)
  })

  test('asks at most fifty at a time', async () => {
    const bench = new JudgeBench(experiment({ ...judge, budget_usd: 1000 }), exchanges(200))
    expect(await bench.process()()).toBe(50)
  })

  test('a failing judge is told and not asked on and on, and nothing is scored', async () => {
    const bench = new JudgeBench(experiment(judge), exchanges(30), {
      answer: () => new Fault('upstream_error', 'It fell over.'),
    })
    const round = bench.process()
    expect(await round()).toBe(0)
    expect(bench.asked.length).toBeLessThan(10)
    expect(bench.written).toEqual([])
    expect(bench.notices).toEqual([expect.stringContaining('It fell over.')])
    const before = bench.asked.length
    await round()
    expect(bench.asked).toHaveLength(before)
    bench.time += 61_000
    await round()
    expect(bench.asked.length).toBeGreaterThan(before)
  })

  test('what cannot be judged has no score, and is not paid for again and again', async () => {
    const waiting = [
      exchange('cut', null),
      exchange('empty', ''),
      exchange('long', 'x'.repeat(100_001)),
      exchange('odd'),
    ]
    const bench = new JudgeBench(experiment(judge), waiting, { answer: () => 'I would say four stars.' })
    const round = bench.process()
    expect(await round()).toBe(0)
    bench.time += 61_000
    expect(await round()).toBe(0)
    expect(bench.asked).toHaveLength(1)
    expect(bench.written).toEqual([])
  })

  test('stops when nobody knows what its answers cost, and says how to go on', async () => {
    const bench = new JudgeBench(experiment(judge), exchanges(30), { costUsd: null })
    const round = bench.process()
    await round()
    await round()
    expect(bench.asked).toHaveLength(1)
    expect(bench.notices).toEqual([expect.stringContaining('/admin/v1/models')])
  })

  test('the built-in mock is known to cost nothing', async () => {
    const bench = new JudgeBench(experiment({ ...judge, model: 'mock/judge' }), exchanges(9), { costUsd: null })
    expect(await bench.process()()).toBe(9)
  })

  test('an experiment that keeps its judge busy keeps no other from being judged', async () => {
    const slow = experiment({ ...judge, budget_usd: 1000 }, { slug: 'busy' })
    const bench = new JudgeBench(
      [slow, experiment(judge, { slug: 'other' })],
      (slug) => exchanges(50).map((each) => ({ ...each, requestId: `${slug} ${each.requestId}` })),
      {
        answer: () => {
          bench.time += 31_000
          return '{"score": 0.5}'
        },
      },
    )
    const round = bench.process()
    await round()
    await round()
    const judged = bench.written.map(({ requestId }) => requestId.split(' ', 1)[0])
    expect(new Set(judged)).toEqual(new Set(['busy', 'other']))
  })

  test('asks nothing new once the process goes down, and keeps what was answered', async () => {
    let isStopping = false
    const bench = new JudgeBench(experiment(judge), exchanges(30), {
      answer: () => {
        isStopping = true
        return '{"score": 0.5}'
      },
    })
    expect(await bench.process()(() => isStopping)).toBe(1)
    expect(bench.asked).toHaveLength(1)
    expect(bench.current().judgedUsd).toBeCloseTo(0.01)
  })
})

describe('a database that goes away while answers are judged', () => {
  test('costs neither the scores nor what was paid for them', async () => {
    const bench = new JudgeBench(experiment(judge), exchanges(4))
    const round = bench.process()
    bench.isAway = true
    await expect(round()).rejects.toThrow(Fault)
    await expect(round()).rejects.toThrow(Fault)
    bench.isAway = false
    expect(await round()).toBe(4)
    expect(bench.written).toHaveLength(4)
    expect(bench.asked).toHaveLength(4)
    expect(bench.current().judgedUsd).toBeCloseTo(0.04)
  })

  test('makes no difference to who keeps them: another process may judge by then, or nobody any more', async () => {
    const bench = new JudgeBench(experiment(judge), exchanges(4))
    const [one, other] = [bench.process(), bench.process()]
    bench.isAway = true
    await expect(one()).rejects.toThrow(Fault)
    bench.isAway = false
    bench.time += 600_000
    bench.change('warmer', { status: 'stopped' })
    expect(await other()).toBe(0)
    expect(await one()).toBe(4)
    expect(bench.current().judgedUsd).toBeCloseTo(0.04)
  })

  test('nothing is asked any more whose score nobody takes', async () => {
    const bench = new JudgeBench(experiment({ ...judge, budget_usd: 1000 }), exchanges(50))
    bench.isAway = true
    await expect(bench.process()()).rejects.toThrow(Fault)
    expect(bench.asked.length).toBeLessThan(20)
  })
})

describe('several processes that judge', () => {
  test('ask once for each exchange, and keep one budget', async () => {
    const bench = new JudgeBench(experiment(judge), exchanges(40))
    const rounds = [bench.process(), bench.process(), bench.process()]
    for (let turn = 0; turn < 3; turn += 1) await Promise.all(rounds.map((round) => round()))
    expect(bench.asked).toHaveLength(40)
    expect(new Set(bench.written.map(({ requestId }) => requestId)).size).toBe(40)
    expect(bench.current().judgedUsd).toBeCloseTo(0.4)
  })

  test('do not try again what one of them tried in vain', async () => {
    const bench = new JudgeBench(experiment(judge), [exchange('odd')], { answer: () => 'Four stars.' })
    const rounds = [bench.process(), bench.process()]
    for (let minute = 0; minute < 10; minute += 1) {
      for (const round of rounds) await round()
      bench.time += 61_000
    }
    expect(bench.asked).toHaveLength(1)
  })

  test('let each other try where one of them gets no answer at all', async () => {
    let isReached = false
    const bench = new JudgeBench(experiment(judge), exchanges(8), {
      answer: () => (isReached ? '{"score": 0.5}' : new Fault('upstream_error', 'There is no way to the model.')),
    })
    const [one, other] = [bench.process(), bench.process()]
    await one()
    isReached = true
    expect(await one()).toBe(0)
    expect(await other()).toBe(8)
  })

  test('share the experiments: one is judged while another waits for its judge', async () => {
    const bench = new JudgeBench(
      ['one', 'other'].map((slug) => experiment({ ...judge, criteria: `It is of ${slug}.` }, { slug })),
      (slug) => exchanges(3).map((each) => ({ ...each, requestId: `${slug} ${each.requestId}` })),
      { answer: ({ body }) => (JSON.stringify(body).includes('of other') ? '{"score": 1}' : new Promise(() => {})) },
    )
    void bench.process()()
    await expect.poll(() => bench.asked.length).toBe(1)
    expect(await bench.process()()).toBe(3)
    expect(bench.written.map(({ requestId }) => requestId.split(' ', 1)[0])).toEqual(['other', 'other', 'other'])
  })

  test('go on with the work of one that died in the middle, from what it paid', async () => {
    const bench = new JudgeBench(experiment({ ...judge, budget_usd: 0.305 }), exchanges(60), {
      answer: () => (bench.asked.length === 26 ? new Promise<string>(() => {}) : '{"score": 0.5}'),
    })
    const [one, other] = [bench.process(), bench.process()]
    void one()
    await expect.poll(() => bench.asked.length).toBe(31)
    const kept = bench.written.length
    expect(kept).toBeGreaterThanOrEqual(20)
    expect(await other()).toBe(0)
    bench.time += 181_000
    expect(await other()).toBe(31 - kept)
    expect(bench.current().judgedUsd).toBeCloseTo(0.31)
    expect(new Set(bench.written.map(({ requestId }) => requestId)).size).toBe(31)
  })
})
