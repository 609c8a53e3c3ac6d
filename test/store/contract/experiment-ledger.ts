import { describe, expect, it } from 'vitest'
import type { ExperimentResults } from '../../../src/contract/experiment-results.ts'
import { newRequestId } from '../../../src/core/ids.ts'
import type { ExchangeRecord } from '../../../src/core/record.ts'
import { exchangeRecord } from './exchange-record.ts'
import { experimentBody, exposed, running, unitOf } from './experiment-support.ts'
import { said } from './feedback.ts'
import { actor, unique, type GetSubject } from './subject.ts'

const dayMs = 86_400_000

/** What experiments count: exposures and feedback, each once. */
export function experimentLedgerContract(subject: GetSubject): void {
  const ledger = () => subject().stores.experimentLedger
  const write = (...records: ExchangeRecord[]) => subject().writer.write(records)
  const say = (...records: Parameters<typeof said>[]) =>
    subject().stores.feedback.writeFeedback(records.map((each) => said(...each)))
  const fold = async (now = Date.now() + 1000) => {
    for (let taken = 1; taken > 0;) taken = await ledger().fold(1000, now)
  }
  const phaseOf = async (slug: string, number = 1) => {
    const statistics = await ledger().statistics('default', slug)
    return statistics?.phases.find((phase) => phase.number === number)?.variants
  }
  const momentsOf = async (slug: string, variant: string, metric: string) =>
    (await phaseOf(slug))?.[variant]?.metrics[metric]?.moments ?? null

  describe('exchanges of experiments', () => {
    it('are kept with how they came to their variant, and found by experiment and variant', async () => {
      const experiment = unique('experiment')
      const record = exposed(experiment, 'ada', 'warm', {}, { phase: 3, reason: 'stored', excluded: 'fallback' })
      const other = exposed(experiment, 'bob', 'control')
      const none = exchangeRecord({ experiment: null, variant: null })
      await write(record, other, none)
      const find = (id: string) => subject().stores.exchanges.find('default', id)
      expect(await find(record.requestId)).toMatchObject({ assignment: record.assignment, unit: record.unit })
      for (const name of ['assignment', 'unit']) expect(await find(none.requestId)).not.toHaveProperty(name)
      const list = async (filter: object) =>
        (await subject().stores.exchanges.list('default', { limit: 9, experiment, ...filter })).data
      expect((await list({})).map(({ requestId }) => requestId).sort()).toEqual(
        [record.requestId, other.requestId].sort(),
      )
      expect(await list({ variant: 'warm' })).toMatchObject([{ assignment: record.assignment, unit: record.unit }])
    })
  })

  describe('statistics of an experiment', () => {
    it('are there for one that has just started, and not for one that is not there', async () => {
      const slug = await running(subject().stores)
      expect(await ledger().statistics('default', slug)).toMatchObject({
        phases: [{ number: 1, weights: { control: 1, warm: 1 }, variants: {} }],
        excluded: {},
        firstAt: null,
        lastAt: null,
      })
      expect(await ledger().statistics('default', unique('nobody'))).toBeNull()
    })

    it('count units, not exchanges, and each exchange once however often it is written', async () => {
      const slug = await running(subject().stores)
      const ada = [exposed(slug, 'ada', 'warm'), exposed(slug, 'ada', 'warm', { outcome: 'error' })]
      const bob = exposed(slug, 'bob', 'control')
      await write(...ada, bob)
      await write(...ada, bob)
      await fold()
      await fold()
      const variants = await phaseOf(slug)
      expect(variants).toMatchObject({ warm: { units: 1, exchanges: 2 }, control: { units: 1, exchanges: 1 } })
      expect(await momentsOf(slug, 'warm', 'success_rate')).toMatchObject({ units: 1, s: 1, c: 2, m: 0.5, mm: 0.25 })
      const latency = variants?.['control']?.metrics['latency_ms']
      expect(latency).toMatchObject({ moments: { units: 1, s: bob.durationMs } })
      expect(Object.values(latency?.sketch ?? {})).toEqual([1])
      expect(variants?.['control']?.metrics['success_rate']?.sketch).toBeNull()
    })

    it('are there for one of a file, by what the caller says of it, and not for one that nobody knows', async () => {
      const [known, unknown] = [unique('file'), unique('nobody')]
      await write(exposed(known, 'ada', 'warm'), exposed(unknown, 'ada', 'warm'))
      const body = experimentBody()
      for (let taken = 1; taken > 0;) {
        taken = await ledger().fold(1000, Date.now() + 1000, (tenantId, slug) =>
          tenantId === 'default' && slug === known ? body : null,
        )
      }
      const phases = [{ number: 1, startedAt: 0, weights: { control: 1, warm: 1 }, units: null }]
      expect(await ledger().statistics('default', known)).toBeNull()
      expect(await ledger().statistics('default', known, phases)).toMatchObject({
        phases: [{ variants: { warm: { units: 1, exchanges: 1 } } }],
      })
      expect((await ledger().statistics('default', unknown, phases))?.phases).toMatchObject([{ variants: {} }])
    })

    it('follow a unit that does more: what it had added is taken out', async () => {
      const slug = await running(subject().stores)
      for (const durationMs of [100, 300, 800]) {
        await write(exposed(slug, 'ada', 'warm', { durationMs }))
        await fold()
      }
      expect(await momentsOf(slug, 'warm', 'latency_ms')).toMatchObject({ units: 1, s: 1200, c: 3, cc: 9, m: 400 })
      const sketch = (await phaseOf(slug))?.['warm']?.metrics['latency_ms']?.sketch
      expect(Object.values(sketch ?? {})).toEqual([1])
      expect(await ledger().assignment('default', slug, unitOf('ada'))).toMatchObject({
        variant: 'warm',
        phase: 1,
        exchanges: 3,
      })
      expect(await ledger().assignment('default', slug, unitOf('nobody'))).toBeNull()
    })

    it('keep out what would bias them, and count it', async () => {
      const slug = await running(subject().stores)
      const start = Date.now() - 1000
      await write(
        exposed(slug, 'ada', 'warm', { createdAt: start }),
        exposed(slug, 'ada', 'control', { createdAt: start + 1 }),
        exposed(slug, 'bob', 'warm', {}, { excluded: 'fallback' }),
        exposed(slug, 'cleo', 'warm', {}, { excluded: 'override' }),
        exposed(slug, 'dan', 'warm', {}, { excluded: 'unsticky' }),
      )
      await fold()
      const statistics = await ledger().statistics('default', slug)
      const { warm, ...others } = statistics?.phases[0]?.variants ?? {}
      expect(statistics?.excluded).toEqual({ moved: 1, fallback: 1, override: 1, unsticky: 1 })
      expect(statistics).toMatchObject({ firstAt: start })
      expect(others).toEqual({})
      // The answer of a fallback has neither the latency nor the cost of the variant, but is a success of it.
      expect(warm).toMatchObject({ units: 2, exchanges: 2 })
      expect(warm?.metrics['success_rate']?.moments.units).toBe(2)
      expect(warm?.metrics['latency_ms']?.moments.units).toBe(1)
      expect(await ledger().assignment('default', slug, unitOf('cleo'))).toBeNull()
    })

    it.each([
      ['an experiment: a unit counts in its first', 'experiment', { moved: 1 }, {}, { phase: 1, variant: 'warm' }],
      ['a rollout: a unit counts in each', 'rollout', {}, { control: { units: 1 } }, { phase: 2, variant: 'control' }],
    ] as const)('tell phases apart, of %s', async (_of, kind, excluded, second, last) => {
      const slug = await running(subject().stores, experimentBody(), Date.now() - 60_000, kind)
      const weights = { control: 1, warm: 1 }
      const phases = [1, 2].map((number) => ({ number, startedAt: number, weights, units: null }))
      await subject().stores.experiments.change(actor, slug, () => ({ phases, event: null }))
      const at = Date.now() - 1000
      await write(exposed(slug, 'ada', 'warm', { createdAt: at }))
      await fold()
      await write(exposed(slug, 'ada', 'control', { createdAt: at + 1 }, { phase: 2 }))
      await fold()
      expect(await phaseOf(slug, 1)).toMatchObject({ warm: { units: 1 } })
      expect(await phaseOf(slug, 2)).toEqual(kind === 'rollout' ? expect.objectContaining({}) : {})
      expect(await phaseOf(slug, 2)).toMatchObject(second)
      expect((await ledger().statistics('default', slug))?.excluded).toEqual(excluded)
      expect(await ledger().assignment('default', slug, unitOf('ada'))).toMatchObject(last)
    })

    it('take exchanges for which nobody was named as units of their own', async () => {
      const slug = await running(subject().stores, experimentBody({ unit: 'request' }))
      const { unit: _unit, ...record } = exposed(slug, '', 'warm', {}, { reason: 'request' })
      await write(record)
      await fold()
      expect(await phaseOf(slug)).toMatchObject({ warm: { units: 1 } })
      expect(await ledger().units('default', slug, { limit: 5 })).toMatchObject([{ unit: record.requestId }])
    })

    it('have ratios, satisfaction and quality of units', async () => {
      const ratios = { cost_per_success: { numerator: 'cost_usd', denominator: 'success_rate', direction: 'decrease' } }
      const slug = await running(subject().stores, experimentBody({ ratios: ratios as never }))
      const record = exposed(slug, 'ada', 'warm', { durationMs: 500, outputCheck: 'ok' })
      await write(record)
      await say([record.requestId], [record.requestId, { name: 'thumbs', value: false }])
      await fold()
      expect(await momentsOf(slug, 'warm', 'cost_per_success')).toMatchObject({ s: record.cost?.totalUsd, c: 1 })
      expect(await momentsOf(slug, 'warm', 'satisfaction')).toMatchObject({ s: 0.75, c: 2 })
      // Response time and consistency are 1, satisfaction 0.375, of equal weight; accuracy has no value.
      const quality = await momentsOf(slug, 'warm', 'quality_score')
      expect(quality?.s).toBeCloseTo((1 + 1 + 0.375) / 3, 12)
    })
  })

  describe('feedback in an experiment', () => {
    it('counts once, also days after, and a changed value takes the place of the one before', async () => {
      const slug = await running(subject().stores)
      const record = exposed(slug, 'ada', 'warm')
      await write(record)
      await fold()
      const { requestId } = record
      await say([requestId, { value: 2, at: record.createdAt + 3 * dayMs }])
      await fold(record.createdAt + 4 * dayMs)
      await fold(record.createdAt + 4 * dayMs)
      expect(await momentsOf(slug, 'warm', 'rating')).toMatchObject({ units: 1, s: 2, c: 1 })
      await say([requestId, { value: 5, at: record.createdAt + 5 * dayMs }], [requestId, { source: 'app', value: 3 }])
      await fold(record.createdAt + 6 * dayMs)
      expect(await momentsOf(slug, 'warm', 'rating')).toMatchObject({ units: 1, s: 8, c: 2, m: 4 })
      await say([requestId, { value: 'a text', at: record.createdAt + 7 * dayMs }])
      await fold(record.createdAt + 8 * dayMs)
      expect(await momentsOf(slug, 'warm', 'rating')).toMatchObject({ units: 1, s: 3, c: 1 })
    })

    it('that comes before its exchange waits for it, and is given up after seven days', async () => {
      const slug = await running(subject().stores)
      const [early, never] = [exposed(slug, 'ada', 'warm'), newRequestId()]
      const at = early.createdAt
      await say([early.requestId, { at }], [never, { at }])
      expect(await ledger().fold(100, at + 10)).toBe(2)
      expect(await ledger().fold(100, at + 20)).toBe(0)
      await write(early)
      await fold(at + 5000)
      expect(await momentsOf(slug, 'warm', 'rating')).toMatchObject({ units: 1, s: 4 })
      expect(await ledger().fold(100, at + 8 * dayMs)).toBe(1)
      expect(await ledger().fold(100, at + 20 * dayMs)).toBe(0)
    })

    it('of an answer that was not the variant’s own, or of a name that nobody asked for, counts for nothing', async () => {
      const slug = await running(subject().stores)
      const fallback = exposed(slug, 'ada', 'warm', {}, { excluded: 'fallback' })
      const cached = exposed(slug, 'bob', 'warm', {}, { excluded: 'cache' })
      await write(fallback, cached)
      await say([fallback.requestId], [cached.requestId], [cached.requestId, { name: 'mood', value: 1 }])
      await fold()
      expect(await momentsOf(slug, 'warm', 'rating')).toMatchObject({ units: 1 })
      expect(await momentsOf(slug, 'warm', 'mood')).toBeNull()
    })
  })

  describe('what units did before an experiment', () => {
    it('is measured as exposures measure, of the days before, once', async () => {
      const { stores } = subject()
      const prompt = unique('prompt')
      const startedAt = Date.now()
      const before = startedAt - dayMs
      const past = (unit: string, more: Partial<ExchangeRecord>, at = before) =>
        exchangeRecord({ prompt, unit: unitOf(unit), experiment: null, variant: null, ...more }, at)
      await write(
        past('ada', { durationMs: 100 }),
        past('ada', { durationMs: 300, outcome: 'error', usage: null, cost: null }),
        past('ada', { durationMs: 900, cache: 'hit' }),
        past('ada', { outcome: 'client_closed' }),
        past('ada', { durationMs: 9000 }, startedAt - 3 * dayMs),
        past('bob', { outputCheck: 'mismatch', outcome: 'blocked' }),
      )
      const slug = await running(stores, experimentBody({ prompt }), startedAt)
      await ledger().prepare('default', slug, 2)
      const prepared = await stores.experiments.find('default', slug)
      expect(prepared?.preparedAt).not.toBeNull()
      await ledger().prepare('default', slug, 2)
      expect(await stores.experiments.find('default', slug)).toEqual(prepared)
      await write(
        exposed(slug, 'ada', 'warm', { prompt, durationMs: 50 }),
        exposed(slug, 'bob', 'control', { prompt }),
        exposed(slug, 'new', 'control', { prompt }),
      )
      await fold()
      expect(await momentsOf(slug, 'warm', 'latency_ms')).toMatchObject({
        units: 1,
        preUnits: 1,
        p: 100,
        m: 50,
        pm: 5000,
        preM: 50,
      })
      const success = await momentsOf(slug, 'warm', 'success_rate')
      expect(success?.p).toBeCloseTo(2 / 3, 12)
      expect(await momentsOf(slug, 'control', 'guardrail_block_rate')).toMatchObject({ units: 2, preUnits: 1, p: 1 })
      expect(await momentsOf(slug, 'control', 'latency_ms')).toMatchObject({ units: 2, preUnits: 0, p: 0, preM: 0 })
    })

    it('has what was said of it before, and the scores that are made of that', async () => {
      const { stores } = subject()
      const prompt = unique('prompt')
      const startedAt = Date.now()
      const at = startedAt - dayMs
      const past = (excluded: 'cache' | 'fallback' | null) =>
        exchangeRecord(
          {
            prompt,
            unit: unitOf('ada'),
            durationMs: 100,
            assignment: { phase: 1, reason: 'split', excluded },
          },
          at,
        )
      const [own, cached, fallback] = [past(null), past('cache'), past('fallback')]
      await write(own, cached, fallback)
      await say(
        [own.requestId, { name: 'rating', value: 2, at }],
        [cached.requestId, { name: 'thumbs', value: true, at }],
        [fallback.requestId, { name: 'rating', value: 5, at }],
        [own.requestId, { name: 'thumbs', value: false, at: startedAt + 1 }],
        [own.requestId, { name: 'mood', value: 1, at }],
        [own.requestId, { name: 'accuracy', value: 'fine', at }],
      )
      const slug = await running(stores, experimentBody({ prompt }), startedAt)
      await ledger().prepare('default', slug, 2)
      const now = exposed(slug, 'ada', 'warm', { prompt, durationMs: 100 })
      await write(now)
      await say([now.requestId, { name: 'rating', value: 5 }])
      await fold()
      expect(await momentsOf(slug, 'warm', 'rating')).toMatchObject({ preUnits: 1, p: 2, m: 5, pm: 10, preM: 5 })
      // A rating of 2 is 0.25, and a thumb up 1.
      expect(await momentsOf(slug, 'warm', 'satisfaction')).toMatchObject({ preUnits: 1, p: 0.625 })
      // Fast, all in the right form, and that satisfaction, each a third of what is known.
      expect((await momentsOf(slug, 'warm', 'quality_score'))?.p).toBeCloseTo(2.625 / 3, 12)
      expect(await momentsOf(slug, 'warm', 'mood')).toBeNull()
    })

    it('is left out for units that were counted already, so that they can be taken out as they were put in', async () => {
      const prompt = unique('prompt')
      const startedAt = Date.now()
      const past = exchangeRecord({ prompt, unit: unitOf('ada') }, startedAt - dayMs)
      await write(past)
      const slug = await running(subject().stores, experimentBody({ prompt }), startedAt)
      await write(exposed(slug, 'ada', 'warm', { prompt }))
      await fold()
      await ledger().prepare('default', slug, 2)
      await write(exposed(slug, 'ada', 'warm', { prompt }))
      await fold()
      expect(await momentsOf(slug, 'warm', 'latency_ms')).toMatchObject({ units: 1, preUnits: 0, p: 0, pp: 0 })
    })
  })

  describe('units, looks and samples of an experiment', () => {
    it('units are read page by page', async () => {
      const slug = await running(subject().stores)
      const names = ['ada', 'bob', 'cleo', 'dan', 'eve']
      await write(...names.map((name) => exposed(slug, name, 'warm')))
      await fold()
      const units: string[] = []
      for (let after; ;) {
        const page = await ledger().units('default', slug, { limit: 2, after })
        units.push(...page.map(({ unit }) => unit))
        after = page.at(-1)
        if (page.length < 2) break
      }
      expect([...units].sort()).toEqual(names.map(unitOf).sort())
      const [first] = await ledger().units('default', slug, { limit: 1 })
      expect(first).toMatchObject({
        phase: 1,
        variant: 'warm',
        exchanges: 1,
        sums: { success_rate: { sum: 1, count: 1 } },
      })
    })

    it('looks are one for each moment, oldest first, thinned with the last among them', async () => {
      const slug = await running(subject().stores)
      for (const at of [4000, 1000, 3000, 2000, 5000, 5000])
        await ledger().keepLook('default', slug, { at, results: { experiment: slug } as ExperimentResults })
      const moments = async (most: number) => (await ledger().looks('default', slug, most)).map(({ at }) => at)
      expect(await moments(9)).toEqual([1000, 2000, 3000, 4000, 5000])
      expect(await moments(3)).toEqual([1000, 3000, 5000])
      expect(await moments(1)).toEqual([5000])
      expect(await ledger().looks('default', unique('nobody'), 5)).toEqual([])
    })

    it('exchanges that nobody judged are found in the sample, newest first', async () => {
      const prompt = unique('prompt')
      const slug = await running(subject().stores, experimentBody({ prompt }))
      const start = Date.now()
      const bodies = { request: '{"a":1}', rendered: '{"b":2}', response: '{"c":3}', truncated: false }
      const records = Array.from({ length: 6 }, (_, index) =>
        exposed(slug, `unit ${index}`, 'warm', { prompt, bodies, createdAt: start + index }),
      )
      await write(
        ...records,
        exposed(slug, 'x', 'warm', { prompt, bodies: null, createdAt: start }),
        exposed(slug, 'x', 'warm', { prompt, bodies, outcome: 'error', createdAt: start }),
        exposed(slug, 'x', 'warm', { prompt, bodies, createdAt: start }, { excluded: 'fallback' }),
      )
      const [judged, ...others] = records.map(({ requestId }) => requestId)
      await say([judged ?? '', { name: 'accuracy', source: 'judge', value: 1 }])
      const find = (more: object) =>
        ledger().unjudged('default', slug, { metric: 'accuracy', share: 1, since: start - 1, most: 99, ...more })
      expect((await find({})).map(({ requestId }) => requestId)).toEqual([...others].reverse())
      expect(await find({ most: 1 })).toEqual([
        { requestId: others.at(-1), variant: 'warm', request: '{"b":2}', response: '{"c":3}' },
      ])
      expect(await find({ since: start + 4 })).toHaveLength(1)
      expect(await find({ share: 0 })).toEqual([])
    })
  })
}
