import { describe, expect, it } from 'vitest'
import { mostRunningExperiments } from '../../../src/store/experiment-port.ts'
import { experimentBody } from './experiment-support.ts'
import { actor, type GetSubject, promptWith, unique } from './subject.ts'

/** Experiments that begin beside each other, and what they keep from happening to their prompt. */
export function experimentStartsContract(subject: GetSubject): void {
  const store = () => subject().stores.experiments

  async function draft(prompt: string, by = actor, kind: 'experiment' | 'rollout' = 'experiment'): Promise<string> {
    const slug = unique(kind)
    await store().create(by, { slug, kind, body: experimentBody({ prompt }), seed: slug, rollout: null })
    return slug
  }

  /** Starts it unless another of its prompt is under way. */
  const start = (slug: string, prompt: string, by = actor) =>
    store().change(by, slug, () => ({
      status: 'running',
      startedAt: 1,
      phases: [{ number: 1, startedAt: 1, weights: { control: 1, warm: 1 }, units: null }],
      begins: (others) => {
        if (others.some(({ body }) => body.prompt === prompt)) throw new RangeError('taken')
      },
      event: 'experiment_started',
    }))
  const stop = (slug: string) => store().change(actor, slug, () => ({ status: 'stopped', stoppedAt: 2, event: null }))

  describe('experiments that begin', () => {
    it('are held against those under way, one after the other: of many at once one begins', async () => {
      const prompt = unique('prompt')
      const slugs = await Promise.all(Array.from({ length: 6 }, () => draft(prompt)))
      const begun = await Promise.allSettled(slugs.map((slug) => start(slug, prompt)))
      expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const result of begun) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(RangeError)
      const { data } = await store().list('default', { prompt, limit: 9, status: 'running' })
      expect(data).toHaveLength(1)
      const { data: drafts } = await store().list('default', { prompt, limit: 9, status: 'draft' })
      expect(drafts.map(({ phases }) => phases)).toEqual([[], [], [], [], []])
    })

    it('see those that are paused, never themselves, and never those of other tenants', async () => {
      const prompt = unique('prompt')
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      const other = { ...actor, tenantId }
      await start(await draft(prompt, other), prompt, other)
      const slug = await draft(prompt)
      await start(slug, prompt)
      await store().change(actor, slug, () => ({ status: 'paused', event: 'experiment_paused' }))
      expect((await start(slug, prompt)).status).toBe('running')
      await store().change(actor, slug, () => ({ status: 'paused', event: 'experiment_paused' }))
      await expect(start(await draft(prompt), prompt)).rejects.toThrow('taken')
      await stop(slug)
      expect((await start(await draft(prompt), prompt)).status).toBe('running')
    })

    it('are not asked again by a change of one that runs', async () => {
      const prompt = unique('prompt')
      const slug = await draft(prompt)
      await start(slug, prompt)
      const begins = () => {
        throw new RangeError('asked')
      }
      const changed = await store().change(actor, slug, () => ({
        status: 'running',
        judgedUsd: 1,
        begins,
        event: null,
      }))
      expect(changed).toMatchObject({ status: 'running', judgedUsd: 1 })
    })

    it('are so many of a tenant and no more', async () => {
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      const other = { ...actor, tenantId }
      for (let number = 0; number < mostRunningExperiments; number += 1) {
        const prompt = unique('prompt')
        await start(await draft(prompt, other), prompt, other)
      }
      await expect(start(await draft('one-more', other), 'one-more', other)).rejects.toMatchObject({
        kind: 'conflict',
        code: 'too_many_experiments',
      })
    })

    it('do not of a prompt that is archived', async () => {
      const prompt = await promptWith(subject().stores, 2)
      const slug = await draft(prompt)
      await subject().stores.prompts.archive(actor, prompt)
      await expect(start(slug, prompt)).rejects.toMatchObject({ kind: 'conflict', code: 'prompt_archived' })
      expect(await store().find('default', slug)).toMatchObject({ status: 'draft', phases: [] })
      await subject().stores.prompts.restore(actor, prompt)
      expect((await start(slug, prompt)).status).toBe('running')
    })
  })

  describe('a prompt with an experiment or a rollout under way', () => {
    const prompts = () => subject().stores.prompts

    it.each(['experiment', 'rollout'] as const)('is not archived before its %s has ended', async (kind) => {
      const prompt = await promptWith(subject().stores, 2, { labels: ['production'] })
      const slug = await draft(prompt, actor, kind)
      await start(slug, prompt)
      const refused = { kind: 'conflict', code: `${kind}_running`, message: expect.stringContaining(`'${slug}'`) }
      await expect(prompts().archive(actor, prompt)).rejects.toMatchObject(refused)
      await store().change(actor, slug, () => ({ status: 'paused', event: null }))
      await expect(prompts().archive(actor, prompt)).rejects.toMatchObject(refused)
      expect(await prompts().find('default', prompt)).toMatchObject({ archivedAt: null })
      await stop(slug)
      expect(await prompts().archive(actor, prompt)).toMatchObject({ archivedAt: expect.any(Number) })
    })

    it('is archived, or has it begin, of two at once: never both', async () => {
      for (let round = 0; round < 4; round += 1) {
        const prompt = await promptWith(subject().stores, 2)
        const slug = await draft(prompt)
        const both = await Promise.allSettled([start(slug, prompt), prompts().archive(actor, prompt)])
        expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
        const { archivedAt } = (await prompts().find('default', prompt)) ?? {}
        expect((await store().find('default', slug))?.status).toBe(archivedAt === null ? 'running' : 'draft')
      }
    })

    it('keeps the label that an experiment splits, and gives up any other', async () => {
      const prompt = await promptWith(subject().stores, 2, { labels: ['production', 'staging'] })
      const slug = await draft(prompt)
      await start(slug, prompt)
      await expect(prompts().removeLabel(actor, prompt, 'production', null)).rejects.toMatchObject({
        kind: 'conflict',
        code: 'experiment_running',
      })
      await prompts().removeLabel(actor, prompt, 'staging', null)
      await stop(slug)
      expect((await prompts().removeLabel(actor, prompt, 'production', null)).labels).toEqual({})
    })

    it('gives up the label during a rollout, which is about nothing else and ends', async () => {
      const prompt = await promptWith(subject().stores, 2, { labels: ['production'] })
      await start(await draft(prompt, actor, 'rollout'), prompt)
      expect((await prompts().removeLabel(actor, prompt, 'production', null)).labels).toEqual({})
    })
  })

  it('rollouts are listed by how they ended', async () => {
    const prompt = unique('prompt')
    const progress = {
      label: 'production',
      version: 2,
      fromVersion: 1,
      step: 0,
      stepStartedAt: 1,
      experiment: null,
      sentence: 'So.',
    }
    const ended: Record<string, string> = {}
    for (const state of ['completed', 'rolled_back', 'aborted'] as const) {
      const slug = await draft(prompt, actor, 'rollout')
      await store().change(actor, slug, () => ({ status: 'stopped', rollout: { ...progress, state }, event: null }))
      ended[state] = slug
    }
    const found = async (rolloutState: 'completed' | 'rolled_back' | 'aborted' | 'running') =>
      (await store().list('default', { prompt, rolloutState, limit: 9 })).data.map(({ slug }) => slug)
    for (const state of ['completed', 'rolled_back', 'aborted'] as const) {
      expect(await found(state)).toEqual([ended[state]])
    }
    expect(await found('running')).toEqual([])
  })
}
