import { describe, expect, test } from 'vitest'
import { createSubject, createSupportReply, versionBody } from './subject.ts'

describe('creating a prompt', () => {
  test('with version and labels makes all of it at once, and this process serves it', async () => {
    const subject = createSubject()
    const answer = await createSupportReply(subject, {
      description: 'Answers customers',
      tags: ['customer'],
      aliases: ['pmpt_6893f1'],
    })
    expect(answer.status).toBe(201)
    expect(answer.json).toMatchObject({
      slug: 'support-reply',
      description: 'Answers customers',
      tags: ['customer'],
      aliases: ['pmpt_6893f1'],
      category: null,
      labels: { production: 1 },
      latest_version: 1,
      archived_at: null,
      created_at: '2026-11-20T09:30:00.000Z',
    })
    expect(subject.published()).toBe(1)
    const rendered = await subject.send('POST', '/v1/render', {
      prompt: 'pmpt_6893f1',
      variables: { question: 'Where?' },
    })
    expect(rendered.json['version']).toBe(1)
  })

  test('a broken version creates nothing', async () => {
    const subject = createSubject()
    for (const version of [
      { ...versionBody, modle: 'x' },
      { ...versionBody, messages: [{ role: 'user', content: '{{#if}}' }] },
      { ...versionBody, messages: [{ role: 'user', content: 'Hello {{name' }] },
    ]) {
      const answer = await createSupportReply(subject, { version })
      expect.soft(answer.status).toBe(400)
      expect.soft(answer.json['error']?.['param']).toMatch(/^version/)
    }
    expect((await subject.send('GET', '/v1/prompts/support-reply')).status).toBe(404)
    expect(subject.published()).toBe(0)
  })

  test('labels without a version are refused', async () => {
    const answer = await createSubject().send('POST', '/v1/prompts', { slug: 'a', name: 'A', labels: ['production'] })
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe('labels')
  })

  test('a taken slug or alias is a 409', async () => {
    const subject = createSubject()
    await createSupportReply(subject, { aliases: ['old'] })
    expect((await createSupportReply(subject)).status).toBe(409)
    const alias = await subject.send('POST', '/v1/prompts', { slug: 'other', name: 'Other', aliases: ['old'] })
    expect(alias.status).toBe(409)
    expect(alias.json['error']).toMatchObject({ code: 'conflict', param: 'aliases' })
  })

  test.each(['Support', 'a b', '', '-a', 'a'.repeat(129), 'a/b', '../x', 'a\n'])(
    'slug %j is refused with the rule',
    async (slug) => {
      const answer = await createSubject().send('POST', '/v1/prompts', { slug, name: 'A' })
      expect(answer.status).toBe(400)
      expect(answer.json['error']).toMatchObject({ param: 'slug', message: expect.stringContaining('lower-case') })
    },
  )
})

describe('reading and changing prompts', () => {
  test('the list pages with a cursor, filters and searches', async () => {
    const subject = createSubject()
    for (const number of [1, 2, 3, 4, 5]) {
      await subject.send('POST', '/v1/prompts', {
        slug: `prompt-${number}`,
        name: number === 3 ? 'Clarifying question' : 'Other',
        category: number % 2 === 0 ? 'even' : 'odd',
        tags: number > 3 ? ['late'] : [],
      })
    }
    const first = await subject.send('GET', '/v1/prompts?limit=2')
    expect(first.json['data']).toHaveLength(2)
    const seen = (first.json['data'] as readonly { slug: string }[]).map(({ slug }) => slug)
    let cursor = first.json['next_cursor'] as string | null
    while (cursor !== null) {
      const next = await subject.send('GET', `/v1/prompts?limit=2&cursor=${encodeURIComponent(cursor)}`)
      seen.push(...(next.json['data'] as readonly { slug: string }[]).map(({ slug }) => slug))
      cursor = next.json['next_cursor'] as string | null
    }
    expect(seen.sort()).toEqual(['prompt-1', 'prompt-2', 'prompt-3', 'prompt-4', 'prompt-5'])
    const slugs = async (query: string) =>
      ((await subject.send('GET', `/v1/prompts?${query}`)).json['data'] as readonly { slug: string }[]).map(
        ({ slug }) => slug,
      )
    expect(await slugs('category=even')).toEqual(['prompt-2', 'prompt-4'])
    expect(await slugs('tag=late&category=odd')).toEqual(['prompt-5'])
    expect(await slugs('q=clarifying')).toEqual(['prompt-3'])
    expect(await slugs('label=production')).toEqual([])
  })

  test('PATCH changes what is named, null takes away, the rest stays', async () => {
    const subject = createSubject()
    await createSupportReply(subject, { description: 'old', category: 'support' })
    const answer = await subject.send('PATCH', '/v1/prompts/support-reply', { description: null, tags: ['a'] })
    expect(answer.json).toMatchObject({ description: null, tags: ['a'], category: 'support', name: 'Support reply' })
    const empty = await subject.send('PATCH', '/v1/prompts/support-reply', {})
    expect(empty.status).toBe(400)
    const slug = await subject.send('PATCH', '/v1/prompts/support-reply', { slug: 'new' })
    expect(slug.json['error']?.['param']).toBe('slug')
  })

  test('an archived prompt is no longer listed or served, and comes back', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const archived = await subject.send('POST', '/v1/prompts/support-reply/archive')
    expect(archived.json['archived_at']).toBe('2026-11-20T09:30:00.000Z')
    expect((await subject.send('GET', '/v1/prompts')).json['data']).toEqual([])
    expect((await subject.send('GET', '/v1/prompts?archived=true')).json['data']).toHaveLength(1)
    expect((await subject.send('POST', '/v1/render', { prompt: 'support-reply' })).status).toBe(404)
    const restored = await subject.send('POST', '/v1/prompts/support-reply/restore', {})
    expect(restored.json['archived_at']).toBeNull()
    expect(
      (await subject.send('POST', '/v1/render', { prompt: 'support-reply', variables: { question: 'x' } })).status,
    ).toBe(200)
  })

  test('a copy takes metadata and one version along, but no names', async () => {
    const subject = createSubject()
    await createSupportReply(subject, {
      aliases: ['old'],
      category: 'support',
      version: { ...versionBody, semver: '1.0.0' },
    })
    await subject.send('POST', '/v1/prompts/support-reply/versions', {
      ...versionBody,
      model: 'mock/echo',
      semver: '2.0.0',
    })
    const copy = await subject.send('POST', '/v1/prompts/old/duplicate', { slug: 'copy', labels: ['staging'] })
    expect(copy.status).toBe(201)
    expect(copy.json).toMatchObject({
      slug: 'copy',
      name: 'Support reply',
      category: 'support',
      aliases: [],
      labels: { staging: 1 },
      latest_version: 1,
    })
    const version = await subject.send('GET', '/v1/prompts/copy/versions/1')
    expect(version.json).toMatchObject({
      model: 'openai/gpt-4o-mini',
      semver: null,
      change_note: 'Copied from support-reply, version 1',
    })
    const second = await subject.send('POST', '/v1/prompts/support-reply/duplicate', { slug: 'copy-2', version: 2 })
    expect(second.status).toBe(201)
    expect((await subject.send('GET', '/v1/prompts/copy-2/versions/1')).json['model']).toBe('mock/echo')
    expect(
      (await subject.send('POST', '/v1/prompts/support-reply/duplicate', { slug: 'copy-3', version: 9 })).status,
    ).toBe(404)
    expect((await subject.send('POST', '/v1/prompts/support-reply/duplicate', { slug: 'copy' })).status).toBe(409)
  })

  test('a copy that nobody named gets the next free name', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const slugs: unknown[] = []
    for (let copies = 0; copies < 3; copies++) {
      const copy = await subject.send('POST', '/v1/prompts/support-reply/duplicate')
      expect(copy.status).toBe(201)
      slugs.push(copy.json['slug'])
    }
    expect(slugs).toEqual(['support-reply-copy', 'support-reply-copy-2', 'support-reply-copy-3'])
  })

  test('what is not there is a 404 that says so', async () => {
    const subject = createSubject()
    for (const [method, path, body] of [
      ['GET', '/v1/prompts/none'],
      ['PATCH', '/v1/prompts/none', { name: 'x' }],
      ['POST', '/v1/prompts/none/archive'],
      ['POST', '/v1/prompts/none/versions', versionBody],
      ['GET', '/v1/prompts/none/versions'],
      ['GET', '/v1/prompts/none/timeline'],
      ['GET', '/v1/prompts/none/diff?from=1&to=2'],
      ['POST', '/v1/prompts/none/rollback'],
    ] as const) {
      const answer = await subject.send(method, path, body)
      expect.soft(answer.status, path).toBe(404)
      expect
        .soft(answer.json['error'], path)
        .toMatchObject({ code: 'prompt_not_found', message: expect.stringContaining("'none'") })
    }
  })
})

describe('versions', () => {
  test('are numbered, kept as sent, and hashed by content', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const answer = await subject.send('POST', '/v1/prompts/support-reply/versions', versionBody)
    expect(answer.status).toBe(201)
    expect(answer.json).toMatchObject({
      prompt: 'support-reply',
      version: 2,
      status: 'draft',
      labels: [],
      created_by: 'admin',
      change_note: 'first',
      body: versionBody,
    })
    const first = await subject.send('GET', '/v1/prompts/support-reply/versions/1')
    expect(first.json['hash']).toBe(answer.json['hash'])
    expect(first.json['labels']).toEqual(['production'])
  })

  test('the list is newest first, without bodies', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    await subject.send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, change_note: 'second' })
    const list = await subject.send('GET', '/v1/prompts/support-reply/versions')
    expect((list.json['data'] as readonly { version: number }[]).map(({ version }) => version)).toEqual([2, 1])
    expect(list.json['data']?.[0]).not.toHaveProperty('body')
  })

  test.each(['1', 'v1', 'latest', 'production'])('version %s in the path is the first', async (version) => {
    const subject = createSubject()
    await createSupportReply(subject)
    const answer = await subject.send('GET', `/v1/prompts/support-reply/versions/${version}`)
    expect(answer.json['version']).toBe(1)
  })

  test.each(['0', '-1', '1.5', '99999999999999999999', '2147483648'])(
    'version %s in the path is a 400',
    async (version) => {
      const subject = createSubject()
      await createSupportReply(subject)
      const answer = await subject.send('GET', `/v1/prompts/support-reply/versions/${version}`)
      expect(answer.status).toBe(400)
      expect(answer.json['error']?.['param']).toBe('version')
    },
  )

  test('a version that is not there is a 404 that names the latest', async () => {
    const subject = createSubject()
    await createSupportReply(subject)
    const answer = await subject.send('GET', '/v1/prompts/support-reply/versions/7')
    expect(answer.status).toBe(404)
    expect(answer.json['error']?.['message']).toContain('Its latest is 1')
  })

  test('a taken semantic version is a 409', async () => {
    const subject = createSubject()
    await createSupportReply(subject, { version: { ...versionBody, semver: '1.0.0' } })
    const answer = await subject.send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, semver: '1.0.0' })
    expect(answer.status).toBe(409)
    expect(answer.json['error']?.['param']).toBe('semver')
  })
})
