import { describe, expect, it } from 'vitest'
import type { GuardrailBody } from '../../../src/contract/guardrail-body.ts'
import type { Actor } from '../../../src/store/ports.ts'
import { mostGuardrails } from '../../../src/store/guardrail-port.ts'
import type { VersionBody } from '../../../src/prompts/compiled-version.ts'
import { actor, metadata, unique, versionBody, type GetSubject } from './subject.ts'

export function guardrailBody(more: Partial<GuardrailBody> = {}): GuardrailBody {
  return {
    type: 'keywords',
    stages: ['input', 'output'],
    action: 'flag',
    severity: 'warning',
    mode: 'enforce',
    settings: { words: ['ü', 'b'], nested: { z: 1, a: [null, true, 1.5] } },
    order: 100,
    enabled: true,
    ...more,
  }
}

/** Guardrails, without what they said. */
export function guardrailsContract(subject: GetSubject): void {
  const guardrails = () => subject().stores.guardrails

  async function newTenant(): Promise<Actor> {
    const tenantId = unique('tenant')
    await subject().addTenant(tenantId)
    return { ...actor, tenantId }
  }
  async function changesOf(act: () => Promise<unknown>) {
    const { snapshot } = subject().stores
    const before = await snapshot.head()
    await act()
    return (await snapshot.since(before)).changes
  }
  const changeOf = ({ tenantId }: Actor, slug: string, body: GuardrailBody | null) => ({
    noun: 'guardrail',
    tenantId,
    id: slug,
    value: body === null ? null : { tenantId, slug, body },
  })

  describe('guardrails', () => {
    it('are made with who and when, and found as they were', async () => {
      const slug = unique('guardrail')
      const body = guardrailBody({ name: 'Words', scope: { categories: ['Support'] }, enabled: false })
      const made = await guardrails().create(actor, { slug, body })
      const by = {
        createdAt: expect.any(Number),
        createdBy: 'key-1',
        updatedAt: expect.any(Number),
        updatedBy: 'key-1',
      }
      expect(made).toEqual({ tenantId: 'default', slug, body, ...by })
      expect(await guardrails().find('default', slug)).toEqual(made)
      expect(await guardrails().find('default', unique('nobody'))).toBeNull()
    })

    it('are refused a slug that is taken, and get it when the other one is gone', async () => {
      const slug = unique('guardrail')
      await guardrails().create(actor, { slug, body: guardrailBody() })
      await expect(guardrails().create(actor, { slug, body: guardrailBody() })).rejects.toMatchObject({
        kind: 'conflict',
        param: 'slug',
      })
      await guardrails().remove(actor, slug)
      expect(await guardrails().find('default', slug)).toBeNull()
      await expect(guardrails().remove(actor, slug)).rejects.toMatchObject({ kind: 'not_found', param: 'slug' })
      await guardrails().create(actor, { slug, body: guardrailBody() })
    })

    it('are changed from what they are, also by many at once', async () => {
      const slug = unique('guardrail')
      await guardrails().create(actor, { slug, body: guardrailBody({ order: 0 }) })
      const other: Actor = { ...actor, id: 'key-2' }
      await Promise.all(
        Array.from({ length: 8 }, () =>
          guardrails().change(other, slug, (before) => ({ ...before, order: before.order + 1 })),
        ),
      )
      const found = await guardrails().find('default', slug)
      expect(found).toMatchObject({ body: { order: 8 }, createdBy: 'key-1', updatedBy: 'key-2' })
    })

    it('stay as they are when the change throws, changes nothing, or is of one that is not there', async () => {
      const slug = unique('guardrail')
      const made = await guardrails().create(actor, { slug, body: guardrailBody() })
      const quiet = await changesOf(async () => {
        const refuse = () => {
          throw new RangeError('not like this')
        }
        await expect(guardrails().change(actor, slug, refuse)).rejects.toThrow('not like this')
        const same = await guardrails().change({ ...actor, id: 'key-2' }, slug, (before) => {
          // Members in another order are the same body.
          const { settings, ...rest } = before
          return { settings, ...rest }
        })
        expect(same).toEqual(made)
      })
      expect(quiet).toEqual([])
      expect(await guardrails().find('default', slug)).toEqual(made)
      await expect(guardrails().change(actor, unique('nobody'), (before) => before)).rejects.toMatchObject({
        kind: 'not_found',
      })
    })

    it('are not what the caller goes on changing', async () => {
      const slug = unique('guardrail')
      const words = ['one']
      await guardrails().create(actor, { slug, body: guardrailBody({ settings: { words } }) })
      words.push('two')
      expect((await guardrails().find('default', slug))?.body.settings).toEqual({ words: ['one'] })
    })

    it('are listed by order, then slug, of one tenant', async () => {
      const mine = await newTenant()
      const slugs = [
        ['b', 100],
        ['a-b', 100],
        ['a', 100],
        ['z', 1],
        ['a_b', 100],
      ] as const
      for (const [slug, order] of slugs) await guardrails().create(mine, { slug, body: guardrailBody({ order }) })
      const listed = await guardrails().list(mine.tenantId)
      expect(listed.map(({ slug }) => slug)).toEqual(['z', 'a', 'a-b', 'a_b', 'b'])
      const other = await newTenant()
      expect(await guardrails().list(other.tenantId)).toEqual([])
      expect(await guardrails().find(other.tenantId, 'a')).toBeNull()
      for (const act of [
        () => guardrails().change(other, 'a', (before) => before),
        () => guardrails().remove(other, 'a'),
      ]) {
        await expect(act()).rejects.toMatchObject({ kind: 'not_found' })
      }
      await guardrails().create(other, { slug: 'a', body: guardrailBody() })
    })

    it('are no more than a tenant may have, also with many writers', async () => {
      const mine = await newTenant()
      await guardrails().seed(
        mine.tenantId,
        Array.from({ length: mostGuardrails - 2 }, (_, index) => ({ slug: `g${index}`, body: guardrailBody() })),
      )
      const results = await Promise.allSettled(
        ['a', 'b', 'c', 'd', 'e'].map((slug) => guardrails().create(mine, { slug, body: guardrailBody() })),
      )
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
      expect(refused).toHaveLength(3)
      for (const reason of refused) expect(reason).toMatchObject({ kind: 'conflict', code: 'too_many_guardrails' })
      expect(await guardrails().list(mine.tenantId)).toHaveLength(mostGuardrails)
    })

    it('know the versions with a label that ask for them, of prompts that are not archived', async () => {
      const mine = await newTenant()
      const { prompts } = subject().stores
      const asking = (...asked: VersionBody['guardrails'] & object) => versionBody('Hi', { guardrails: asked })
      const make = (slug: string, version: VersionBody, labels: readonly string[] = ['production']) =>
        prompts.create(mine, { ...metadata, slug, version, labels })
      await make('b', asking('words', 'other'), ['production', 'beta'])
      await make('a', asking({ guardrail: 'words', action: 'block' }))
      await make('unlabelled', asking('words'), [])
      await make('other', asking('wordsmith', 'other'))
      await make('says-it', versionBody('The guardrail is called "words".\u0000'))
      await make('archived', asking('words'))
      await prompts.archive(mine, 'archived')
      await prompts.addVersion(mine, 'b', versionBody('Without'))
      await prompts.setLabel(mine, 'b', 'beta', 2, null)
      await prompts.addVersion(mine, 'b', asking('words'))
      await prompts.setLabel(mine, 'b', 'next', 3, null)
      expect(await guardrails().pins(mine.tenantId, 'words')).toEqual([
        { prompt: 'a', version: 1, labels: ['production'] },
        { prompt: 'b', version: 1, labels: ['production'] },
        { prompt: 'b', version: 3, labels: ['next'] },
      ])
      expect(await guardrails().pins(mine.tenantId, 'nobody')).toEqual([])
      expect(await guardrails().pins((await newTenant()).tenantId, 'words')).toEqual([])
    })

    it('with a text that cannot be stored are refused, and the field is named', async () => {
      const slug = unique('guardrail')
      for (const text of ['a\0b', '\ud800']) {
        const body = guardrailBody({ settings: { words: [text] } })
        const refusal = { kind: 'invalid_request', param: 'settings' }
        await expect(guardrails().create(actor, { slug, body })).rejects.toMatchObject(refusal)
        const kept = unique('guardrail')
        await guardrails().create(actor, { slug: kept, body: guardrailBody() })
        await expect(guardrails().change(actor, kept, () => body)).rejects.toMatchObject(refusal)
      }
      expect(await guardrails().find('default', slug)).toBeNull()
    })

    it('are seeded once: what was removed, changed or made by hand stays as people left it', async () => {
      const mine = await newTenant()
      const seeds = ['one', 'two', 'three'].map((slug) => ({ slug, body: guardrailBody({ name: slug }) }))
      await guardrails().create(mine, { slug: 'three', body: guardrailBody({ name: 'by hand' }) })
      expect(await guardrails().seed(mine.tenantId, seeds)).toBe(2)
      expect(await guardrails().find(mine.tenantId, 'one')).toMatchObject({ createdBy: 'seed', updatedBy: 'seed' })
      await guardrails().remove(mine, 'one')
      await guardrails().change(mine, 'two', (before) => ({ ...before, enabled: false }))
      await guardrails().remove(mine, 'three')
      expect(await changesOf(() => guardrails().seed(mine.tenantId, seeds))).toEqual([])
      expect((await guardrails().list(mine.tenantId)).map(({ slug, body }) => [slug, body.enabled])).toEqual([
        ['two', false],
      ])
      const later = [...seeds, { slug: 'four', body: guardrailBody() }]
      expect(await guardrails().seed(mine.tenantId, later)).toBe(1)
    })

    it('are seeded once by many at once', async () => {
      const mine = await newTenant()
      const seeds = ['one', 'two', 'three'].map((slug) => ({ slug, body: guardrailBody() }))
      const made = await Promise.all([1, 2, 3, 4].map(() => guardrails().seed(mine.tenantId, seeds)))
      expect(made.reduce((sum, number) => sum + number, 0)).toBe(3)
    })

    it('tell the feed every change, with the newest value', async () => {
      const mine = await newTenant()
      const body = guardrailBody()
      const off = guardrailBody({ enabled: false })
      const create = () => guardrails().create(mine, { slug: 'words', body })
      expect(await changesOf(create)).toEqual([changeOf(mine, 'words', body)])
      expect(await changesOf(() => guardrails().change(mine, 'words', () => off))).toEqual([
        changeOf(mine, 'words', off),
      ])
      const seeds = [{ slug: 'seeded', body }]
      expect(await changesOf(() => guardrails().seed(mine.tenantId, seeds))).toEqual([changeOf(mine, 'seeded', body)])
      const all = []
      for await (const batch of subject().stores.snapshot.all()) all.push(...batch)
      expect(all.filter((each) => each.noun === 'guardrail' && each.tenantId === mine.tenantId)).toEqual(
        expect.arrayContaining([changeOf(mine, 'words', off), changeOf(mine, 'seeded', body)]),
      )
      expect(await changesOf(() => guardrails().remove(mine, 'words'))).toEqual([changeOf(mine, 'words', null)])
    })
  })
}
