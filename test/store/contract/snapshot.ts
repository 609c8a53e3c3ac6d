import { describe, expect, it } from 'vitest'
import type { RouteValue, SnapshotChange } from '../../../src/snapshot/change.ts'
import type { SnapshotStore } from '../../../src/store/ports.ts'
import { versionHash } from '../../../src/store/version-hash.ts'
import { newKey } from './smaller.ts'
import { actor, Follower, metadata, promptWith, unique, versionBody, type GetSubject } from './subject.ts'

export function snapshotContract(subject: GetSubject): void {
  const store = () => subject().stores
  const snapshot = () => store().snapshot

  /** What one act tells the followers. */
  async function changesOf(act: () => Promise<unknown>): Promise<readonly SnapshotChange[]> {
    const before = await snapshot().head()
    await act()
    return (await snapshot().since(before)).changes
  }

  describe('the change feed', () => {
    it('is silent when nothing changed', async () => {
      const head = await snapshot().head()
      expect(await snapshot().since(head)).toEqual({ changes: [], head })
    })

    it('tells each write that a request can see, with the newest value', async () => {
      const slug = unique('prompt')
      const alias = unique('alias')
      const first = {
        number: 1,
        semver: '1.0.0',
        hash: versionHash(versionBody('one', { semver: '1.0.0' })),
        body: expect.any(String),
      }
      const second = {
        number: 2,
        semver: null,
        hash: versionHash(versionBody('two')),
        body: JSON.stringify(versionBody('two')),
      }
      const change = (value: object | null) => [{ noun: 'prompt', tenantId: 'default', id: slug, value }]
      const value = { tenantId: 'default', slug, aliases: [], category: null, labels: {}, versions: [first] }
      const asked = { ...metadata, slug, version: versionBody('one', { semver: '1.0.0' }), labels: [] }
      expect(await changesOf(() => store().prompts.create(actor, asked))).toEqual(change(value))
      expect(await changesOf(() => store().prompts.setLabel(actor, slug, 'production', 1, null))).toEqual(
        change({ ...value, labels: { production: 1 } }),
      )
      const both = { ...value, versions: [first, second] }
      expect(await changesOf(() => store().prompts.addVersion(actor, slug, versionBody('two')))).toEqual(
        change({ ...both, labels: { production: 1 } }),
      )
      await store().prompts.setLabel(actor, slug, 'production', 2, null)
      expect(await changesOf(() => store().prompts.rollback(actor, slug, 'production', null))).toEqual(
        change({ ...both, labels: { production: 1 } }),
      )
      expect(await changesOf(() => store().prompts.removeLabel(actor, slug, 'production', null))).toEqual(change(both))
      expect(await changesOf(() => store().prompts.change(actor, slug, { aliases: [alias] }))).toEqual(
        change({ ...both, aliases: [alias] }),
      )
      expect(await changesOf(() => store().prompts.archive(actor, slug))).toEqual(change(null))
      expect(await changesOf(() => store().prompts.setLabel(actor, slug, 'beta', 2, null))).toEqual(change(null))
      expect(await changesOf(() => store().prompts.restore(actor, slug))).toEqual(
        change({ ...both, aliases: [alias], labels: { beta: 2 } }),
      )
      const named = { ...both, aliases: [alias], labels: { beta: 2 } }
      expect(await changesOf(() => store().prompts.change(actor, slug, { category: 'mail' }))).toEqual(
        change({ ...named, category: 'mail' }),
      )
      expect(await changesOf(() => store().prompts.change(actor, slug, { category: null }))).toEqual(change(named))
    })

    it('says nothing of what changed nothing', async () => {
      const slug = await promptWith(store(), 1, { labels: ['production'] })
      const quiet = await changesOf(async () => {
        await store().prompts.setLabel(actor, slug, 'production', 1, null)
        await store().prompts.restore(actor, slug)
        await store().prompts.change(actor, slug, { description: 'A request never sees this.' })
        await expect(store().prompts.setLabel(actor, slug, 'production', 7, null)).rejects.toMatchObject({
          kind: 'not_found',
        })
        await expect(store().prompts.rollback(actor, slug, 'production', null)).rejects.toMatchObject({
          kind: 'conflict',
        })
      })
      expect(quiet).toEqual([])
    })

    it('tells of keys, credentials, models and routes', async () => {
      const asked = newKey({ expiresAt: 1_900_000_000_000 })
      const { prefix: _prefix, ...value } = asked
      expect(await changesOf(() => store().keys.create(actor, asked))).toEqual([{ noun: 'key', id: asked.id, value }])
      expect(await changesOf(() => store().keys.revoke(actor, asked.id))).toEqual([
        { noun: 'key', id: asked.id, value: null },
      ])
      expect(await changesOf(() => store().keys.revoke(actor, asked.id))).toEqual([])
      const provider = unique('provider')
      const credential = { provider, name: 'default', sealedApiKey: 'sealed', baseUrl: null }
      expect(await changesOf(() => store().credentials.put(actor, { ...credential, hint: 'abcd' }))).toEqual([
        { noun: 'credential', id: provider, value: credential },
      ])
      expect(await changesOf(() => store().credentials.remove(actor, credential))).toEqual([
        { noun: 'credential', id: provider, value: null },
      ])
      const further = { ...credential, name: 'second' }
      const id = `${provider}/second`
      expect(await changesOf(() => store().credentials.put(actor, { ...further, hint: null }))).toEqual([
        { noun: 'credential', id, value: further },
      ])
      expect(await changesOf(() => store().credentials.remove(actor, further))).toEqual([
        { noun: 'credential', id, value: null },
      ])
      const model = {
        id: `local/${unique('model')}`,
        aliases: [unique('alias')],
        prices: { input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 2 },
        facts: { successor: 'local/next' },
      }
      expect(await changesOf(() => store().models.put(actor, model))).toEqual([
        { noun: 'model', id: model.id, value: model },
      ])
      expect(await changesOf(() => store().models.remove(actor, model.id))).toEqual([
        { noun: 'model', id: model.id, value: null },
      ])
      const route: RouteValue = {
        slug: unique('route'),
        body: { strategy: 'ordered', targets: [{ model: 'mock/echo' }] },
      }
      expect(await changesOf(() => store().routes.put(actor, route))).toEqual([
        { noun: 'route', id: route.slug, value: route },
      ])
      expect(await changesOf(() => store().routes.remove(actor, route.slug))).toEqual([
        { noun: 'route', id: route.slug, value: null },
      ])
    })

    it('tells each thing once, however often it changed', async () => {
      const changes = await changesOf(async () => {
        const slug = await promptWith(store(), 5, { labels: ['production'] })
        for (const version of [2, 3, 4, 5]) await store().prompts.setLabel(actor, slug, 'production', version, null)
      })
      expect(changes).toHaveLength(1)
      expect(changes[0]).toMatchObject({ value: { labels: { production: 5 }, versions: { length: 5 } } })
    })

    it('misses nothing that many writers do while it is followed', async () => {
      const follower = new Follower()
      let head = await snapshot().head()
      const slugs = await Promise.all(Array.from({ length: 6 }, () => promptWith(store(), 1)))
      let writing = true
      const follow = async (): Promise<void> => {
        const next = await snapshot().since(head)
        expect(Number(next.head)).toBeGreaterThanOrEqual(Number(head))
        follower.apply(next.changes)
        head = next.head
      }
      const following = (async () => {
        while (writing) await follow()
      })()
      await Promise.all(
        slugs.flatMap((slug, writer) => [
          ...Array.from({ length: 8 }, async (_, index) => {
            const { version } = await store().prompts.addVersion(actor, slug, versionBody(`text ${index}`))
            await store().prompts.setLabel(actor, slug, `label-${index % 3}`, version, null)
          }),
          store().keys.create(actor, newKey({ id: `${slug}-key` })),
          store().prompts.create(actor, {
            ...metadata,
            slug: `${slug}-new`,
            version: versionBody(),
            labels: ['production'],
          }),
          writer % 2 === 0
            ? store().prompts.archive(actor, slug)
            : store().prompts.change(actor, slug, { aliases: [`${slug}-alias`] }),
        ]),
      )
      writing = false
      await following
      await follow()
      const truth = await everything(snapshot())
      for (const slug of slugs) {
        for (const key of [`prompt/default/${slug}`, `prompt/default/${slug}-new`, `key//${slug}-key`]) {
          expect(follower.values.get(key)).toEqual(truth.values.get(key))
        }
      }
      expect(follower.values.get(`prompt/default/${slugs[0]}`)).toBeUndefined()
      expect(follower.values.get(`prompt/default/${slugs[1]}`)).toMatchObject({
        versions: { length: 9 },
        aliases: [`${slugs[1]}-alias`],
      })
    })
  })

  describe('the full load', () => {
    it('is everything live, in batches of bounded size, each thing once', async () => {
      const archived = await promptWith(store(), 1)
      await store().prompts.archive(actor, archived)
      const revoked = await store().keys.create(actor, newKey())
      await store().keys.revoke(actor, revoked.id)
      const empty = await promptWith(store(), 0)
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      await store().prompts.create(
        { ...actor, tenantId },
        { ...metadata, slug: empty, version: versionBody(), labels: [] },
      )
      const names: string[] = []
      for await (const batch of snapshot().all()) {
        expect(batch.length).toBeLessThanOrEqual(500)
        for (const change of batch) {
          expect(change.value).not.toBeNull()
          names.push(`${change.noun}/${'tenantId' in change ? change.tenantId : ''}/${change.id}`)
        }
      }
      expect(new Set(names).size).toBe(names.length)
      expect(names).toContain(`prompt/default/${empty}`)
      expect(names).toContain(`prompt/${tenantId}/${empty}`)
      expect(names).not.toContain(`prompt/default/${archived}`)
      expect(names).not.toContain(`key//${revoked.id}`)
    })

    it('followed by the feed from the number read before it is the present state, whatever changed meanwhile', async () => {
      const slugs = await Promise.all(
        Array.from({ length: 4 }, () => promptWith(store(), 2, { labels: ['production'] })),
      )
      const head = await snapshot().head()
      const follower = new Follower()
      for await (const batch of snapshot().all()) {
        follower.apply(batch)
        for (const slug of slugs) await store().prompts.setLabel(actor, slug, 'production', 2, null)
        await store().prompts.archive(actor, slugs[0] ?? '')
      }
      follower.apply((await snapshot().since(head)).changes)
      expect(follower.values).toEqual((await everything(snapshot())).values)
      expect(follower.values.get(`prompt/default/${slugs[1]}`)).toMatchObject({ labels: { production: 2 } })
    })
  })
}

async function everything(snapshot: SnapshotStore): Promise<Follower> {
  const follower = new Follower()
  for await (const batch of snapshot.all()) follower.apply(batch)
  return follower
}
