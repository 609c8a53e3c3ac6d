import { describe, expect, it } from 'vitest'
import { unitFilterFromBase64 } from '../../../src/experiments/unit-filter.ts'
import type { ExperimentValue } from '../../../src/snapshot/change.ts'
import { experimentBody, exposed, running, unitOf } from './experiment-support.ts'
import { actor, allPages, unique, type GetSubject } from './subject.ts'

/** Experiments as they are set up, run and end. */
export function experimentsContract(subject: GetSubject): void {
  const store = () => subject().stores.experiments
  const create = (slug: string, body = experimentBody()) =>
    store().create(actor, { slug, kind: 'experiment', body, seed: 'seed', rollout: null })

  /** What a load of everything, and what the feed since then, say of an experiment. */
  async function inSnapshot(slug: string, since: string) {
    const { snapshot } = subject().stores
    const all: (ExperimentValue | null)[] = []
    for await (const batch of snapshot.all())
      for (const change of batch) if (change.noun === 'experiment' && change.id === slug) all.push(change.value)
    const { changes } = await snapshot.since(since)
    const news = changes.flatMap((change) => (change.noun === 'experiment' && change.id === slug ? [change.value] : []))
    return { all, news }
  }

  describe('experiments', () => {
    it('begin as drafts that no request sees, under a slug of their own', async () => {
      const slug = unique('experiment')
      const since = await subject().stores.snapshot.head()
      const made = await create(slug)
      expect(made).toMatchObject({ slug, status: 'draft', phases: [], decision: null, preparedAt: null, judgedUsd: 0 })
      expect(made.body).toEqual(experimentBody())
      expect(await store().find('default', slug)).toEqual(made)
      expect(await store().find('default', unique('nobody'))).toBeNull()
      await expect(create(slug)).rejects.toMatchObject({ kind: 'conflict' })
      expect(await inSnapshot(slug, since)).toEqual({ all: [], news: [] })
    })

    it('are seen by requests while they run, and no longer when they are paused', async () => {
      const since = await subject().stores.snapshot.head()
      const slug = await running(subject().stores)
      const value = { slug, kind: 'experiment', seed: slug, phases: [{ number: 1, units: null }] }
      expect(await inSnapshot(slug, since)).toMatchObject({ all: [value], news: [value] })
      expect((await store().active()).map((each) => each.slug)).toContain(slug)
      await store().change(actor, slug, () => ({ status: 'paused', event: 'experiment_paused' }))
      expect(await inSnapshot(slug, since)).toEqual({ all: [], news: [null] })
      expect((await store().active()).map((each) => each.slug)).toContain(slug)
      await store().change(actor, slug, () => ({ status: 'stopped', stoppedAt: 5, event: 'experiment_stopped' }))
      expect((await store().active()).map((each) => each.slug)).not.toContain(slug)
      expect(await store().find('default', slug)).toMatchObject({ status: 'stopped', stoppedAt: 5 })
    })

    it('keep figures of the job without telling requests, and without somebody who changed them', async () => {
      const slug = await running(subject().stores)
      const since = await subject().stores.snapshot.head()
      const before = await store().find('default', slug)
      const other = { ...actor, id: 'somebody' }
      const after = await store().change(other, slug, () => ({ plannedUnits: 900, judgedUsd: 0.5, event: null }))
      expect(after).toEqual({ ...before, plannedUnits: 900, judgedUsd: 0.5 })
      expect((await inSnapshot(slug, since)).news).toEqual([])
    })

    it('stay as they are when a change throws, wants nothing or cannot be stored', async () => {
      const slug = await running(subject().stores)
      const before = await store().find('default', slug)
      const refuse = () => {
        throw new RangeError('not now')
      }
      await expect(store().change(actor, slug, refuse)).rejects.toThrow('not now')
      expect(await store().change(actor, slug, () => null)).toEqual(before)
      const body = experimentBody({ description: 'half \ud800' })
      await expect(store().change(actor, slug, () => ({ body, event: 'x' }))).rejects.toMatchObject({
        kind: 'invalid_request',
        param: 'description',
      })
      expect(await store().find('default', slug)).toEqual(before)
      await expect(store().change(actor, unique('nobody'), () => null)).rejects.toMatchObject({ kind: 'not_found' })
    })

    it('take another seed', async () => {
      const slug = await running(subject().stores)
      await store().change(actor, slug, () => ({ seed: 'another', event: null }))
      expect(await store().find('default', slug)).toMatchObject({ seed: 'another' })
    })

    it('change one after the other', async () => {
      const slug = await running(subject().stores)
      const add = () => store().change(actor, slug, ({ judgedUsd }) => ({ judgedUsd: judgedUsd + 1, event: null }))
      await Promise.all(Array.from({ length: 8 }, add))
      expect((await store().find('default', slug))?.judgedUsd).toBe(8)
    })

    it('can be removed as drafts only', async () => {
      const slug = unique('experiment')
      await create(slug)
      await store().remove(actor, slug)
      expect(await store().find('default', slug)).toBeNull()
      await expect(store().remove(actor, slug)).rejects.toMatchObject({ kind: 'not_found' })
      const started = await running(subject().stores)
      await expect(store().remove(actor, started)).rejects.toMatchObject({ kind: 'conflict' })
    })

    it('are listed page by page, newest first, by prompt, kind and status', async () => {
      const prompt = unique('prompt')
      const body = experimentBody({ prompt })
      const slugs: string[] = []
      for (let number = 0; number < 5; number += 1) slugs.unshift((await create(unique('experiment'), body)).slug)
      const pages = await allPages(2, (page) => store().list('default', { prompt, ...page }))
      expect(pages.map(({ slug }) => slug).sort()).toEqual([...slugs].sort())
      const moments = pages.map(({ createdAt }) => createdAt)
      expect(moments).toEqual([...moments].sort((left, right) => right - left))
      await running(subject().stores, body)
      const found = (filter: object) => store().list('default', { prompt, limit: 9, ...filter })
      expect((await found({ status: 'running' })).data).toHaveLength(1)
      expect((await found({ kind: 'rollout' })).data).toEqual([])
      expect((await store().list(unique('tenant'), { prompt, limit: 9 })).data).toEqual([])
    })
  })

  describe('a new split of an experiment', () => {
    const wait = (slug: string) =>
      store().change(actor, slug, () => ({ nextWeights: { control: 1, warm: 3 }, event: 'experiment_changed' }))

    it('begins with the units of the one before remembered, and those recorded late are remembered too', async () => {
      const { stores, writer } = subject()
      const slug = await running(stores)
      expect((await store().beginPhase(actor, slug, Date.now())).phases).toHaveLength(1)
      await writer.write([exposed(slug, 'ada', 'warm'), exposed(slug, 'bob', 'control')])
      await stores.experimentLedger.fold(100, Date.now() + 1000)
      await wait(slug)
      const since = await stores.snapshot.head()
      const now = await store().beginPhase(actor, slug, Date.now())
      expect(now).toMatchObject({ nextWeights: null, phases: [{ number: 1 }, { number: 2, weights: { warm: 3 } }] })
      const has = async (unit: string) => {
        const { all, news } = await inSnapshot(slug, since)
        expect(news).toEqual(all)
        const units = all[0]?.phases[0]?.units
        return units === null || units === undefined ? null : unitFilterFromBase64(units).has(unitOf(unit))
      }
      expect([await has('ada'), await has('bob'), await has('late')]).toEqual([true, true, false])
      expect((await store().beginPhase(actor, slug, Date.now())).phases).toHaveLength(2)

      await writer.write([exposed(slug, 'late', 'warm'), exposed(slug, 'new', 'warm', {}, { phase: 2 })])
      await stores.experimentLedger.fold(100, Date.now() + 1000)
      expect(await store().rememberUnits(actor, slug)).toBe(3)
      expect([await has('ada'), await has('late'), await has('new')]).toEqual([true, true, false])
      const head = await stores.snapshot.head()
      expect(await store().rememberUnits(actor, slug)).toBe(3)
      expect(await stores.snapshot.head()).toBe(head)
    })

    it('keeps no units of a rollout: they move on', async () => {
      const { stores, writer } = subject()
      const slug = await running(stores, experimentBody(), Date.now(), 'rollout')
      await writer.write([exposed(slug, 'ada', 'warm')])
      await stores.experimentLedger.fold(100, Date.now() + 1000)
      await wait(slug)
      await store().beginPhase(actor, slug, Date.now())
      expect((await inSnapshot(slug, '0')).all).toMatchObject([{ phases: [{ units: null }, { units: null }] }])
      expect(await store().rememberUnits(actor, slug)).toBe(0)
    })
  })
}
