import { describe, expect, it } from 'vitest'
import { builtInOwner } from '../../../src/contract/template.ts'
import type { Actor, TemplateFilter, TemplateRow, TemplateValue } from '../../../src/store/ports.ts'
import { rankOf } from '../../../src/store/ports.ts'
import { actor, allPages, unique, versionBody, type GetSubject } from './subject.ts'

export const templateValue: TemplateValue = {
  name: 'Refund reply',
  description: 'Answers somebody who wants their money back.',
  category: 'support',
  useCase: 'email',
  domain: 'retail',
  complexity: 'low',
  tags: ['refund'],
  recommendedModels: [{ model: 'mock/echo', why: 'Costs nothing.' }],
  recommendedSettings: [{ setting: 'temperature', value: 0.2, why: 'Alike answers.' }],
  example: { variables: { zeta: 1, alpha: 2 }, output: 'Yes.' },
  // In an order that a database would change if it understood it.
  version: versionBody('Hello {{zeta}}.', { variables: { type: 'object', properties: { zeta: {}, a: {} } } }),
}

const everything = { sort: 'name', after: null, limit: 1000 } as const satisfies TemplateFilter

export function templatesContract(subject: GetSubject): void {
  describe('templates', () => {
    const store = () => subject().stores.templates

    async function newTenant(): Promise<Actor> {
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      return { tenantId, id: unique('key'), name: 'Grace' }
    }
    async function made(owner: Actor, more: Partial<TemplateValue> = {}, share = false): Promise<string> {
      const slug = unique('template')
      await store().create(owner, slug, { ...templateValue, ...more })
      if (share) await store().setVisibility(owner, slug, 'shared')
      return slug
    }
    const slugs = (rows: readonly TemplateRow[]) => rows.map(({ slug }) => slug)

    it('are kept as they were given, the order of members too, and are private at first', async () => {
      const slug = unique('template')
      const created = await store().create(actor, slug, templateValue)
      expect(created).toEqual({
        ...templateValue,
        owner: 'default',
        slug,
        model: 'mock/echo',
        visibility: 'private',
        reviews: 0,
        stars: 0,
        forks: 0,
        createdAt: expect.any(Number),
        updatedAt: expect.any(Number),
        archivedAt: null,
      })
      const found = await store().find('default', { owner: 'default', slug })
      expect(JSON.stringify(found?.version)).toBe(JSON.stringify(templateValue.version))
      expect(JSON.stringify(found?.example)).toBe(JSON.stringify(templateValue.example))
      await expect(store().create(actor, slug, templateValue)).rejects.toMatchObject({
        kind: 'conflict',
        param: 'slug',
      })
    })

    it('change only in what is named', async () => {
      const slug = await made(actor)
      const changed = await store().change(actor, slug, { name: 'Refunds', complexity: null })
      expect(changed).toMatchObject({ ...templateValue, name: 'Refunds', complexity: null })
      const version = versionBody('Bye {{zeta}}.', { model: 'mock/json' })
      expect(await store().change(actor, slug, { version })).toMatchObject({
        name: 'Refunds',
        version,
        model: 'mock/json',
      })
      await expect(store().change(actor, unique('none'), {})).rejects.toMatchObject({
        kind: 'not_found',
        code: 'template_not_found',
      })
    })

    it('of one tenant are there for another only while they are shared and live', async () => {
      const [owner, other] = [await newTenant(), await newTenant()]
      const slug = await made(owner)
      const key = { owner: owner.tenantId, slug }
      const seen = async () => (await store().find(other.tenantId, key)) !== null
      const listed = async () => slugs(await store().list(other.tenantId, everything)).includes(slug)
      const refused = { kind: 'not_found', code: 'template_not_found' }

      expect([await seen(), await listed()]).toEqual([false, false])
      await expect(store().review(other, key, { rating: 5, comment: null })).rejects.toMatchObject(refused)
      await expect(store().reviews(other.tenantId, key, { limit: 5 })).rejects.toMatchObject(refused)
      await expect(store().setVisibility(other, slug, 'shared')).rejects.toMatchObject(refused)
      await expect(store().change(other, slug, { name: 'x' })).rejects.toMatchObject(refused)
      await expect(store().setArchived(other, slug, true)).rejects.toMatchObject(refused)

      await store().setVisibility(owner, slug, 'shared')
      expect([await seen(), await listed()]).toEqual([true, true])
      await store().setArchived(owner, slug, true)
      expect([await seen(), await listed()]).toEqual([false, false])
      expect(await store().find(owner.tenantId, key)).toMatchObject({ archivedAt: expect.any(Number) })
      await store().setArchived(owner, slug, false)
      expect([await seen(), await listed()]).toEqual([true, true])
      await store().setVisibility(owner, slug, 'private')
      expect([await seen(), await listed()]).toEqual([false, false])
    })

    it('are found by source, category, tag, use case, complexity, words and whether they are archived', async () => {
      const [owner, other] = [await newTenant(), await newTenant()]
      const mine = await made(owner, { category: 'law', tags: ['nda', 'risk'], complexity: 'high', useCase: 'review' })
      const gone = await made(owner)
      await store().setArchived(owner, gone, true)
      const theirs = await made(other, { name: 'Zebra striping', description: null, category: null }, true)
      const found = async (filter: Partial<TemplateFilter>) =>
        slugs(await store().list(owner.tenantId, { ...everything, ...filter })).filter((slug) =>
          [mine, gone, theirs].includes(slug),
        )
      expect(await found({})).toEqual([mine, theirs])
      expect(await found({ source: 'own' })).toEqual([mine])
      expect(await found({ source: 'shared' })).toEqual([theirs])
      expect(await found({ archived: true })).toEqual([gone])
      expect(await found({ archived: true, source: 'shared' })).toEqual([])
      expect(await found({ category: 'law' })).toEqual([mine])
      expect(await found({ tag: 'risk', complexity: 'high', useCase: 'review' })).toEqual([mine])
      expect(await found({ tag: 'risk', complexity: 'low' })).toEqual([])
      expect(await found({ q: 'zebra' })).toEqual([theirs])
      expect(await found({ q: 'zebra money' })).toEqual([])
      const counts = new Map((await store().categories(owner.tenantId)).map((row) => [row.category, row.count]))
      expect(counts.get('law')).toBe(1)
    })

    it('are paged in one order by name, rating and forks, without skipping or repeating', async () => {
      const [owner, fan] = [await newTenant(), await newTenant()]
      const names = ['b', 'a', 'a', 'Ä', 'z', 'Z', '\u{1f600}', '\uffee']
      const made8 = await Promise.all(names.map((name) => made(owner, { name }, true)))
      for (const [index, slug] of made8.entries()) {
        const key = { owner: owner.tenantId, slug }
        if (index % 3 > 0) await store().review(fan, key, { rating: 1 + (index % 5), comment: null })
        if (index % 2 > 0) await store().review(owner, key, { rating: 5, comment: null })
        for (let fork = 0; fork < index % 4; fork++) await store().recordFork(fan, key, `prompt-${fork}`)
      }
      for (const sort of ['name', 'rating', 'forks'] as const) {
        const whole = await store().list(owner.tenantId, { ...everything, source: 'own', sort })
        expect(slugs(whole).toSorted()).toEqual(made8.toSorted())
        const ranks = whole.map((row) => rankOf(row, sort))
        expect(ranks).toEqual(ranks.toSorted((left, right) => right - left))
        const walked: TemplateRow[] = []
        for (;;) {
          const last = walked.at(-1)
          const after = last === undefined ? null : { ...last, rank: rankOf(last, sort) }
          const page = await store().list(owner.tenantId, { sort, after, limit: 3, source: 'own' })
          walked.push(...page)
          if (page.length === 0) break
        }
        expect(slugs(walked)).toEqual(slugs(whole))
      }
      const byName = await store().list(owner.tenantId, { ...everything, source: 'own' })
      expect(byName.map(({ name }) => name)).toEqual(['Z', 'a', 'a', 'b', 'z', 'Ä', '\uffee', '\u{1f600}'])
    })

    it('are reviewed once by each person: a second review replaces the first, and only one’s own can be taken back', async () => {
      const [owner, fan] = [await newTenant(), await newTenant()]
      const slug = await made(owner, {}, true)
      const key = { owner: owner.tenantId, slug }
      await store().review(fan, key, { rating: 1, comment: 'no' })
      await store().review(owner, key, { rating: 4, comment: null })
      const second = await store().review(fan, key, { rating: 3, comment: 'better' })
      expect(second).toEqual({
        tenantId: fan.tenantId,
        actorId: fan.id,
        actorName: 'Grace',
        rating: 3,
        comment: 'better',
        at: expect.any(Number),
      })
      expect(await store().find(fan.tenantId, key)).toMatchObject({ reviews: 2, stars: 7 })
      const read = await allPages(1, (page) => store().reviews(owner.tenantId, key, page))
      expect(read.map(({ rating }) => rating).toSorted()).toEqual([3, 4])
      expect(read.map(({ at }) => at)).toEqual(read.map(({ at }) => at).toSorted((left, right) => right - left))

      await store().setVisibility(owner, slug, 'private')
      await store().removeReview(fan, key)
      await expect(store().removeReview(fan, key)).rejects.toMatchObject({ kind: 'not_found' })
      expect(await store().find(owner.tenantId, key)).toMatchObject({ reviews: 1, stars: 4 })
      await expect(store().reviews(owner.tenantId, key, { limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({
        kind: 'invalid_request',
        param: 'cursor',
      })
    })

    it('that come with the program are reviewed and forked too', async () => {
      const key = { owner: builtInOwner, slug: unique('built-in') }
      expect((await store().standings(builtInOwner)).get(key.slug)).toBeUndefined()
      await store().review(actor, key, { rating: 5, comment: null })
      await store().recordFork(actor, key, 'one')
      await store().recordFork(actor, key, 'one')
      await store().recordFork(actor, key, 'two')
      expect((await store().standings(builtInOwner)).get(key.slug)).toEqual({ reviews: 1, stars: 5, forks: 2 })
      expect(await store().reviews('default', key, { limit: 5 })).toMatchObject({
        data: [{ rating: 5 }],
        nextCursor: null,
      })
    })
  })
}
