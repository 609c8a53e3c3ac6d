import { describe, expect, it } from 'vitest'
import { evolutionPolicySchema } from '../../../src/contract/evolution.ts'
import { newRequestId } from '../../../src/core/ids.ts'
import type { NewProposal } from '../../../src/store/evolution-port.ts'
import { exchangeRecord } from './exchange-record.ts'
import { said } from './feedback.ts'
import { actor, allPages, type GetSubject, unique } from './subject.ts'

const body = evolutionPolicySchema.parse({ budget_usd: 2 })

export function newProposal(prompt: string, more: Partial<NewProposal> = {}): NewProposal {
  return {
    id: newRequestId(),
    prompt,
    parentVersion: 1,
    version: 2,
    strategy: 'few_shot',
    state: 'proposed',
    hash: unique('hash'),
    writer: 'rules',
    rationale: 'Adds an example.',
    predicted: { metric: 'satisfaction', effect: null, basis: 'unknown', why: 'Better.' },
    parts: ['line:Be kind.'],
    warnings: ['Read it.'],
    isOutdated: false,
    sentence: 'It is a draft.',
    tests: null,
    experiment: null,
    rollout: null,
    improvement: null,
    costUsd: 0.25,
    ...more,
  }
}

/** Policies and proposals of evolution, and what they are made from. */
export function evolutionContract(subject: GetSubject): void {
  const store = () => subject().stores.evolution

  describe('policies of evolution', () => {
    it('keep what was spent and when they ran, whoever changes them', async () => {
      const prompt = unique('prompt')
      const put = await store().putPolicy(actor, prompt, body)
      expect(put).toMatchObject({ prompt, body, spentUsd: 0, spentMonth: null, lastRunAt: null, updatedBy: actor.id })
      expect(await store().beginRun('default', prompt, null, 5_000)).toBe(true)
      expect(await store().beginRun('default', prompt, null, 6_000)).toBe(false)
      await store().spend('default', prompt, '2026-11', 0.5)
      await store().spend('default', prompt, '2026-11', 0.25)
      const changed = { ...body, enabled: false }
      expect(await store().putPolicy(actor, prompt, changed)).toMatchObject({
        body: changed,
        spentUsd: 0.75,
        spentMonth: '2026-11',
        lastRunAt: 5_000,
      })
      await store().spend('default', prompt, '2026-12', 0.1)
      expect(await store().policy('default', prompt)).toMatchObject({ spentUsd: 0.1, spentMonth: '2026-12' })
      expect(await store().policy(unique('tenant'), prompt)).toBeNull()
    })

    it('keep what the newest run came to, whoever changes them', async () => {
      const prompt = unique('prompt')
      const run = { at: '2026-11-20T09:30:00.000Z', sentence: 'Made 1 proposal.', skipped: [], spent_usd: 0.25 }
      await store().keepRun('default', prompt, run)
      expect(await store().policy('default', prompt)).toBeNull()
      expect(await store().putPolicy(actor, prompt, body)).toMatchObject({ lastRun: null })
      await store().keepRun('default', prompt, { ...run, sentence: 'Made 0 proposals.' })
      await store().keepRun('default', prompt, run)
      await store().spend('default', prompt, '2026-11', 0.5)
      const changed = await store().putPolicy(actor, prompt, { ...body, enabled: false })
      expect(changed).toMatchObject({ lastRun: run, spentUsd: 0.5 })
    })

    it('are looked through when they are enabled, and removed once', async () => {
      const [on, off] = [unique('on'), unique('off')]
      await store().putPolicy(actor, on, body)
      await store().putPolicy(actor, off, { ...body, enabled: false })
      const names = (await store().enabledPolicies(1_000)).map(({ prompt }) => prompt)
      expect(names).toContain(on)
      expect(names).not.toContain(off)
      // Its next run is long off, although the last one was long ago.
      const seldom = unique('seldom')
      await store().putPolicy(actor, seldom, { ...body, every_hours: 8_760 })
      await store().beginRun('default', seldom, null, 1_000)
      await store().beginRun('default', on, null, 2_000)
      const turns = (await store().enabledPolicies(1_000)).map(({ prompt }) => prompt)
      expect(turns.indexOf(on)).toBeLessThan(turns.indexOf(seldom))
      await store().removePolicy(actor, on)
      expect(await store().policy('default', on)).toBeNull()
      await expect(store().removePolicy(actor, on)).rejects.toMatchObject({ kind: 'not_found' })
      await store().spend('default', on, '2026-11', 1)
      expect(await store().beginRun('default', on, null, 1)).toBe(false)
    })
  })

  describe('proposals of evolution', () => {
    it('are kept whole, found and listed newest first', async () => {
      const prompt = unique('prompt')
      const made: string[] = []
      for (let index = 0; index < 5; index += 1) {
        const wanted = newProposal(prompt)
        const stored = await store().addProposal(actor, wanted)
        expect(stored).toEqual({
          ...wanted,
          tenantId: 'default',
          createdAt: expect.any(Number),
          updatedAt: expect.any(Number),
        })
        expect(await store().proposal('default', wanted.id)).toEqual(stored)
        made.unshift(wanted.id)
      }
      const listed = await allPages(2, (page) => store().proposals('default', prompt, page))
      expect(listed.map(({ id }) => id)).toEqual(made)
      expect((await store().proposals('default', prompt, { state: 'won', limit: 5 })).data).toEqual([])
      expect(await store().proposal(unique('tenant'), made[0] ?? '')).toBeNull()
      expect(await store().proposal('default', 'no id')).toBeNull()
      await expect(store().proposals('default', prompt, { limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({
        param: 'cursor',
      })
    })

    it('are never made twice for a prompt', async () => {
      const [prompt, hash] = [unique('prompt'), unique('hash')]
      const twice = [newProposal(prompt, { hash }), newProposal(prompt, { hash })]
      const made = await Promise.allSettled(twice.map((each) => store().addProposal(actor, each)))
      expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await store().hasProposal('default', prompt, hash)).toBe(true)
      expect(await store().hasProposal('default', unique('other'), hash)).toBe(false)
    })

    it('change from the state they are thought to be in, and no other', async () => {
      const { id } = await store().addProposal(actor, newProposal(unique('prompt')))
      const tests = { run: 'run-1', passed: true, score: 1 }
      const changed = await store().changeProposal(actor, id, 'proposed', { state: 'tested', tests, costUsd: 0.5 })
      expect(changed).toMatchObject({ state: 'tested', tests, costUsd: 0.5, rationale: 'Adds an example.' })
      expect(changed).toMatchObject({ parts: ['line:Be kind.'], warnings: ['Read it.'], isOutdated: false })
      await expect(store().changeProposal(actor, id, 'proposed', { state: 'rejected' })).rejects.toMatchObject({
        kind: 'conflict',
        code: 'proposal_changed',
      })
      await expect(store().changeProposal(actor, newRequestId(), 'proposed', {})).rejects.toMatchObject({
        kind: 'not_found',
      })
      const open = (await store().openProposals(1_000, null)).map((each) => each.id)
      expect(open).toContain(id)
      expect(open).toEqual(open.toSorted())
      const [first = '', ...others] = open
      expect((await store().openProposals(1_000, first)).map((each) => each.id)).toEqual(others)
      const rejected = await store().changeProposal(actor, id, 'tested', { state: 'rejected', isOutdated: true })
      expect(rejected).toMatchObject({ state: 'rejected', isOutdated: true })
      expect((await store().openProposals(1_000, null)).map((each) => each.id)).not.toContain(id)
    })
  })

  describe('evidence', () => {
    it('is of one version, first what people said something of, with the texts', async () => {
      const prompt = unique('prompt')
      const now = Date.now()
      const bodies = { request: '{"a":1}', rendered: null, response: '{"b":2}', truncated: false }
      const record = (age: number, more = {}) =>
        exchangeRecord({ prompt, promptVersion: 1, bodies, ...more }, now - age * 1_000)
      const [old, newer, newest] = [record(30), record(20), record(10)]
      const long = record(40, { bodies: { ...bodies, response: 'x'.repeat(400_000) } })
      await subject().writer.write([
        old,
        long,
        newer,
        newest,
        record(5, { promptVersion: 2 }),
        record(4, { operation: 'embeddings' }),
        record(3, { tenantId: unique('tenant') }),
      ])
      await subject().stores.feedback.writeFeedback([
        said(old.requestId, { value: 5, comment: 'Good.' }),
        said(old.requestId, { name: 'thumbs', value: true }),
        said(long.requestId, { value: 1, at: now - 35_000 }),
      ])
      const range = { since: now - 60_000, most: 10 }
      const found = await store().evidence('default', prompt, 1, range)
      expect(found.map(({ requestId }) => requestId)).toEqual([
        old.requestId,
        long.requestId,
        newest.requestId,
        newer.requestId,
      ])
      expect(found[0]).toMatchObject({ bodies: { request: '{"a":1}', rendered: null, response: '{"b":2}' } })
      expect(found[0]?.feedback.map(({ name }) => name).sort()).toEqual(['rating', 'thumbs'])
      expect(found[0]?.unit).toBe(old.unit ?? null)
      const { usage } = old
      expect(found[0]?.tokens).toEqual(usage === null ? null : { input: usage.inputTokens, output: usage.outputTokens })
      // Texts are of what people said something of, unless they are long.
      expect(found[1]).toMatchObject({ bodies: null, feedback: [{ value: 1 }] })
      expect(found[2]).toMatchObject({ bodies: null, feedback: [] })
      expect(await store().evidence('default', prompt, 1, { ...range, most: 1 })).toHaveLength(1)
      expect(await store().evidence('default', prompt, 1, { since: now - 15_000, most: 10 })).toHaveLength(1)
      expect(await store().evidence('default', unique('none'), 1, range)).toEqual([])
    })
  })
}
