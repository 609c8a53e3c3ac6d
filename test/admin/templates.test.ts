import { describe, expect, test } from 'vitest'
import { hashKey } from '../../src/core/seal.ts'
import { builtInTemplates } from '../../src/library/index.ts'
import { type Answer, type Subject, createSubject, createSupportReply, versionBody } from './subject.ts'

const base = '/v1/templates'

const refund = {
  slug: 'refund-reply',
  name: 'Refund reply',
  category: 'support',
  complexity: 'low',
  tags: ['refund'],
  recommended_models: [{ model: 'mock/echo', why: 'Costs nothing.' }],
  example: { variables: { question: 'Where is my money?' }, output: 'On its way.' },
  version: versionBody,
}

type Send = (method: string, path: string, body?: unknown) => Promise<Answer>

/** A way to send as somebody of another tenant. */
async function neighbour(subject: Subject, tenantId: string): Promise<Send> {
  const key = `pb-key-of-${tenantId}`
  await subject.stores.keys.create(
    { tenantId, id: 'admin', name: 'admin' },
    {
      id: `key-${tenantId}`,
      tenantId,
      name: `Ada of ${tenantId}`,
      hash: hashKey(key),
      scopes: ['admin'],
      roles: [],
      expiresAt: null,
      prefix: 'pb-key',
    },
  )
  // Anything that publishes: the snapshot then knows the key.
  await subject.send('POST', '/v1/keys', { name: 'to publish' })
  return (method, path, body) => subject.send(method, path, body, { authorization: `Bearer ${key}` })
}

const rowsOf = ({ text }: Answer) =>
  (JSON.parse(text) as { readonly data: readonly { readonly slug: string; readonly owner: string }[] }).data
const slugs = (answer: Answer): readonly string[] => rowsOf(answer).map(({ slug }) => slug)

async function everyPage(send: Send, query: string): Promise<readonly string[]> {
  const found: string[] = []
  let cursor = ''
  for (;;) {
    const page = await send('GET', `${base}?${query}${cursor}`)
    expect(page.status).toBe(200)
    found.push(...rowsOf(page).map(({ owner, slug }) => `${owner}/${slug}`))
    const next: string | null = page.json['next_cursor']
    if (next === null) return found
    cursor = `&cursor=${encodeURIComponent(next)}`
  }
}

describe('the built-in templates', () => {
  test('are all listed, and each is shown whole', async () => {
    const { send } = createSubject()
    expect((await everyPage(send, 'source=built-in&limit=7')).length).toBe(builtInTemplates.length)
    for (const { slug, version } of builtInTemplates) {
      const { status, json } = await send('GET', `${base}/${slug}`)
      expect(status).toBe(200)
      expect(json).toMatchObject({
        slug,
        owner: 'built-in',
        source: 'built-in',
        rating: { average: null, count: 0 },
        forks: 0,
      })
      expect(json['version']).toEqual(version)
      expect(json).not.toHaveProperty('goodAnswers')
    }
  })

  test('each becomes a prompt that the admin API takes without a warning', async () => {
    const subject = createSubject()
    for (const { slug } of builtInTemplates) {
      const forked = await subject.send('POST', `${base}/${slug}/fork`, { slug: `my-${slug}`, labels: ['production'] })
      expect(forked.status, forked.text).toBe(201)
      expect(forked.json).toMatchObject({ slug: `my-${slug}`, labels: { production: 1 }, warnings: [] })
    }
    const { json } = await subject.send('GET', `${base}?sort=forks&limit=1`)
    expect(json['data'][0]).toMatchObject({ forks: 1 })
  })

  test('are found by words in other forms, category, tag, use case and complexity', async () => {
    const { send } = createSubject()
    expect(slugs(await send('GET', `${base}?q=translating`))).toContain('translate-document')
    expect(slugs(await send('GET', `${base}?q=translating+invoice`))).toEqual([])
    expect(slugs(await send('GET', `${base}?category=rag`))).toEqual(['grounded-answer', 'search-queries'])
    expect(slugs(await send('GET', `${base}?tag=few-shot`))).toEqual(['intent-router', 'search-queries'])
    expect(slugs(await send('GET', `${base}?use_case=code+review&complexity=high`))).toEqual(['code-review'])
    expect(slugs(await send('GET', `${base}?archived=true`))).toEqual([])
  })

  test('cannot be changed: it is said what to do instead', async () => {
    const { send } = createSubject()
    for (const answer of [
      await send('PATCH', `${base}/support-reply`, { name: 'Mine' }),
      await send('DELETE', `${base}/support-reply`),
      await send('POST', `${base}/support-reply/share`),
    ]) {
      expect(answer.status).toBe(404)
      expect(answer.json['error']?.['message']).toContain('fork it into a prompt')
    }
  })

  test('their categories are counted together with those of tenants', async () => {
    const { send } = createSubject()
    await send('POST', base, refund)
    await send('POST', base, { ...refund, slug: 'x', category: 'astronomy' })
    const { json } = await send('GET', `${base}/categories`)
    const builtIn = builtInTemplates.filter(({ category }) => category === 'support').length
    expect(json['data']).toContainEqual({ category: 'support', count: builtIn + 1 })
    expect(json['data'][0]).toMatchObject({ category: 'agents' })
    expect(json['data']).toContainEqual({ category: 'astronomy', count: 1 })
  })
})

describe('a template of one’s own', () => {
  test('is made, found before the built-in one of its slug, changed, archived and restored', async () => {
    const { send } = createSubject()
    const created = await send('POST', base, { ...refund, slug: 'support-reply' })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({ owner: 'default', source: 'own', visibility: 'private', warnings: [] })
    expect((await send('GET', `${base}/support-reply`)).json['source']).toBe('own')
    expect((await send('GET', `${base}/support-reply?owner=built-in`)).json['source']).toBe('built-in')

    const changed = await send('PATCH', `${base}/support-reply`, {
      tags: [],
      description: 'New.',
      version: { ...versionBody, model: 'mock/json' },
    })
    expect(changed.json).toMatchObject({ tags: [], description: 'New.', model: 'mock/json', name: 'Refund reply' })
    expect(changed.json['version']).not.toHaveProperty('change_note')

    expect((await send('DELETE', `${base}/support-reply`)).json['archived_at']).not.toBeNull()
    expect(slugs(await send('GET', `${base}?source=own`))).toEqual([])
    expect(slugs(await send('GET', `${base}?archived=true`))).toEqual(['support-reply'])
    const fork = await send('POST', `${base}/support-reply/fork`, { slug: 'mine' })
    expect(fork.status).toBe(409)
    expect(fork.json['error']?.['message']).toContain('restore')
    expect((await send('POST', `${base}/support-reply/restore`)).json['archived_at']).toBeNull()
    expect(slugs(await send('GET', `${base}?source=own`))).toEqual(['support-reply'])
  })

  test('can be made of a prompt: what is not given is taken over', async () => {
    const subject = createSubject()
    const { send } = subject
    await createSupportReply(subject, { category: 'support', complexity: 'as hard as it gets', tags: ['customer'] })
    await send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, model: 'mock/json', semver: '2.0.0' })
    const first = await send('POST', base, { slug: 'from-production', from_prompt: 'support-reply', complexity: 'low' })
    expect(first.json).toMatchObject({
      name: 'Support reply',
      category: 'support',
      complexity: 'low',
      tags: ['customer'],
    })
    expect(first.json['model']).toBe(versionBody.model)
    const second = await send('POST', base, { slug: 'from-2', from_prompt: 'support-reply', version: 2, name: 'Two' })
    expect(second.json).toMatchObject({ name: 'Two', model: 'mock/json', complexity: null })
    expect(second.json['version']).not.toHaveProperty('semver')
  })

  test.each([
    [{ ...refund, version: 1 }, 'version', /a number needs `from_prompt`/],
    [{ ...refund, from_prompt: 'support-reply' }, 'version', /must be the number of a version beside `from_prompt`/],
    [{ slug: 'a', name: 'A', category: 'b' }, 'version', /`version` is missing/],
    [{ ...refund, name: undefined }, 'name', /`name` is missing/],
    [{ ...refund, category: undefined }, 'category', /`category` is missing/],
    [{ slug: 'a', from_prompt: 'support-reply' }, 'category', /`category` is missing; the prompt has none/],
    [{ ...refund, slug: 'categories' }, 'slug', /that is the address of the categories/],
    [{ ...refund, complexity: 'huge' }, 'complexity', /one of `low`, `medium`, `high`/],
    [{ ...refund, version: { ...versionBody, paramters: {} } }, 'version.paramters', /Did you mean `parameters`/],
    [
      { ...refund, version: { ...versionBody, messages: [{ role: 'user', content: '{{' }] } },
      'version.messages[0].content',
      /is no template/,
    ],
    [{ ...refund, from_prompt: 'nobody', version: 3 }, 'slug', /There is no prompt 'nobody'/],
    [{ slug: 'a', category: 'b', from_prompt: 'support-reply', version: 9 }, 'version', /has no version 9/],
  ])('is refused when something is wrong: %#', async (body, param, message) => {
    const subject = createSubject()
    await createSupportReply(subject)
    const answer = await subject.send('POST', base, body)
    expect(answer.json['error']).toMatchObject({ param, message: expect.stringMatching(message) })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(slugs(await subject.send('GET', `${base}?source=own`))).toEqual([])
  })
})

describe('between tenants', () => {
  test('only what is shared is there: it can be found, forked and reviewed, and by nobody else changed', async () => {
    const subject = createSubject()
    const other = await neighbour(subject, 'acme')
    await subject.send('POST', base, refund)
    const mine = `${base}/refund-reply`
    const theirs = `${base}/refund-reply?owner=default`
    const fork = { slug: 'ours' }

    const absent = async () => {
      expect(slugs(await other('GET', `${base}?source=shared`))).toEqual([])
      for (const answer of [
        await other('GET', theirs),
        await other('POST', `${mine}/fork?owner=default`, fork),
        await other('POST', `${mine}/reviews?owner=default`, { rating: 1 }),
        await other('GET', `${mine}/reviews?owner=default`),
      ]) {
        expect(answer.status).toBe(404)
        expect(answer.json['error']?.['code']).toBe('template_not_found')
      }
    }
    await absent()

    expect((await subject.send('POST', `${mine}/share`)).json['visibility']).toBe('shared')
    const shown = await other('GET', theirs)
    expect(shown.json).toMatchObject({ owner: 'default', source: 'shared' })
    expect(slugs(await other('GET', `${base}?source=shared`))).toEqual(['refund-reply'])
    expect((await other('GET', mine)).status).toBe(404)
    expect((await other('PATCH', mine, { name: 'Stolen' })).status).toBe(404)
    expect((await other('DELETE', mine)).status).toBe(404)

    const forked = await other('POST', `${mine}/fork?owner=default`, { ...fork, name: 'Ours', model: 'mock/json' })
    expect(forked.json).toMatchObject({
      slug: 'ours',
      name: 'Ours',
      category: 'support',
      latest_version: 1,
      labels: {},
    })
    const version = await other('GET', '/v1/prompts/ours/versions/1')
    expect(version.json).toMatchObject({
      model: 'mock/json',
      change_note: 'Forked from template refund-reply (shared by default)',
    })
    expect((await subject.send('GET', '/v1/prompts/ours')).status).toBe(404)

    const review = await other('POST', `${mine}/reviews?owner=default`, { rating: 4, comment: 'Good.' })
    expect(review.status).toBe(201)
    await subject.send('POST', `${mine}/reviews`, { rating: 1 })
    await subject.send('POST', `${mine}/reviews`, { rating: 5 })
    const seen = await subject.send('GET', mine)
    expect(seen.json).toMatchObject({ rating: { average: 4.5, count: 2 }, forks: 1 })
    const reviews = await subject.send('GET', `${mine}/reviews`)
    expect(reviews.json['data']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ reviewer: 'Ada of acme', own: false, rating: 4, comment: 'Good.' }),
        expect.objectContaining({ reviewer: 'admin', own: true, rating: 5, comment: null }),
      ]),
    )
    expect(reviews.text).not.toContain('key-acme')

    await subject.send('POST', `${mine}/unshare`)
    await absent()
    expect((await other('GET', '/v1/prompts/ours')).status).toBe(200)
    expect((await other('DELETE', `${mine}/reviews?owner=default`)).status).toBe(200)
    expect((await other('DELETE', `${mine}/reviews?owner=default`)).status).toBe(404)
    expect((await subject.send('GET', mine)).json['rating']).toEqual({ average: 5, count: 1 })
  })

  test('a list of all sources is one order, page by page', async () => {
    const subject = createSubject()
    const other = await neighbour(subject, 'acme')
    for (const [slug, name] of [
      ['a', 'Ad'],
      ['b', 'Support of the sort'],
      ['c', 'zzz'],
      ['d', 'Ümlaut'],
    ] as const) {
      await other('POST', base, { ...refund, slug, name })
      await other('POST', `${base}/${slug}/share`)
      await other('POST', `${base}/${slug}/fork`, { slug: `fork-${slug}` })
    }
    await subject.send('POST', base, refund)
    await subject.send('POST', `${base}/code-review/reviews`, { rating: 2 })
    await subject.send('POST', `${base}/b/reviews?owner=acme`, { rating: 5 })
    for (const sort of ['name', 'rating', 'forks']) {
      const whole = await everyPage(subject.send, `sort=${sort}&limit=200`)
      expect(new Set(whole).size).toBe(builtInTemplates.length + 5)
      for (const limit of [1, 4]) expect(await everyPage(subject.send, `sort=${sort}&limit=${limit}`)).toEqual(whole)
      if (sort === 'rating') expect(whole.slice(0, 2)).toEqual(['acme/b', 'built-in/code-review'])
      if (sort === 'forks') expect(whole.slice(0, 4).toSorted()).toEqual(['acme/a', 'acme/b', 'acme/c', 'acme/d'])
    }
  })

  test('a cursor is only good for the list that gave it', async () => {
    const { send } = createSubject()
    const { json } = await send('GET', `${base}?limit=1`)
    const cursor = encodeURIComponent(String(json['next_cursor']))
    const forged = Buffer.from(JSON.stringify(['templates', 'name', '0', 'a', 'b', 'c'])).toString('base64url')
    for (const query of [`sort=forks&cursor=${cursor}`, 'cursor=nonsense', `cursor=${forged}`]) {
      const answer = await send('GET', `${base}?${query}`)
      expect(answer.status, query).toBe(400)
      expect(answer.json['error']?.['param']).toBe('cursor')
    }
  })
})

test('a fork that cannot be counted is made all the same, and the operator hears of it', async () => {
  const subject = createSubject()
  const failing = { ...subject.stores.templates, recordFork: () => Promise.reject(new Error('the link broke')) }
  const broken = createSubject({}, { ...subject.stores, templates: failing })
  const forked = await broken.send('POST', `${base}/support-reply/fork`, { slug: 'mine' })
  expect(forked.status).toBe(201)
  expect(forked.json['warnings']).toEqual([expect.stringContaining('could not be counted')])
  expect(broken.observations).toContainEqual(expect.objectContaining({ type: 'defect' }))
})

test('a rating is a whole number from 1 to 5', async () => {
  const { send } = createSubject()
  for (const rating of [0, 6, 2.5, '5', null]) {
    const answer = await send('POST', `${base}/support-reply/reviews`, { rating })
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe('rating')
  }
})
