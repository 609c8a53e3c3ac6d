import { describe, expect, it } from 'vitest'
import type { RouteBody } from '../../../src/contract/route-body.ts'
import type { StoredKey } from '../../../src/store/ports.ts'
import { actor, allPages, unique, type GetSubject } from './subject.ts'

export function newKey(more: Partial<StoredKey> = {}): Omit<StoredKey, 'createdAt' | 'createdBy' | 'revokedAt'> {
  const id = unique('key')
  return {
    id,
    tenantId: 'default',
    name: 'CI',
    hash: `hash of ${id}`,
    scopes: ['inference'],
    roles: [],
    expiresAt: null,
    prefix: 'pb-abc',
    ...more,
  }
}

/** Keys, credentials, models and routes: the smaller stores. */
export function smallerContract(subject: GetSubject): void {
  describe('keys', () => {
    const keys = () => subject().stores.keys

    it('are listed as they were created, newest first', async () => {
      const asked = newKey({ scopes: ['inference', 'admin'], roles: [], expiresAt: 1_900_000_000_123 })
      const created = await keys().create(actor, asked)
      expect(created).toEqual({ ...asked, createdAt: expect.any(Number), createdBy: actor.id, revokedAt: null })
      const later = await keys().create(actor, newKey())
      const listed = await allPages(50, (page) => keys().list('default', page))
      expect(listed.filter((key) => key.id === asked.id)).toEqual([created])
      expect(listed.map((key) => key.createdAt)).toEqual(
        listed.map((key) => key.createdAt).sort((left, right) => right - left),
      )
      expect(listed.map((key) => key.id)).toContain(later.id)
    })

    it('page through without skipping or repeating while new ones come', async () => {
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      const made = await Promise.all(
        Array.from({ length: 9 }, () => keys().create({ ...actor, tenantId }, newKey({ tenantId }))),
      )
      const seen = await allPages(
        2,
        (page) => keys().list(tenantId, page),
        async () => void (await keys().create({ ...actor, tenantId }, newKey({ tenantId }))),
      )
      const ids = seen.map((key) => key.id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids).toEqual(expect.arrayContaining(made.map((key) => key.id)))
    })

    it('refuse a cursor they did not give', async () => {
      const beyond = Buffer.from(JSON.stringify(['keys', Number.MAX_SAFE_INTEGER, 'x'])).toString('base64url')
      for (const cursor of ['nonsense', beyond]) {
        await expect(keys().list('default', { limit: 1, cursor })).rejects.toMatchObject({
          kind: 'invalid_request',
          param: 'cursor',
        })
      }
    })

    it('are revoked once; twice is no error', async () => {
      const { id } = await keys().create(actor, newKey())
      const revoked = await keys().revoke(actor, id)
      expect(revoked).toMatchObject({ id, revokedAt: expect.any(Number) })
      expect(await keys().revoke(actor, id)).toEqual(revoked)
      await expect(keys().revoke(actor, unique('none'))).rejects.toMatchObject({ kind: 'not_found' })
    })

    it('have an id and a hash of their own', async () => {
      const first = await keys().create(actor, newKey())
      await expect(keys().create(actor, newKey({ id: first.id }))).rejects.toMatchObject({
        kind: 'conflict',
        param: 'id',
      })
      await expect(keys().create(actor, newKey({ hash: first.hash }))).rejects.toMatchObject({
        kind: 'conflict',
        param: 'hash',
      })
    })

    it('belong to one tenant', async () => {
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      const { id } = await keys().create(actor, newKey())
      await expect(keys().revoke({ ...actor, tenantId }, id)).rejects.toMatchObject({ kind: 'not_found' })
      expect((await keys().list(tenantId, { limit: 10 })).data).toEqual([])
    })
  })

  describe('credentials', () => {
    const credentials = () => subject().stores.credentials

    it('are put, replaced, listed and removed', async () => {
      const provider = unique('provider')
      const put = { provider, name: 'default', sealedApiKey: 'sealed', hint: 'wxyz', baseUrl: null }
      const first = await credentials().put(actor, put)
      expect(first).toEqual({ ...put, updatedAt: expect.any(Number), updatedBy: actor.id })
      const second = await credentials().put(actor, {
        provider,
        name: 'default',
        sealedApiKey: null,
        hint: null,
        baseUrl: 'http://127.0.0.1:1/v1',
      })
      expect((await credentials().list()).filter((credential) => credential.provider === provider)).toEqual([second])
      await credentials().remove(actor, { provider, name: 'default' })
      expect((await credentials().list()).map((credential) => credential.provider)).not.toContain(provider)
      await expect(credentials().remove(actor, { provider, name: 'default' })).rejects.toMatchObject({
        kind: 'not_found',
        param: 'provider',
      })
    })

    it('of one provider have names: the default one first, each put and removed alone', async () => {
      const provider = unique('provider')
      const put = (name: string) =>
        credentials().put(actor, { provider, name, sealedApiKey: `sealed ${name}`, hint: null, baseUrl: null })
      const names = async () =>
        (await credentials().list()).filter((each) => each.provider === provider).map(({ name }) => name)
      for (const name of ['zone-b', 'default', 'zone_a', 'a', '2', 'zone-b']) await put(name)
      expect(await names()).toEqual(['default', '2', 'a', 'zone-b', 'zone_a'])
      await credentials().remove(actor, { provider, name: 'default' })
      await credentials().remove(actor, { provider, name: 'a' })
      expect(await names()).toEqual(['2', 'zone-b', 'zone_a'])
      await expect(credentials().remove(actor, { provider, name: 'a' })).rejects.toMatchObject({
        kind: 'not_found',
        param: 'name',
      })
    })
  })

  describe('models', () => {
    const models = () => subject().stores.models

    it('are put, replaced, listed and removed', async () => {
      const id = `local/${unique('model')}`
      const prices = {
        input_usd_per_million_tokens: 0.15,
        output_usd_per_million_tokens: 0.6000001,
        cache_read_usd_per_million_tokens: 1e-7,
      }
      const alias = unique('alias')
      const facts = { context_window: 128_000, capabilities: { tools: true, vision: false }, sunset_at: '2027-01-31' }
      const said = { id, aliases: [alias], prices, facts }
      expect(await models().put(actor, said)).toEqual(said)
      expect((await models().list()).filter((model) => model.id === id)).toEqual([said])
      const nothing = { id, aliases: [], prices: null, facts: null }
      expect(await models().put(actor, nothing)).toEqual(nothing)
      expect((await models().list()).filter((model) => model.id === id)).toEqual([nothing])
      await models().remove(actor, id)
      await expect(models().remove(actor, id)).rejects.toMatchObject({ kind: 'not_found' })
    })

    it('never share a name', async () => {
      const [id, alias] = [`local/${unique('model')}`, unique('alias')]
      await models().put(actor, { id, aliases: [alias], prices: null, facts: null })
      const other = `local/${unique('model')}`
      await expect(
        models().put(actor, { id: other, aliases: [alias], prices: null, facts: null }),
      ).rejects.toMatchObject({
        kind: 'conflict',
        param: 'aliases',
      })
      await expect(models().put(actor, { id: other, aliases: [id], prices: null, facts: null })).rejects.toMatchObject({
        kind: 'conflict',
        param: 'aliases',
      })
      await expect(models().put(actor, { id: alias, aliases: [], prices: null, facts: null })).rejects.toMatchObject({
        kind: 'conflict',
        param: 'id',
      })
      const rivals = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          models().put(actor, { id: `${other}-${index}`, aliases: [`${other}-rival`], prices: null, facts: null }),
        ),
      )
      expect(rivals.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    })
  })

  describe('routes', () => {
    const routes = () => subject().stores.routes
    const to = (...models: readonly string[]): RouteBody => ({
      strategy: 'ordered',
      targets: models.map((model) => ({ model })),
    })

    it('are put, replaced, found, listed and removed', async () => {
      const slug = unique('route')
      const body: RouteBody = {
        description: 'Cheap first.',
        strategy: 'weighted',
        sticky: true,
        targets: [
          { model: 'openai/gpt-4o-mini', weight: 0.5, when: { needs: ['tools'], metadata: { team: ['a', 'b'] } } },
          { model: 'mock/echo', weight: 0 },
        ],
      }
      const put = await routes().put(actor, { slug, body })
      expect(put).toEqual({ slug, body, updatedAt: expect.any(Number), updatedBy: actor.id })
      expect(await routes().find('default', slug)).toEqual(put)
      const replaced = await routes().put(actor, { slug, body: to('mock/echo') })
      const listed = await routes().list('default')
      expect(listed.filter((route) => route.slug === slug)).toEqual([replaced])
      const slugs = listed.map((route) => route.slug)
      expect(slugs).toEqual([...slugs].sort())
      await routes().remove(actor, slug)
      expect(await routes().find('default', slug)).toBeNull()
      await expect(routes().remove(actor, slug)).rejects.toMatchObject({ kind: 'not_found', param: 'slug' })
    })

    it('never lead in a circle', async () => {
      const [one, two, three] = [unique('one'), unique('two'), unique('three')]
      await expect(routes().put(actor, { slug: one, body: to('mock/echo', one) })).rejects.toMatchObject({
        kind: 'conflict',
        code: 'route_cycle',
        message: expect.stringContaining(`${one} → ${one}`),
      })
      await routes().put(actor, { slug: one, body: to(two) })
      await routes().put(actor, { slug: two, body: to('mock/echo', three) })
      const closing = routes().put(actor, { slug: three, body: to(one) })
      await expect(closing).rejects.toMatchObject({
        code: 'route_cycle',
        message: expect.stringContaining(`${three} → ${one} → ${two} → ${three}`),
      })
      expect(await routes().find('default', three)).toBeNull()
    })

    it('never lead in a circle that several writers close together', async () => {
      const slugs = Array.from({ length: 6 }, () => unique('rival'))
      const results = await Promise.allSettled(
        slugs.map((slug, index) => routes().put(actor, { slug, body: to(slugs[(index + 1) % slugs.length] ?? slug) })),
      )
      expect(results.filter((result) => result.status === 'rejected')).toHaveLength(1)
    })

    it('belong to one tenant', async () => {
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      const slug = unique('route')
      await routes().put(actor, { slug, body: to('mock/echo') })
      expect(await routes().list(tenantId)).toEqual([])
      expect(await routes().find(tenantId, slug)).toBeNull()
      await expect(routes().remove({ ...actor, tenantId }, slug)).rejects.toMatchObject({ kind: 'not_found' })
    })
  })
}
