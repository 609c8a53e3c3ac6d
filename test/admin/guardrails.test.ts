import { describe, expect, test } from 'vitest'
import { guardrailTypes } from '../../src/guardrails/index.ts'
import { type Answer, type Subject, createSubject, createSupportReply, versionBody } from './subject.ts'

const words = { slug: 'words', type: 'keywords', settings: { words: ['swordfish'] } }
const webhook = {
  slug: 'ours',
  type: 'webhook',
  action: 'redact',
  settings: {
    url: 'https://checks.example.com/text',
    secret: 'the secret of this webhook',
    headers: { authorization: 'Bearer abcdefgh' },
  },
}

async function withGuardrail(body: object): Promise<Subject> {
  const subject = createSubject()
  const made = await subject.send('POST', '/v1/guardrails', body)
  expect(made.status, made.text).toBe(201)
  return subject
}

const errorOf = ({ json }: Answer) => json['error']
const storedSettings = async (subject: Subject, slug: string) =>
  (await subject.stores.guardrails.find('default', slug))?.body.settings

describe('a guardrail', () => {
  test('is made with defaults that are shown as they hold', async () => {
    const subject = createSubject()
    const made = await subject.send('POST', '/v1/guardrails', words)
    expect(made.status).toBe(201)
    expect(made.json).toEqual({
      slug: 'words',
      name: 'words',
      description: null,
      type: 'keywords',
      stages: ['input', 'output'],
      action: 'flag',
      severity: 'warning',
      mode: 'enforce',
      on_error: 'open',
      settings: { words: ['swordfish'] },
      secret_settings: [],
      roles: guardrailTypes.get('keywords')?.roles,
      stream_mode: 'sync',
      scope: null,
      order: 100,
      enabled: true,
      created_at: '2026-11-20T09:30:00.000Z',
      created_by: 'admin',
      updated_at: '2026-11-20T09:30:00.000Z',
      updated_by: 'admin',
      problem: null,
    })
    expect((await subject.send('GET', '/v1/guardrails/words')).json).toEqual(made.json)
    expect(subject.published()).toBe(1)
  })

  test('that is there already is a conflict, and one that is not is a 404', async () => {
    const { send } = await withGuardrail(words)
    expect((await send('POST', '/v1/guardrails', words)).status).toBe(409)
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const answer = await send(method, '/v1/guardrails/nobody', method === 'PATCH' ? { enabled: false } : undefined)
      expect(answer.status).toBe(404)
      expect(errorOf(answer)?.['message']).toContain("guardrail 'nobody'")
    }
  })

  test('cannot have a name that means something else in its address', async () => {
    const { send } = createSubject()
    for (const slug of ['types', 'test', 'stats']) {
      const answer = await send('POST', '/v1/guardrails', { ...words, slug })
      expect(errorOf(answer)).toMatchObject({ param: 'slug' })
    }
  })

  test.each<[string, object, string, string]>([
    ['a type that is not there', { ...words, type: 'keyword' }, 'type', 'Did you mean `keywords`?'],
    [
      'settings of no type',
      { ...words, settings: { wrods: [] } },
      'settings.wrods',
      '`settings.wrods` is not a known field',
    ],
    ['settings out of bounds', { ...words, settings: { words: [] } }, 'settings.words', '`settings.words`'],
    ['a pattern that cannot be used', { slug: 'x', type: 'regex', settings: { pattern: '(' } }, 'settings.pattern', ''],
    ['an action that the type cannot do', { slug: 'x', type: 'injection', action: 'redact' }, 'action', 'redact'],
    ['a mode of streams that it cannot do', { slug: 'x', type: 'injection', stream_mode: 'redact' }, 'stream_mode', ''],
    ['a stage that is none', { ...words, stages: ['middle'] }, 'stages[0]', '`input` or `output`'],
    ['an empty scope', { ...words, scope: { prompts: [] } }, 'scope.prompts', 'at least one'],
    ['a slug with a comma', { ...words, slug: 'a,b' }, 'slug', 'a-z'],
  ])('is refused with %s', async (_what, body, param, message) => {
    const answer = await createSubject().send('POST', '/v1/guardrails', body)
    expect(answer.status).toBe(400)
    expect(errorOf(answer)).toMatchObject({ param, message: expect.stringContaining(message) })
  })

  test('is taken away, and what was said of it stays', async () => {
    const { send } = await withGuardrail(words)
    expect((await send('DELETE', '/v1/guardrails/words')).json).toEqual({ id: 'words', deleted: true })
    expect((await send('GET', '/v1/guardrails')).json['data']).toEqual([])
  })

  test('of a type that this version does not know is shown with its problem, and none of its settings', async () => {
    const subject = createSubject()
    await subject.stores.guardrails.create(
      { tenantId: 'default', id: 'admin', name: 'admin' },
      {
        slug: 'future',
        body: {
          type: 'of-tomorrow',
          stages: ['input'],
          action: 'block',
          severity: 'error',
          mode: 'enforce',
          settings: { token: 'Open sesame' },
          order: 1,
          enabled: true,
        },
      },
    )
    const { json, text } = await subject.send('GET', '/v1/guardrails/future')
    expect(json).toMatchObject({ on_error: 'closed', settings: {}, problem: expect.stringContaining('type') })
    expect(text).not.toContain('Open sesame')
  })
})

describe('the list', () => {
  test('is in the order in which they look, page by page', async () => {
    const { send } = createSubject()
    for (const [slug, order] of [
      ['b', 5],
      ['c', 100],
      ['a', 100],
      ['d', 5],
    ] as const)
      await send('POST', '/v1/guardrails', { ...words, slug, order })
    const seen: string[] = []
    let cursor = ''
    for (let pages = 0; pages < 10; pages++) {
      const { json } = await send('GET', `/v1/guardrails?limit=1${cursor}`)
      seen.push(...[...(json['data'] ?? [])].map((row) => String(row['slug'])))
      if (json['next_cursor'] === null) break
      cursor = `&cursor=${String(json['next_cursor'])}`
    }
    expect(seen).toEqual(['b', 'd', 'a', 'c'])
    expect(errorOf(await send('GET', '/v1/guardrails?cursor=W10'))).toMatchObject({ param: 'cursor' })
  })
})

describe('a change', () => {
  test('is field by field, and null goes back to the default', async () => {
    const { send } = await withGuardrail({ ...words, name: 'Words', on_error: 'open', scope: { prompts: ['a'] } })
    const changed = await send('PATCH', '/v1/guardrails/words', { action: 'block', order: 3 })
    expect(changed.json).toMatchObject({
      name: 'Words',
      action: 'block',
      order: 3,
      on_error: 'open',
      settings: words.settings,
    })
    const reset = await send('PATCH', '/v1/guardrails/words', { name: null, on_error: null, scope: null })
    expect(reset.json).toMatchObject({ name: 'words', on_error: 'closed', scope: null, action: 'block' })
    const replaced = await send('PATCH', '/v1/guardrails/words', { settings: { words: ['b'], match: 'substring' } })
    expect(replaced.json['settings']).toEqual({ words: ['b'], match: 'substring' })
    expect((await send('GET', '/v1/guardrails/words')).json).toEqual(replaced.json)
  })

  test('one call enforces what only flagged', async () => {
    const { send } = await withGuardrail({ slug: 'inject', type: 'injection', stages: ['input'] })
    expect((await send('PATCH', '/v1/guardrails/inject', { action: 'block' })).json).toMatchObject({
      action: 'block',
      on_error: 'closed',
    })
  })

  test('that leads to what cannot work changes nothing', async () => {
    const subject = await withGuardrail(words)
    for (const body of [{ settings: {} }, { type: 'regex' }, { type: 'nothing' }, { slug: 'other' }, { mode: null }]) {
      expect((await subject.send('PATCH', '/v1/guardrails/words', body)).status).toBe(400)
    }
    expect(await subject.stores.guardrails.find('default', 'words')).toMatchObject({
      body: words.settings && { type: 'keywords', settings: words.settings },
    })
  })
})

describe('a write-only setting', () => {
  test('is never shown, only that it is there', async () => {
    const subject = await withGuardrail(webhook)
    const answers = [
      await subject.send('GET', '/v1/guardrails/ours'),
      await subject.send('GET', '/v1/guardrails'),
      await subject.send('PATCH', '/v1/guardrails/ours', { order: 7 }),
    ]
    for (const { text } of answers) {
      expect(text).not.toContain('the secret of this webhook')
      expect(text).not.toContain('abcdefgh')
      expect(text).toContain('"secret_settings":["secret","headers"]')
    }
    expect(await storedSettings(subject, 'ours')).toEqual(webhook.settings)
  })

  test('keeps its value when the settings are replaced without it, and null takes it away', async () => {
    const subject = await withGuardrail(webhook)
    const { url } = webhook.settings
    await subject.send('PATCH', '/v1/guardrails/ours', { settings: { url, timeout_ms: 500 } })
    expect(await storedSettings(subject, 'ours')).toEqual({ ...webhook.settings, timeout_ms: 500 })
    await subject.send('PATCH', '/v1/guardrails/ours', { settings: { url, secret: 'another long secret here' } })
    expect(await storedSettings(subject, 'ours')).toEqual({ ...webhook.settings, secret: 'another long secret here' })
    const without = await subject.send('PATCH', '/v1/guardrails/ours', { settings: { url, secret: null } })
    expect(without.json['secret_settings']).toEqual(['headers'])
    expect(await storedSettings(subject, 'ours')).toEqual({ url, headers: webhook.settings.headers })
  })

  test('is never sent to another address unseen', async () => {
    const subject = await withGuardrail(webhook)
    const elsewhere = { settings: { url: 'https://evil.example/' } }
    const answer = await subject.send('PATCH', '/v1/guardrails/ours', elsewhere)
    expect(answer.status).toBe(400)
    expect(errorOf(answer)).toMatchObject({
      param: 'settings.secret',
      message: expect.stringContaining('must be sent again'),
    })
    expect(answer.text).not.toContain('abcdefgh')
    expect(await storedSettings(subject, 'ours')).toEqual(webhook.settings)
    const meant = { settings: { url: 'https://new.example/', secret: null, headers: null } }
    expect((await subject.send('PATCH', '/v1/guardrails/ours', meant)).json['secret_settings']).toEqual([])
  })

  test('does not come along to another type', async () => {
    const subject = await withGuardrail(webhook)
    await subject.send('PATCH', '/v1/guardrails/ours', { type: 'keywords', settings: { words: ['a'] } })
    expect(await storedSettings(subject, 'ours')).toEqual({ words: ['a'] })
  })
})

describe('the list of types', () => {
  test('has every type with the JSON Schema of its settings', async () => {
    const { json } = await createSubject().send('GET', '/v1/guardrails/types')
    const rows = [...(json['data'] ?? [])]
    expect(rows.map((row) => row['type'])).toEqual([...guardrailTypes.keys()])
    for (const row of rows) expect(row['settings']).toMatchObject({ type: 'object', properties: expect.any(Object) })
    const ours = rows.find((row) => String(row['type']) === 'webhook')
    expect(ours).toMatchObject({
      remote: true,
      finds_places: true,
      secret_settings: ['secret', 'headers'],
      settings: { properties: { secret: { writeOnly: true }, headers: { writeOnly: true } } },
    })
    expect(ours?.['settings']?.['properties']?.['url']).not.toHaveProperty('writeOnly')
  })
})

describe('a version that asks for guardrails', () => {
  const pinned = (...guardrails: unknown[]) => ({ ...versionBody, guardrails })

  test('is made when they are there', async () => {
    const subject = await withGuardrail(words)
    const made = await createSupportReply(subject, { version: pinned({ guardrail: 'words', action: 'block' }) })
    expect(made.status, made.text).toBe(201)
  })

  test('is refused by whatever way when one is not', async () => {
    const subject = await withGuardrail(words)
    const refused = await createSupportReply(subject, { version: pinned('words', 'nobody') })
    expect(errorOf(refused)).toMatchObject({
      param: 'version.guardrails[1]',
      message: expect.stringContaining("guardrail 'nobody'"),
    })
    expect((await subject.send('GET', '/v1/prompts/support-reply')).status).toBe(404)
    await createSupportReply(subject, { version: pinned('words') })
    const path = '/v1/prompts/support-reply'
    const added = await subject.send('POST', `${path}/versions`, pinned({ guardrail: 'nobody' }))
    expect(errorOf(added)).toMatchObject({ param: 'guardrails[0]' })
    await subject.send('DELETE', `${path}/labels/production`)
    await subject.send('DELETE', '/v1/guardrails/words')
    const copied = await subject.send('POST', `${path}/duplicate`, { version: 1 })
    expect(errorOf(copied)?.['message']).toContain("guardrail 'words'")
    expect((await subject.send('GET', `${path}/versions`)).json['data']).toHaveLength(1)
  })

  test('is found missing by another process’s newest guardrail only when it really is', async () => {
    const subject = createSubject()
    const { slug, ...body } = words
    await subject.stores.guardrails.create(
      { tenantId: 'default', id: 'admin', name: 'admin' },
      {
        slug,
        body: {
          ...body,
          stages: ['input'],
          action: 'flag',
          severity: 'info',
          mode: 'enforce',
          order: 1,
          enabled: true,
        },
      },
    )
    expect((await createSupportReply(subject, { version: pinned('words') })).status).toBe(201)
  })

  test('is reported by an import, dry or not, and imported once its guardrails are there', async () => {
    const subject = createSubject()
    const bundle = {
      format: 'promptbox/1',
      prompts: [{ slug: 'support-reply', name: 'Support', versions: [versionBody, pinned('words')] }],
    }
    for (const query of ['?dry_run=true', '']) {
      const { json } = await subject.send('POST', `/v1/import${query}`, bundle)
      expect(json['prompts']?.[0]).toMatchObject({
        action: 'refused',
        problems: [expect.stringContaining('`versions[1].guardrails[0]`')],
      })
    }
    await subject.send('POST', '/v1/guardrails', words)
    expect((await subject.send('POST', '/v1/import', bundle)).json).toMatchObject({ created: 1 })
  })

  test('keeps its guardrail from being removed while it has a label', async () => {
    const subject = await withGuardrail(words)
    await createSupportReply(subject, { version: pinned('words'), labels: ['production', 'beta'] })
    await subject.send('POST', '/v1/prompts/support-reply/versions', versionBody)
    const refused = await subject.send('DELETE', '/v1/guardrails/words')
    expect(refused.status).toBe(409)
    expect(errorOf(refused)).toMatchObject({
      code: 'guardrail_in_use',
      message: expect.stringContaining('support-reply@1 (beta, production)'),
    })
    for (const label of ['production', 'beta'])
      await subject.send('PUT', `/v1/prompts/support-reply/labels/${label}`, { version: 2 })
    expect((await subject.send('DELETE', '/v1/guardrails/words')).status).toBe(200)
  })

  test('of an archived prompt keeps nothing', async () => {
    const subject = await withGuardrail(words)
    await createSupportReply(subject, { version: pinned('words') })
    await subject.send('POST', '/v1/prompts/support-reply/archive')
    expect((await subject.send('DELETE', '/v1/guardrails/words')).status).toBe(200)
  })
})
