import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'

/**
 * The registry as somebody would use it who has only its contract in hand: the exact paths, bodies and names that clients and
 * other tools were promised, over HTTP, against the running product.
 */

let app: RunningApp
beforeAll(async () => {
  app = await startRunningApp()
})
afterAll(() => app.dispose())

/** Every field that a version body has, none left out. */
const wholeBody = {
  messages: [
    { role: 'system', content: 'You answer for {{company}}.' },
    { role: 'user', content: '{{question}}' },
  ],
  variables: {
    type: 'object',
    properties: { company: { type: 'string', default: 'Acme' }, question: { type: 'string' } },
    required: ['question'],
  },
  model: 'mock/echo',
  fallback_models: ['anthropic/claude-haiku-4-5'],
  parameters: { temperature: 0.2, max_tokens: 500 },
  overrides: { locked: ['model'] },
  response_format: null,
  tools: null,
  output_schema: null,
  output_format: 'text',
  guardrails: null,
  timeout_ms: 30_000,
  retries: 2,
  cache_ttl_seconds: 0,
  test_cases: [],
  semver: '1.0.0',
  parent_version: null,
  change_note: 'first',
}
const metadata = {
  name: 'Support reply',
  description: 'Answers a customer.',
  category: 'support',
  use_case: 'email',
  domain: 'retail',
  complexity: 'low',
  app_contexts: ['help desk'],
  tags: ['customer'],
  starters: ['Where is my parcel?'],
  compliance_tags: ['gdpr'],
}
const filtersOfMetadata = {
  category: 'support',
  use_case: 'email',
  domain: 'retail',
  complexity: 'low',
  app_context: 'help desk',
  tag: 'customer',
  compliance_tag: 'gdpr',
}
const variables = { question: 'Where is it?' }

type Json = Readonly<Record<string, unknown>>
const rows = (page: Json): readonly Json[] => page['data'] as readonly Json[]

/** A prompt with the whole body as version 1 in production, and warmer ones after it. */
async function prompt(slug: string, versions = 1): Promise<string> {
  const version = { ...wholeBody }
  await app.admin('POST', '/prompts', { slug, ...metadata, version, labels: ['production'] }, 201)
  for (let number = 2; number <= versions; number++) {
    const next = { ...wholeBody, semver: `1.${number}.0`, parent_version: number - 1, change_note: `version ${number}` }
    await app.admin('POST', `/prompts/${slug}/versions`, next, 201)
  }
  return slug
}

async function servedVersion(slug: string): Promise<string | null> {
  const answer = await app.post('/chat/completions', { model: `prompt:${slug}`, prompt_variables: variables })
  await answer.arrayBuffer()
  return answer.status === 200 ? answer.headers.get('x-promptbox-version') : String(answer.status)
}

const move = (slug: string, version: unknown, status?: number) =>
  app.admin('PUT', `/prompts/${slug}/labels/production`, { version, reason: `to ${String(version)}` }, status)

async function person(name: string, roles: readonly string[] = []) {
  const made = await app.admin('POST', '/keys', { name, scopes: ['admin'], roles }, 201)
  expect(made).toMatchObject({ id: expect.any(String), name, prefix: expect.any(String), key: expect.any(String) })
  return async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${app.url}/admin/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${String(made['key'])}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, json: (await response.json()) as Json }
  }
}

describe('versions', () => {
  it('take every field of the contract and give it back', async () => {
    const slug = await prompt('whole')
    expect(await app.admin('GET', `/prompts/${slug}`)).toMatchObject({ slug, ...metadata, labels: { production: 1 } })
    expect(await app.admin('GET', `/prompts/${slug}/versions/1`)).toMatchObject({ version: 1, body: wholeBody })
  })

  it('are drafts with the next number, their parent, their author and why', async () => {
    const slug = await prompt('lineage')
    const body = { ...wholeBody, semver: '2.0.0', parent_version: 1, change_note: 'warmer' }
    const added = await app.admin('POST', `/prompts/${slug}/versions`, body, 201)
    expect(added).toMatchObject({ version: 2, status: 'draft', parent_version: 1, semver: '2.0.0' })
    expect(rows(await app.admin('GET', `/prompts/${slug}/versions`))[0]).toMatchObject({
      version: 2,
      parent_version: 1,
      change_note: 'warmer',
      created_by: 'admin',
    })
    const again = await app.admin('POST', `/prompts/${slug}/versions`, body, 409)
    expect(again).toMatchObject({ error: { message: expect.stringContaining('2.0.0') } })
  })

  it('never change', async () => {
    const slug = await prompt('immutable')
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      await app.admin(method, `/prompts/${slug}/versions/1`, method === 'DELETE' ? undefined : wholeBody, 405)
    }
  })

  it('are compared, and what breaks callers is said', async () => {
    const slug = await prompt('compared')
    const variables = { type: 'object', properties: { question: { type: 'number' }, order: { type: 'string' } } }
    const breaking = { ...wholeBody, semver: '2.0.0', variables: { ...variables, required: ['question', 'order'] } }
    const messages = [{ role: 'user', content: '{{question}} {{order}}' }]
    await app.admin('POST', `/prompts/${slug}/versions`, { ...breaking, messages }, 201)
    const diff = await app.admin('GET', `/prompts/${slug}/diff?from=1&to=2`)
    const kinds = (diff['breaking'] as readonly Json[]).map(
      ({ kind, variable }) => `${String(kind)} ${String(variable)}`,
    )
    expect(kinds.sort()).toEqual([
      'variable_removed company',
      'variable_required order',
      'variable_type_changed question',
    ])
    const same = await app.admin('GET', `/prompts/${slug}/diff?from=2&to=2`)
    expect(same).toMatchObject({ messages: [], variables: [], parameters: [], fields: [], breaking: [] })
  })

  it('are served by selector', async () => {
    const slug = await prompt('selected', 3)
    const wanted = { '': '1', '@2': '2', '@v2': '2', '@1.2.0': '2', '@v1.2.0': '2', '@latest': '3', '@production': '1' }
    for (const [selector, version] of Object.entries(wanted)) {
      expect(await servedVersion(slug + selector), selector).toBe(version)
    }
  })
})

describe('labels', () => {
  it('move, are served at once, and go back one step at each call until there is none', async () => {
    const slug = await prompt('moving', 3)
    await move(slug, 2)
    expect(await servedVersion(slug)).toBe('2')
    await move(slug, 3)
    const rollback = (body?: unknown, status?: number) => app.admin('POST', `/prompts/${slug}/rollback`, body, status)
    expect(await rollback({})).toMatchObject({ from: 3, to: 2 })
    expect(await rollback({ label: 'production' })).toMatchObject({ from: 2, to: 1 })
    expect(await servedVersion(slug)).toBe('1')
    expect(await rollback(undefined, 409)).toMatchObject({ error: { code: 'nothing_to_roll_back' } })
    const moves = rows(await app.admin('GET', `/prompts/${slug}/timeline`)).filter(({ label }) => label !== undefined)
    expect(moves.map(({ from, to }) => [from, to])).toEqual([
      [undefined, 1],
      [1, 2],
      [2, 3],
      [3, 2],
      [2, 1],
    ])
    expect(moves[1]).toMatchObject({ at: expect.any(String), actor: 'admin', event: 'label_set', reason: 'to 2' })
  })

  it('that are taken away are gone at once, and the timeline says so', async () => {
    const slug = await prompt('withdrawn')
    await app.admin('DELETE', `/prompts/${slug}/labels/production`, { reason: 'wrong' })
    expect(await servedVersion(slug)).toBe('404')
    const timeline = rows(await app.admin('GET', `/prompts/${slug}/timeline`))
    expect(timeline.at(-1)).toMatchObject({ event: 'label_removed', label: 'production', from: 1, reason: 'wrong' })
  })

  it('are never mistaken for a version', async () => {
    const slug = await prompt('names')
    for (const label of ['latest', 'v3', '3']) {
      await app.admin('PUT', `/prompts/${slug}/labels/${label}`, { version: 1 }, 400)
    }
  })
})

describe('a protected label', () => {
  it('moves after approvals by others than the author, by somebody with the role, and back no easier', async () => {
    const slug = await prompt('guarded', 2)
    const [ann, ben] = [await person('Ann'), await person('Ben', ['release-manager'])]
    const protection = `/prompts/${slug}/labels/production/protection`
    await app.admin('PUT', protection, { approvals: 1 })
    expect(await move(slug, 2, 409)).toMatchObject({ error: { code: 'label_protected' } })
    const own = await app.admin('POST', `/prompts/${slug}/versions/2/approve`, undefined, 403)
    expect(own).toMatchObject({ error: { code: 'own_version' } })
    await app.admin('POST', `/prompts/${slug}/versions/2/submit`)
    const approved = await ann('POST', `/prompts/${slug}/versions/2/approve`)
    expect(approved).toMatchObject({ status: 200, json: { status: 'approved' } })
    await app.admin('PUT', protection, { approvals: 1, roles: ['release-manager'] })
    expect((await ann('PUT', `/prompts/${slug}/labels/production`, { version: 2 })).status).toBe(409)
    expect((await ben('PUT', `/prompts/${slug}/labels/production`, { version: 2 })).status).toBe(200)
    expect(await servedVersion(slug)).toBe('2')
    await app.admin('POST', `/prompts/${slug}/rollback`, undefined, 409)
    expect((await ann('DELETE', protection)).status).toBe(403)
    expect((await ben('DELETE', protection)).status).toBe(200)
    await app.admin('POST', `/prompts/${slug}/rollback`)
    const events = rows(await app.admin('GET', `/prompts/${slug}/timeline`)).map(({ event }) => event)
    expect(events).toEqual(
      expect.arrayContaining(['label_protected', 'version_submitted', 'version_approved', 'label_unprotected']),
    )
  })
})

describe('a prompt', () => {
  it('is archived, restored and copied', async () => {
    const slug = await prompt('kept')
    await app.admin('POST', `/prompts/${slug}/archive`)
    expect(await servedVersion(slug)).toBe('404')
    expect(rows(await app.admin('GET', '/prompts?archived=true')).map((row) => row['slug'])).toContain(slug)
    await app.admin('POST', `/prompts/${slug}/restore`)
    expect(await servedVersion(slug)).toBe('1')
    expect(await app.admin('POST', `/prompts/${slug}/duplicate`, undefined, 201)).toMatchObject({ slug: 'kept-copy' })
  })

  it('is found by its words and by everything that is said of it', async () => {
    const slug = await prompt('findable')
    const filters = { ...filtersOfMetadata, q: 'answers', label: 'production' }
    for (const [name, value] of Object.entries(filters)) {
      const query = new URLSearchParams({ limit: '200', [name]: value })
      const found = rows(await app.admin('GET', `/prompts?${query.toString()}`)).map((row) => row['slug'])
      expect(found, name).toContain(slug)
    }
  })

  it('is a model that clients can list and call, and its misuse is named', async () => {
    const slug = await prompt('called')
    const models = await fetch(`${app.url}/v1/models`, { headers: { authorization: `Bearer ${app.key}` } })
    expect(await models.text()).toContain(`"prompt:${slug}"`)
    const missing = await app.post('/chat/completions', { model: `prompt:${slug}` })
    expect(missing.status).toBe(400)
    expect(await missing.text()).toContain('question')
    const typo = await app.admin('POST', '/prompts', { slug: 'typo', name: 'Typo', catgory: 'x' }, 400)
    expect(typo).toMatchObject({ error: { param: 'catgory', message: expect.stringContaining('category') } })
  })
})
