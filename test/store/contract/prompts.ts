import { describe, expect, it } from 'vitest'
import { versionHash } from '../../../src/store/version-hash.ts'
import { actor, allPages, metadata, promptWith, unique, versionBody, type GetSubject } from './subject.ts'

export function promptsContract(subject: GetSubject): void {
  const prompts = () => subject().stores.prompts

  describe('prompts', () => {
    it('gives back what was created, with version 1 and its labels', async () => {
      const slug = unique('reply')
      const whole = {
        name: 'Réponse 🙂',
        description: 'Answers "questions"',
        category: 'support',
        useCase: 'email',
        domain: 'retail',
        complexity: 'low',
        owner: 'customer care',
        appContexts: ['web', 'a,b'],
        tags: ['x', 'with "quotes"', '{brace}'],
        starters: ['Hi\nthere'],
        complianceTags: ['gdpr'],
        aliases: [unique('pmpt')],
      }
      const created = await prompts().create(actor, {
        ...whole,
        slug,
        version: versionBody(),
        labels: ['production', 'staging'],
      })
      expect(created).toEqual({
        ...whole,
        slug,
        tenantId: 'default',
        archivedAt: null,
        createdAt: expect.any(Number),
        updatedAt: expect.any(Number),
        labels: { production: 1, staging: 1 },
        protections: {},
        latestVersion: 1,
      })
      expect(await prompts().find('default', slug)).toEqual(created)
      expect(await prompts().find('default', whole.aliases[0] ?? '')).toEqual(created)
      expect(await prompts().version('default', slug, 1)).toEqual({
        slug,
        version: 1,
        semver: null,
        status: 'draft',
        body: versionBody(),
        served: versionBody(),
        dependencies: [],
        hash: versionHash(versionBody()),
        parentVersion: null,
        changeNote: null,
        createdBy: actor.id,
        createdAt: expect.any(Number),
        labels: ['production', 'staging'],
        reviews: [],
      })
    })

    it('needs no version, but a label needs one', async () => {
      const slug = await promptWith(subject().stores, 0)
      expect(await prompts().find('default', slug)).toMatchObject({ latestVersion: null, labels: {} })
      const asked = { ...metadata, slug: unique('none'), version: null, labels: ['production'] }
      await expect(prompts().create(actor, asked)).rejects.toMatchObject({ kind: 'invalid_request', param: 'labels' })
      expect(await prompts().find('default', asked.slug)).toBeNull()
    })

    it('keeps one name space for slugs and aliases, archived prompts included', async () => {
      const alias = unique('alias')
      const slug = await promptWith(subject().stores, 0, { aliases: [alias] })
      await prompts().archive(actor, slug)
      const create = (name: string, aliases: readonly string[]) =>
        prompts().create(actor, { ...metadata, slug: name, aliases, version: null, labels: [] })
      await expect(create(slug, [])).rejects.toMatchObject({
        kind: 'conflict',
        param: 'slug',
        message: expect.stringContaining(slug),
      })
      await expect(create(alias, [])).rejects.toMatchObject({ kind: 'conflict', param: 'slug' })
      await expect(create(unique('other'), [slug])).rejects.toMatchObject({ kind: 'conflict', param: 'aliases' })
      const failed = unique('other')
      await expect(create(failed, [unique('fresh'), alias])).rejects.toMatchObject({
        kind: 'conflict',
        param: 'aliases',
        message: expect.stringContaining(alias),
      })
      await expect(create(failed, [failed])).rejects.toMatchObject({ kind: 'conflict', param: 'aliases' })
      // Nothing of the failed ones is left over.
      expect(await prompts().find('default', failed)).toBeNull()
      await create(failed, [])
    })

    it('lets one of many that want the same name have it', async () => {
      const slug = unique('race')
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, () =>
          prompts().create(actor, { ...metadata, slug, version: versionBody(), labels: ['production'] }),
        ),
      )
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ kind: 'conflict', param: 'slug' })
      }
      expect(await prompts().find('default', slug)).toMatchObject({ latestVersion: 1, labels: { production: 1 } })
    })

    it('changes the given fields and leaves the others', async () => {
      const [old, kept, fresh] = [unique('old'), unique('kept'), unique('fresh')]
      const slug = await promptWith(subject().stores, 0, { aliases: [old, kept], tags: ['a'], category: 'x' })
      const changed = await prompts().change(actor, slug, { name: 'New', category: null, aliases: [kept, fresh] })
      expect(changed).toMatchObject({ name: 'New', category: null, tags: ['a'], aliases: [kept, fresh] })
      expect(await prompts().find('default', slug)).toEqual(changed)
      expect(await prompts().find('default', fresh)).toEqual(changed)
      expect(await prompts().find('default', old)).toBeNull()
      const other = await promptWith(subject().stores, 0, { aliases: [old] })
      await expect(prompts().change(actor, slug, { name: 'Newer', aliases: [old] })).rejects.toMatchObject({
        kind: 'conflict',
        param: 'aliases',
      })
      await expect(prompts().change(actor, slug, { aliases: [other] })).rejects.toMatchObject({
        kind: 'conflict',
        param: 'aliases',
      })
      await expect(prompts().change(actor, slug, { aliases: [slug] })).rejects.toMatchObject({
        kind: 'conflict',
        param: 'aliases',
      })
      expect(await prompts().find('default', slug)).toEqual(changed)
    })

    it('a change that follows from what is there loses nothing of what others change at the same time', async () => {
      const slug = await promptWith(subject().stores, 0, { tags: [] })
      const wanted = Array.from({ length: 8 }, (_, index) => `tag-${index}`)
      await Promise.all(wanted.map((tag) => prompts().change(actor, slug, ({ tags }) => ({ tags: [...tags, tag] }))))
      expect((await prompts().find('default', slug))?.tags.toSorted()).toEqual(wanted)
    })

    it('tells in the timeline which fields changed, by their names on the wire', async () => {
      const slug = await promptWith(subject().stores, 0)
      await prompts().change(actor, slug, { useCase: 'mail', complianceTags: ['gdpr'] })
      const { data } = await prompts().timeline('default', slug, { limit: 50 })
      expect(data.at(-1)).toMatchObject({ event: 'prompt_changed', reason: 'use_case, compliance_tags' })
    })

    it('a change to what is already so is no event', async () => {
      const slug = await promptWith(subject().stores, 0, { tags: ['a'] })
      await prompts().change(actor, slug, { name: metadata.name, tags: ['a'] })
      await prompts().change(actor, slug, {})
      await prompts().change(actor, slug, { tags: ['b'], domain: 'law' })
      const { data } = await prompts().timeline('default', slug, { limit: 10 })
      expect(data.map((row) => [row.event, row.reason])).toEqual([
        ['prompt_created', null],
        ['prompt_changed', 'domain, tags'],
      ])
    })

    it('archives and restores, once each', async () => {
      const slug = await promptWith(subject().stores, 1, { labels: ['production'] })
      const archived = await prompts().archive(actor, slug)
      expect(archived).toMatchObject({ archivedAt: expect.any(Number), labels: { production: 1 } })
      expect(await prompts().archive(actor, slug)).toEqual(archived)
      expect(await prompts().find('default', slug)).toEqual(archived)
      expect(await prompts().restore(actor, slug)).toMatchObject({ archivedAt: null })
      await prompts().restore(actor, slug)
      const { data } = await prompts().timeline('default', slug, { limit: 10 })
      expect(data.map((row) => row.event).slice(-2)).toEqual(['prompt_archived', 'prompt_restored'])
    })

    it('says not_found for a prompt that is none', async () => {
      const slug = unique('none')
      const none = { kind: 'not_found', message: expect.stringContaining(slug) }
      expect(await prompts().find('default', slug)).toBeNull()
      expect(await prompts().version('default', slug, 1)).toBeNull()
      await expect(prompts().change(actor, slug, { name: 'x' })).rejects.toMatchObject(none)
      await expect(prompts().archive(actor, slug)).rejects.toMatchObject(none)
      await expect(prompts().restore(actor, slug)).rejects.toMatchObject(none)
      await expect(prompts().addVersion(actor, slug, versionBody())).rejects.toMatchObject(none)
      await expect(prompts().versions('default', slug, { limit: 5 })).rejects.toMatchObject(none)
      await expect(prompts().timeline('default', slug, { limit: 5 })).rejects.toMatchObject(none)
      await expect(prompts().setLabel(actor, slug, 'production', 1, null)).rejects.toMatchObject(none)
      await expect(prompts().removeLabel(actor, slug, 'production', null)).rejects.toMatchObject(none)
      await expect(prompts().rollback(actor, slug, 'production', null)).rejects.toMatchObject(none)
    })

    it('is found by any of its names in every call', async () => {
      const alias = unique('alias')
      const slug = await promptWith(subject().stores, 1, { aliases: [alias] })
      expect(await prompts().addVersion(actor, alias, versionBody('two'))).toMatchObject({ slug, version: 2 })
      expect(await prompts().setLabel(actor, alias, 'production', 2, null)).toMatchObject({
        slug,
        labels: { production: 2 },
      })
      expect(await prompts().version('default', alias, 2)).toMatchObject({ slug, labels: ['production'] })
      expect((await prompts().timeline('default', alias, { limit: 10 })).data).toHaveLength(4)
    })

    it('keeps tenants apart', async () => {
      const tenantId = unique('tenant')
      await subject().addTenant(tenantId)
      const other = { ...actor, tenantId }
      const slug = await promptWith(subject().stores, 2, { labels: ['production'] })
      expect(await prompts().find(tenantId, slug)).toBeNull()
      expect(await prompts().version(tenantId, slug, 1)).toBeNull()
      await expect(prompts().setLabel(other, slug, 'production', 2, null)).rejects.toMatchObject({ kind: 'not_found' })
      await expect(prompts().addVersion(other, slug, versionBody())).rejects.toMatchObject({ kind: 'not_found' })
      await expect(prompts().archive(other, slug)).rejects.toMatchObject({ kind: 'not_found' })
      await prompts().create(other, { ...metadata, slug, version: null, labels: [] })
      expect((await prompts().list(tenantId, { limit: 10 })).data.map((prompt) => prompt.tenantId)).toEqual([tenantId])
      expect(await prompts().find('default', slug)).toMatchObject({ latestVersion: 2 })
      expect((await prompts().timeline(tenantId, slug, { limit: 10 })).data).toHaveLength(1)
    })
  })

  describe('the list of prompts', () => {
    it('filters by each field and by words', async () => {
      const mark = unique('m').replace('-', '')
      const [category, tag, label] = [unique('category'), unique('tag'), unique('label')]
      const shop = await promptWith(subject().stores, 1, {
        name: `Shop ${mark}`,
        category,
        tags: [tag, 'b'],
        labels: [label],
      })
      const bank = await promptWith(subject().stores, 1, {
        name: `Bank ${mark}`,
        description: 'Quarterly letters',
        category,
      })
      const gone = await promptWith(subject().stores, 1, { name: `Gone ${mark}`, category })
      await prompts().archive(actor, gone)
      const found = async (filter: object) =>
        (await prompts().list('default', { limit: 50, ...filter })).data.map((prompt) => prompt.slug)
      expect(await found({ category })).toEqual([shop, bank].sort())
      expect(await found({ category, archived: false })).toEqual([shop, bank].sort())
      expect(await found({ category, archived: true })).toEqual([gone])
      expect(await found({ tag })).toEqual([shop])
      expect(await found({ label })).toEqual([shop])
      expect(await found({ category, tag: unique('none') })).toEqual([])
      expect(await found({ q: mark.toUpperCase() })).toEqual([shop, bank].sort())
      expect(await found({ q: `${mark} quarterly` })).toEqual([bank])
      expect(await found({ q: tag })).toEqual([shop])
      expect(await found({ q: bank })).toEqual([bank])
      expect(await found({ q: `${mark} nowhere` })).toEqual([])
    })

    it('pages through without skipping or repeating, also when it changes meanwhile', async () => {
      const category = unique('category')
      const slugs = await Promise.all(Array.from({ length: 11 }, () => promptWith(subject().stores, 1, { category })))
      const seen = await allPages(
        3,
        (page) => prompts().list('default', { ...page, category }),
        async () => {
          await prompts().setLabel(actor, slugs[0] ?? '', unique('l'), 1, null)
          await prompts().change(actor, slugs[10] ?? '', { name: unique('renamed') })
        },
      )
      expect(seen.map((prompt) => prompt.slug)).toEqual(slugs.sort())
    })

    it('refuses a cursor it did not give', async () => {
      const slug = await promptWith(subject().stores, 2)
      const { nextCursor } = await prompts().versions('default', slug, { limit: 1 })
      const far = Buffer.from(JSON.stringify(['versions', Number.MAX_SAFE_INTEGER])).toString('base64url')
      await expect(prompts().versions('default', slug, { limit: 1, cursor: far })).rejects.toMatchObject({
        kind: 'invalid_request',
        param: 'cursor',
      })
      for (const cursor of ['', 'nonsense', '%%%', 'bnVsbA', nextCursor ?? '']) {
        await expect(prompts().list('default', { limit: 5, cursor })).rejects.toMatchObject({
          kind: 'invalid_request',
          param: 'cursor',
        })
      }
    })
  })

  describe('versions', () => {
    it('keep their body to the letter', async () => {
      const slug = await promptWith(subject().stores, 1)
      const body = versionBody('{{a}} \u0000 \ud800 "quoted" \\ 🙂', {
        parameters: { temperature: 0.30000000000000004, big: 1e21, nested: { z: 1, a: [null, true] } },
        tools: null,
        semver: '1.0.0',
        parent_version: 1,
        change_note: 'better',
      })
      const version = await prompts().addVersion(actor, slug, body)
      expect(version).toMatchObject({
        version: 2,
        semver: '1.0.0',
        parentVersion: 1,
        changeNote: 'better',
        status: 'draft',
        hash: versionHash(body),
        body,
      })
      expect(await prompts().version('default', slug, 2)).toEqual(version)
    })

    it('keep the name __proto__ as a name like any other', async () => {
      const slug = await promptWith(subject().stores, 0)
      const parameters = JSON.parse('{"__proto__": {"polluted": true}}')
      await prompts().addVersion(actor, slug, versionBody('x', { parameters }))
      const stored = await prompts().version('default', slug, 1)
      expect(JSON.stringify(stored?.body.parameters)).toBe('{"__proto__":{"polluted":true}}')
    })

    it('are numbered without gaps by 50 writers at once', async () => {
      const slug = await promptWith(subject().stores, 1)
      const added = await Promise.all(
        Array.from({ length: 50 }, (_, index) => prompts().addVersion(actor, slug, versionBody(`text ${index}`))),
      )
      const numbers = added.map((version) => version.version).sort((left, right) => left - right)
      expect(numbers).toEqual(Array.from({ length: 50 }, (_, index) => index + 2))
      const stored = await allPages(7, (page) => prompts().versions('default', slug, page))
      expect(stored.map((version) => version.version)).toEqual([...numbers.reverse(), 1])
      for (const version of added) {
        expect(stored.find((other) => other.version === version.version)?.hash).toBe(version.hash)
      }
    })

    it('have each semantic version once, also among many writers, and leave no gap where one failed', async () => {
      const slug = await promptWith(subject().stores, 1)
      const results = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) =>
          prompts().addVersion(actor, slug, versionBody(`text ${index}`, { semver: '2.0.0' })),
        ),
      )
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
      await expect(prompts().addVersion(actor, slug, versionBody('x', { semver: '2.0.0' }))).rejects.toMatchObject({
        kind: 'conflict',
        param: 'semver',
      })
      expect(await prompts().addVersion(actor, slug, versionBody('x', { semver: '2.0.1' }))).toMatchObject({
        version: 3,
      })
    })

    it('may name only a parent that exists', async () => {
      const slug = await promptWith(subject().stores, 1)
      const adding = prompts().addVersion(actor, slug, versionBody('x', { parent_version: 9 }))
      await expect(adding).rejects.toMatchObject({ kind: 'invalid_request', param: 'parent_version' })
      expect((await prompts().find('default', slug))?.latestVersion).toBe(1)
    })

    it('come newest first and know their labels', async () => {
      const slug = await promptWith(subject().stores, 3, { labels: ['production'] })
      await prompts().setLabel(actor, slug, 'beta', 3, null)
      await prompts().setLabel(actor, slug, 'alpha', 3, null)
      const { data, nextCursor } = await prompts().versions('default', slug, { limit: 3 })
      expect(data.map((version) => [version.version, version.labels])).toEqual([
        [3, ['alpha', 'beta']],
        [2, []],
        [1, ['production']],
      ])
      expect(nextCursor).toBeNull()
      expect(await prompts().version('default', slug, 4)).toBeNull()
      expect(await prompts().version('default', slug, 0)).toBeNull()
    })
  })
}
