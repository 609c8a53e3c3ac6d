import { describe, expect, it } from 'vitest'
import { newRequestId } from '../../../src/core/ids.ts'
import type { NewTestRun } from '../../../src/store/ports.ts'
import { actor, allPages, promptWith, unique, type GetSubject } from './subject.ts'

function newRun(slug: string, more: Partial<NewTestRun> = {}): NewTestRun {
  return {
    id: newRequestId(),
    slug,
    version: 1,
    passed: false,
    score: 0.6000000000000001,
    threshold: 0.8,
    complete: true,
    trigger: 'demand',
    costUsd: 1.5e-7,
    cases: [
      {
        name: 'polite',
        passed: false,
        output: 'Good day.',
        checks: [{ type: 'contains', passed: false, detail: 'contains: the answer does not contain "refund"' }],
        error: null,
        askedModel: null,
        model: 'mock/echo',
        requestId: newRequestId(),
        costUsd: null,
        latencyMs: 12.5,
      },
    ],
    ...more,
  }
}

/** Runs of test cases. */
export function testRunsContract(subject: GetSubject): void {
  describe('test runs', () => {
    const runs = () => subject().stores.testRuns
    const prompt = (versions = 1) => promptWith(subject().stores, versions)
    const add = (run: NewTestRun, keep = 50) => runs().add(actor, run, keep)

    it('are kept whole, and listed without what is large', async () => {
      const run = newRun(await prompt())
      const kept = await add(run)
      expect(kept).toEqual({ ...run, createdBy: actor.id, createdAt: expect.any(Number) })
      expect(await runs().find('default', run.slug, run.id)).toEqual(kept)
      const { cases: _cases, threshold: _threshold, ...row } = kept
      expect(await runs().list('default', run.slug, { limit: 10 })).toEqual({ data: [row], nextCursor: null })
      expect(await runs().newestComplete('default', run.slug, 1)).toEqual(row)
    })

    it('need a version', async () => {
      const slug = await prompt()
      await expect(add(newRun(slug, { version: 2 }))).rejects.toMatchObject({ kind: 'not_found', param: 'version' })
      await expect(add(newRun(unique('none')))).rejects.toMatchObject({ kind: 'not_found' })
      expect(await runs().find('default', slug, newRequestId())).toBeNull()
      expect(await runs().list('default', unique('none'), { limit: 5 })).toEqual({ data: [], nextCursor: null })
    })

    it('are kept whatever an answer said', async () => {
      const [first] = newRun('any').cases
      if (first === undefined) throw new Error('there is no case')
      const cases = [{ ...first, output: 'a\0b \ud800 c 😀', error: '\0' }]
      const kept = await add(newRun(await prompt(), { cases, costUsd: null }))
      expect(kept.cases[0]).toMatchObject({ output: 'a\ufffdb \ufffd c 😀', error: '\ufffd' })
      expect(await runs().find('default', kept.slug, kept.id)).toEqual(kept)
    })

    it('page through newest first, of one version or of all', async () => {
      const slug = await prompt(2)
      const made: string[] = []
      for (const version of [1, 2, 1, 1, 2]) made.unshift((await add(newRun(slug, { version }))).id)
      const pages = (version?: number) => allPages(2, (page) => runs().list('default', slug, { ...page, version }))
      expect((await pages()).map(({ id }) => id)).toEqual(made)
      expect((await pages(2)).map(({ id }) => id)).toEqual([made[0], made[3]])
      await expect(runs().list('default', slug, { limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({
        kind: 'invalid_request',
        param: 'cursor',
      })
    })

    it('are as many of each version as are to be kept, and the newest complete one besides', async () => {
      const slug = await prompt(2)
      const other = await add(newRun(slug, { version: 2 }), 2)
      await add(newRun(slug), 2)
      const proof = await add(newRun(slug, { score: 1, passed: true }), 2)
      const partial: string[] = []
      for (let count = 0; count < 4; count++) partial.unshift((await add(newRun(slug, { complete: false }), 2)).id)
      const left = (await runs().list('default', slug, { limit: 50, version: 1 })).data.map(({ id }) => id)
      expect(left).toEqual([...partial.slice(0, 2), proof.id])
      expect(await runs().newestComplete('default', slug, 1)).toMatchObject({ id: proof.id, score: 1, passed: true })
      expect(await runs().newestComplete('default', slug, 2)).toMatchObject({ id: other.id })
      const next = await add(newRun(slug, { score: 0 }), 2)
      expect(await runs().newestComplete('default', slug, 1)).toMatchObject({ id: next.id, score: 0 })
      expect(await runs().find('default', slug, proof.id)).toBeNull()
    })

    it('that are not complete open nothing', async () => {
      const slug = await prompt()
      await add(newRun(slug, { complete: false, passed: true, score: 1 }))
      expect(await runs().newestComplete('default', slug, 1)).toBeNull()
    })

    it('belong to one tenant', async () => {
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      const run = await add(newRun(await prompt()))
      expect(await runs().find(tenantId, run.slug, run.id)).toBeNull()
      expect(await runs().newestComplete(tenantId, run.slug, 1)).toBeNull()
      expect((await runs().list(tenantId, run.slug, { limit: 5 })).data).toEqual([])
      await expect(runs().add({ ...actor, tenantId }, newRun(run.slug), 5)).rejects.toMatchObject({ kind: 'not_found' })
    })
  })
}
