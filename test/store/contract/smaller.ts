import { describe, expect, it } from 'vitest'
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
    expiresAt: null,
    prefix: 'pb-abc',
    ...more,
  }
}

/** Keys, credentials and models: the smaller stores. */
export function smallerContract(subject: GetSubject): void {
  describe('keys', () => {
    const keys = () => subject().stores.keys

    it('are listed as they were created, newest first', async () => {
      const asked = newKey({ scopes: ['inference', 'admin'], expiresAt: 1_900_000_000_123 })
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
      const first = await credentials().put(actor, { provider, sealedApiKey: 'sealed', hint: 'wxyz', baseUrl: null })
      expect(first).toEqual({
        provider,
        sealedApiKey: 'sealed',
        hint: 'wxyz',
        baseUrl: null,
        updatedAt: expect.any(Number),
        updatedBy: actor.id,
      })
      const second = await credentials().put(actor, {
        provider,
        sealedApiKey: null,
        hint: null,
        baseUrl: 'http://127.0.0.1:1/v1',
      })
      expect((await credentials().list()).filter((credential) => credential.provider === provider)).toEqual([second])
      await credentials().remove(actor, provider)
      expect((await credentials().list()).map((credential) => credential.provider)).not.toContain(provider)
      await expect(credentials().remove(actor, provider)).rejects.toMatchObject({ kind: 'not_found' })
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
      expect(await models().put(actor, { id, aliases: [alias], prices })).toEqual({ id, aliases: [alias], prices })
      expect((await models().list()).filter((model) => model.id === id)).toEqual([{ id, aliases: [alias], prices }])
      expect(await models().put(actor, { id, aliases: [], prices: null })).toEqual({ id, aliases: [], prices: null })
      expect((await models().list()).filter((model) => model.id === id)).toEqual([{ id, aliases: [], prices: null }])
      await models().remove(actor, id)
      await expect(models().remove(actor, id)).rejects.toMatchObject({ kind: 'not_found' })
    })

    it('never share a name', async () => {
      const [id, alias] = [`local/${unique('model')}`, unique('alias')]
      await models().put(actor, { id, aliases: [alias], prices: null })
      const other = `local/${unique('model')}`
      await expect(models().put(actor, { id: other, aliases: [alias], prices: null })).rejects.toMatchObject({
        kind: 'conflict',
        param: 'aliases',
      })
      await expect(models().put(actor, { id: other, aliases: [id], prices: null })).rejects.toMatchObject({
        kind: 'conflict',
        param: 'aliases',
      })
      await expect(models().put(actor, { id: alias, aliases: [], prices: null })).rejects.toMatchObject({
        kind: 'conflict',
        param: 'id',
      })
      const rivals = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          models().put(actor, { id: `${other}-${index}`, aliases: [`${other}-rival`], prices: null }),
        ),
      )
      expect(rivals.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    })
  })
}
