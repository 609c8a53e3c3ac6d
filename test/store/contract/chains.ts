import { describe, expect, it } from 'vitest'
import type { ChainBody } from '../../../src/contract/chain-body.ts'
import type { NewChain, NewChainVersion } from '../../../src/store/chain-port.ts'
import type { Actor } from '../../../src/store/ports.ts'
import { actor, allPages, unique, type GetSubject } from './subject.ts'

const bodyOf = (prompt: string): ChainBody => ({
  steps: [{ name: 'only', prompt, variables: { text: '{{input.text}}', ü: [1, null, { z: 1, a: 2 }] } }],
  budget: { usd: 0.5 },
})

function newChain(more: Partial<NewChain> = {}): NewChain {
  return { slug: unique('chain'), name: 'Triage', description: null, body: bodyOf('one'), changeNote: 'first', ...more }
}

const version = (more: Partial<NewChainVersion> = {}): NewChainVersion => ({
  body: bodyOf('two'),
  changeNote: null,
  activate: true,
  ...more,
})

/** Chains and their versions. */
export function chainsContract(subject: GetSubject): void {
  const chains = () => subject().stores.chains

  async function newTenant(): Promise<Actor> {
    const tenantId = unique('tenant')
    await subject().addTenant(tenantId)
    return { ...actor, tenantId }
  }

  describe('chains', () => {
    it('are created with a first version, which is active', async () => {
      const asked = newChain()
      const created = await chains().create(actor, asked)
      expect(created).toEqual({
        tenantId: 'default',
        slug: asked.slug,
        name: 'Triage',
        description: null,
        latestVersion: 1,
        activeVersion: 1,
        createdAt: expect.any(Number),
        updatedAt: expect.any(Number),
        archivedAt: null,
      })
      expect(await chains().find('default', asked.slug)).toEqual(created)
      expect(await chains().version('default', asked.slug, 1)).toEqual({
        slug: asked.slug,
        version: 1,
        body: asked.body,
        changeNote: 'first',
        createdBy: actor.id,
        createdAt: expect.any(Number),
      })
    })

    it('are refused a slug that is taken, also by an archived one', async () => {
      const asked = newChain()
      await chains().create(actor, asked)
      await expect(chains().create(actor, asked)).rejects.toMatchObject({ kind: 'conflict', param: 'slug' })
      await chains().archive(actor, asked.slug, null)
      await expect(chains().create(actor, asked)).rejects.toMatchObject({ kind: 'conflict' })
    })

    it('get versions that never change, active at once or later', async () => {
      const { slug } = await chains().create(actor, newChain({ description: 'as it was' }))
      const second = await chains().addVersion(actor, slug, version({ name: 'Renamed' }))
      expect(second).toMatchObject({
        version: 2,
        chain: { name: 'Renamed', description: 'as it was', latestVersion: 2, activeVersion: 2 },
      })
      const third = await chains().addVersion(actor, slug, version({ activate: false, description: null }))
      expect(third).toMatchObject({
        version: 3,
        chain: { name: 'Renamed', description: null, latestVersion: 3, activeVersion: 2 },
      })
      const listed = await allPages(2, (page) => chains().versions('default', slug, page))
      expect(listed.map((each) => [each.version, each.body.steps[0]?.prompt])).toEqual([
        [3, 'two'],
        [2, 'two'],
        [1, 'one'],
      ])
    })

    it('number their versions without gaps, also with many writers', async () => {
      const { slug } = await chains().create(actor, newChain())
      const made = await Promise.all(Array.from({ length: 8 }, () => chains().addVersion(actor, slug, version())))
      expect(made.map((each) => each.version).sort((left, right) => left - right)).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
      expect((await chains().find('default', slug))?.latestVersion).toBe(9)
    })

    it('serve an earlier version again', async () => {
      const { slug } = await chains().create(actor, newChain())
      await chains().addVersion(actor, slug, version())
      expect(await chains().activate(actor, slug, 1, 'slow')).toMatchObject({ activeVersion: 1, latestVersion: 2 })
      for (const number of [3, 0, -1, 2 ** 31, 1.5]) {
        await expect(chains().activate(actor, slug, number, null)).rejects.toMatchObject({ kind: 'not_found' })
        expect(await chains().version('default', slug, number)).toBeNull()
      }
    })

    it('are archived and restored; twice is no error', async () => {
      const { slug } = await chains().create(actor, newChain())
      const archived = await chains().archive(actor, slug, 'old')
      expect(archived.archivedAt).toEqual(expect.any(Number))
      expect((await chains().archive(actor, slug, null)).archivedAt).toBe(archived.archivedAt)
      expect((await chains().restore(actor, slug, null)).archivedAt).toBeNull()
      expect((await chains().restore(actor, slug, null)).archivedAt).toBeNull()
    })

    it('are listed by slug, live ones and archived ones apart, of one tenant', async () => {
      const other = await newTenant()
      const slugs = ['b.x', 'a_x', 'b-x', 'a', 'c1']
      for (const slug of slugs) await chains().create(other, newChain({ slug }))
      await chains().archive(other, 'c1', null)
      const list = (archived: boolean) =>
        allPages(2, (page) => chains().list(other.tenantId, { ...page, archived })).then((rows) =>
          rows.map(({ slug }) => slug),
        )
      expect(await list(false)).toEqual(['a', 'a_x', 'b-x', 'b.x'])
      expect(await list(true)).toEqual(['c1'])
      await expect(
        chains().list(other.tenantId, { limit: 1, archived: false, cursor: 'nonsense' }),
      ).rejects.toMatchObject({ kind: 'invalid_request', param: 'cursor' })
    })

    it('of another tenant are not there', async () => {
      const other = await newTenant()
      const { slug } = await chains().create(actor, newChain())
      expect(await chains().find(other.tenantId, slug)).toBeNull()
      expect(await chains().version(other.tenantId, slug, 1)).toBeNull()
      const page = { limit: 5 }
      for (const act of [
        () => chains().versions(other.tenantId, slug, page),
        () => chains().addVersion(other, slug, version()),
        () => chains().activate(other, slug, 1, null),
        () => chains().archive(other, slug, null),
        () => chains().restore(other, slug, null),
      ]) {
        await expect(act()).rejects.toMatchObject({ kind: 'not_found' })
      }
      expect((await chains().create(other, newChain({ slug }))).tenantId).toBe(other.tenantId)
    })

    it('tell the feed all that a request can see, with the newest value', async () => {
      const { snapshot } = subject().stores
      const changesOf = async (act: () => Promise<unknown>) => {
        const before = await snapshot.head()
        await act()
        return (await snapshot.since(before)).changes
      }
      const asked = newChain()
      const { slug } = asked
      const first = { number: 1, body: JSON.stringify(asked.body) }
      const second = { number: 2, body: JSON.stringify(bodyOf('two')) }
      const value = { tenantId: 'default', slug, activeVersion: 1, versions: [first] }
      const change = (now: object | null) => [{ noun: 'chain', tenantId: 'default', id: slug, value: now }]
      expect(await changesOf(() => chains().create(actor, asked))).toEqual(change(value))
      expect(await changesOf(() => chains().addVersion(actor, slug, version({ activate: false })))).toEqual(
        change({ ...value, versions: [first, second] }),
      )
      const both = { ...value, activeVersion: 2, versions: [first, second] }
      expect(await changesOf(() => chains().activate(actor, slug, 2, null))).toEqual(change(both))
      expect(await changesOf(() => chains().activate(actor, slug, 2, null))).toEqual([])
      const all = []
      for await (const batch of snapshot.all()) all.push(...batch)
      expect(all.filter((each) => each.noun === 'chain' && each.id === slug)).toEqual(change(both))
      expect(await changesOf(() => chains().archive(actor, slug, null))).toEqual(change(null))
      expect(await changesOf(() => chains().restore(actor, slug, null))).toEqual(change(both))
    })
  })
}
