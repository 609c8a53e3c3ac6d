import { describe, expect, it } from 'vitest'
import { versionHash } from '../../../src/store/version-hash.ts'
import type { DependentFilter } from '../../../src/store/ports.ts'
import { Follower, actor, allPages, metadata, unique, versionBody, type GetSubject } from './subject.ts'

export function partialsContract(subject: GetSubject): void {
  const prompts = () => subject().stores.prompts
  const make = async (
    stem: string,
    text: string,
    more: { aliases?: readonly string[]; labels?: readonly string[] } = {},
  ) => {
    const slug = unique(stem)
    const { aliases = [], labels = ['production'] } = more
    await prompts().create(actor, { ...metadata, aliases, slug, version: versionBody(text), labels })
    return slug
  }
  const add = (slug: string, text: string) => prompts().addVersion(actor, slug, versionBody(text))
  const label = (slug: string, version: number) => prompts().setLabel(actor, slug, 'production', version, null)
  const dependents = async (slug: string, filter: Partial<DependentFilter> = {}) =>
    (await prompts().dependents('default', slug, { limit: 50, ...filter })).data

  describe('partials', () => {
    it('are filled in when a version is made, and stay as they were', async () => {
      const alias = unique('pmpt')
      const tone = await make('tone', 'Be warm, {{name}}.', { aliases: [alias] })
      const outer = await make('outer', `[{{> ${tone}}}]`)
      const slug = await make('main', `{{> ${outer}}} and {{> ${alias}@1}}`)
      const served = versionBody('[Be warm, {{name}}.] and Be warm, {{name}}.')
      const version = await prompts().version('default', slug, 1)
      expect(version).toMatchObject({
        body: versionBody(`{{> ${outer}}} and {{> ${alias}@1}}`),
        served,
        hash: versionHash(served),
        dependencies: [
          { slug: outer, selector: 'production', version: 1 },
          { slug: tone, selector: '1', version: 1 },
          { slug: tone, selector: 'production', version: 1 },
        ],
      })
      await add(tone, 'Be cool.')
      await label(tone, 2)
      expect(await prompts().version('default', slug, 1)).toEqual(version)
      expect((await add(slug, `{{> ${tone}}}`)).served).toEqual(versionBody('Be cool.'))
    })

    it('are in the snapshot as text', async () => {
      const tone = await make('tone', 'Be warm.')
      const slug = await make('main', `{{> ${tone}}}`)
      const follower = new Follower()
      for await (const batch of subject().stores.snapshot.all()) follower.apply(batch)
      const value = follower.values.get(`prompt/default/${slug}`)
      const [version] = value !== undefined && value !== null && 'labels' in value ? value.versions : []
      expect(JSON.parse(version?.body ?? '')).toEqual(versionBody('Be warm.'))
      expect(version?.hash).toBe(versionHash(versionBody('Be warm.')))
    })

    it('can be meant by label, number, semantic version and latest', async () => {
      const tone = await make('tone', 'one')
      await prompts().addVersion(actor, tone, versionBody('two', { semver: '1.2.0' }))
      await add(tone, 'three')
      const version = await add(
        await make('main', 'x'),
        ['', '@production', '@v2', '@1.2.0', '@latest'].map((selector) => `{{> ${tone}${selector}}}`).join(' '),
      )
      expect(version.served).toEqual(versionBody('one one two two three'))
      expect(version.dependencies).toEqual([
        { slug: tone, selector: '1.2.0', version: 2 },
        { slug: tone, selector: '2', version: 2 },
        { slug: tone, selector: 'latest', version: 3 },
        { slug: tone, selector: 'production', version: 1 },
      ])
    })

    it('stand beside themselves at another version within another partial', async () => {
      const tone = await make('tone', 'old')
      const outer = await make('outer', `[{{> ${tone}}}]`)
      await add(tone, 'new')
      await label(tone, 2)
      const version = await add(await make('main', 'x'), `{{> ${outer}}}{{> ${tone}}}`)
      expect(version.served).toEqual(versionBody('[old]new'))
      expect(version.dependencies.filter(({ slug }) => slug === tone).map(({ version: number }) => number)).toEqual([
        1, 2,
      ])
    })

    it('that cannot be used make no version, and the message says why', async () => {
      const tone = await make('tone', 'Be warm.', { labels: [] })
      const slug = await make('main', 'x')
      const refused = (text: string, code: string, message: string) =>
        expect(add(slug, text)).rejects.toMatchObject({
          kind: 'invalid_request',
          param: 'messages[0].content',
          code,
          message: expect.stringContaining(message),
        })
      await refused('{{> nobody-has-this}}', 'partial_not_found', "there is no prompt 'nobody-has-this'")
      await refused(`{{> ${tone}}}`, 'partial_not_found', `prompt '${tone}' has no label 'production'`)
      await refused(`{{> ${tone}@7}}`, 'partial_not_found', `has no version 7. Its latest is 1`)
      await refused(`{{> ${tone}@9.9.9}}`, 'partial_not_found', `has no version 9.9.9`)
      await prompts().archive(actor, tone)
      await refused(`{{> ${tone}@1}}`, 'partial_archived', 'is archived. Restore it')
      const empty = unique('empty')
      await prompts().create(actor, { ...metadata, slug: empty, version: null, labels: [] })
      await refused(`{{> ${empty}}}`, 'partial_not_found', 'has no version yet')
      const wide = unique('wide')
      const [message] = versionBody('a').messages
      const messages = message === undefined ? [] : [message, message]
      await prompts().create(actor, {
        ...metadata,
        slug: wide,
        version: versionBody('', { messages }),
        labels: ['production'],
      })
      await refused(`{{> ${wide}}}`, 'partial_not_usable', 'exactly one message')
      expect(await prompts().find('default', slug)).toMatchObject({ latestVersion: 1 })
      const asked = { ...metadata, slug: unique('new'), version: versionBody('{{> nobody-has-this}}'), labels: [] }
      await expect(prompts().create(actor, asked)).rejects.toMatchObject({ param: 'version.messages[0].content' })
      expect(await prompts().find('default', asked.slug)).toBeNull()
    })

    it('of another tenant are none', async () => {
      await subject().addTenant('tenant-of-partials')
      const other = { ...actor, tenantId: 'tenant-of-partials' }
      const tone = unique('tone')
      await prompts().create(other, { ...metadata, slug: tone, version: versionBody('secret'), labels: ['production'] })
      await expect(add(await make('main', 'x'), `{{> ${tone}}}`)).rejects.toMatchObject({ code: 'partial_not_found' })
    })

    it('never lead back to the prompt itself, by whatever name', async () => {
      const alias = unique('alias')
      const slug = await make('main', 'x', { aliases: [alias] })
      const inner = await make('inner', `({{> ${slug}}})`)
      const outer = await make('outer', `[{{> ${inner}}}]`)
      await expect(add(slug, `{{> ${outer}}}`)).rejects.toMatchObject({
        code: 'partial_cycle',
        message: expect.stringContaining(`${slug} → ${outer} → ${inner} → ${slug}`),
      })
      for (const name of [slug, alias])
        await expect(add(slug, `{{> ${name}}}`)).rejects.toMatchObject({ code: 'partial_cycle' })
      const [fresh, other] = [unique('fresh'), unique('other')]
      const asked = { ...metadata, slug: fresh, aliases: [other], version: versionBody(`{{> ${other}}}`), labels: [] }
      await expect(prompts().create(actor, asked)).rejects.toMatchObject({ code: 'partial_cycle' })
    })

    it('that make a version unusable make none', async () => {
      const tone = await make('tone', 'a {')
      await expect(add(await make('main', 'x'), `{{> ${tone}}}{{name}}`)).rejects.toMatchObject({
        code: 'partial_conflict',
      })
    })

    it('can be tried without keeping anything, also for a prompt that is not there yet', async () => {
      const tone = await make('tone', 'Be warm.')
      const slug = await make('main', 'x')
      const expected = {
        resolved: versionBody('Be warm.'),
        dependencies: [{ slug: tone, selector: 'production', version: 1 }],
      }
      const body = versionBody(`{{> ${tone}}}`)
      expect(await prompts().compose('default', slug, body)).toEqual(expected)
      expect(await prompts().compose('default', unique('new'), body)).toEqual(expected)
      expect(await prompts().compose('default', slug, versionBody('x'))).toEqual({ resolved: null, dependencies: [] })
      expect(await prompts().find('default', slug)).toMatchObject({ latestVersion: 1 })
    })

    it('are one state or the other while their label moves, never a mixture', async () => {
      const tone = await make('tone', 'old')
      await add(tone, 'new')
      const slug = await make('main', 'x')
      const [text] = [`{{> ${tone}}}, {{name}}, {{> ${tone}@production}}`]
      const moves = Array.from({ length: 10 }, (_, index) => label(tone, (index % 2) + 1))
      const versions = await Promise.all(Array.from({ length: 10 }, () => add(slug, text)))
      await Promise.all(moves)
      for (const { served, dependencies } of versions) {
        const said = dependencies[0]?.version === 1 ? 'old' : 'new'
        expect(served.messages[0]?.['content']).toBe(`${said}, {{name}}, ${said}`)
      }
    })
  })

  describe('dependents', () => {
    it('are the versions with a label and the latest ones, with what they use and would use', async () => {
      const tone = await make('tone', 'one')
      const slug = await make('main', `{{> ${tone}}}`)
      await add(slug, `{{> ${tone}}} two`)
      await add(slug, `{{> ${tone}@1}} three`)
      await make('bystander', 'x')
      const row = { slug, labels: [], selector: 'production', usesVersion: 1, currentVersion: 1 }
      expect(await dependents(tone)).toEqual([
        { ...row, version: 1, labels: ['production'] },
        { ...row, version: 3, selector: '1' },
      ])
      expect(await dependents(tone, { outdated: true })).toEqual([])
      await add(tone, 'two')
      await label(tone, 2)
      expect(await dependents(tone)).toEqual([
        { ...row, version: 1, labels: ['production'], currentVersion: 2 },
        { ...row, version: 3, selector: '1' },
      ])
      expect(await dependents(tone, { outdated: true })).toEqual([
        { ...row, version: 1, labels: ['production'], currentVersion: 2 },
      ])
      await prompts().removeLabel(actor, tone, 'production', null)
      expect((await dependents(tone))[0]).toMatchObject({ currentVersion: null })
      expect(await dependents(tone, { outdated: true })).toEqual([])
      await prompts().archive(actor, slug)
      expect(await dependents(tone)).toEqual([])
    })

    it('come through other partials too, in pages, by slug and version', async () => {
      const tone = await make('tone', 'one')
      const outer = await make('a', `{{> ${tone}@latest}}`)
      const mains = [await make('c', `{{> ${outer}}}`), await make('b', `{{> ${outer}}} {{> ${tone}}}`)]
      await add(tone, 'two')
      const rows = await allPages(2, (page) => prompts().dependents('default', tone, page))
      expect(rows.map(({ slug, selector, currentVersion }) => [slug, selector, currentVersion])).toEqual([
        [outer, 'latest', 2],
        [mains[1], 'latest', 2],
        [mains[1], 'production', 1],
        [mains[0], 'latest', 2],
      ])
      await expect(prompts().dependents('default', tone, { limit: 1, cursor: 'x' })).rejects.toMatchObject({
        param: 'cursor',
      })
      await expect(prompts().dependents('default', unique('none'), { limit: 1 })).rejects.toMatchObject({
        kind: 'not_found',
      })
    })
  })
}
