import { describe, expect, test } from 'vitest'
import { openPaths } from '../../src/routes/admin/admin.ts'
import { hashKey } from '../../src/core/seal.ts'
import { ShardedMap } from '../../src/snapshot/sharded-map.ts'
import type { Snapshot, SnapshotKey } from '../../src/snapshot/snapshot.ts'
import { adminKey, createSubject, endpoints } from './subject.ts'

const nowhere: Snapshot = {
  version: '7',
  tier: 'disk',
  builtAt: 0,
  prompts: ShardedMap.empty(),
  keys: ShardedMap.empty(),
  credentials: new Map(),
  models: ShardedMap.empty(),
  routes: ShardedMap.empty(),
  chains: ShardedMap.empty(),
  guardrails: new Map(),
  experiments: new Map(),
}

describe('who is let in', () => {
  test('every route but the listed open ones asks for a key', async () => {
    const { app } = createSubject()
    const routes = app.routes.filter(({ path }) => path !== '/*')
    expect(routes.length).toBeGreaterThan(endpoints.length)
    for (const { method, path } of routes) {
      const filled = path.replaceAll(/:(\w+)(\{[^}]*\})?/g, 'x').replace('*', 'anything')
      const response = await app.request(filled, { method: method === 'ALL' ? 'OPTIONS' : method })
      const isOpen = (openPaths as readonly string[]).includes(path)
      expect.soft(response.status, `${method} ${path}`).toBe(isOpen ? 200 : 401)
    }
  })

  test('each endpoint of the contract is mounted', () => {
    const { app } = createSubject()
    const mounted = new Set(
      app.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`),
    )
    expect(endpoints.filter(({ method, path }) => !mounted.has(`${method} /v1${path}`))).toEqual([])
  })

  test('a path that is nothing is a 401 without a key, and a 404 with one', async () => {
    const subject = createSubject()
    for (const path of ['/v1', '/v1/', '/v1/nothing', '/v1//prompts', '/v1/prompts/', '/v1/%70rompts/a/b/c']) {
      expect.soft((await subject.send('GET', path, undefined, { authorization: '' })).status, path).toBe(401)
      expect.soft((await subject.send('GET', path)).status, path).toBe(404)
    }
  })

  test('the Host header and the spelling of the path change nothing', async () => {
    const { app } = createSubject()
    for (const url of [
      'http://localhost/v1/keys',
      'http://127.0.0.1/v1/keys',
      'http://x/openapi.json/../v1/keys',
      'http://x/v1/keys?/docs',
      'http://x/v1/keys#/docs',
    ]) {
      expect
        .soft((await app.request(url, { headers: { host: 'localhost', 'x-forwarded-host': 'localhost' } })).status, url)
        .toBe(401)
    }
  })

  test.each([
    ['no key', {}],
    ['an unknown key', { authorization: 'Bearer pb-unknown' }],
    ['another scheme', { authorization: `Basic ${adminKey}` }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['a key and more', { authorization: `Bearer ${adminKey} x` }],
    ['the beginning of the key', { authorization: `Bearer ${adminKey.slice(0, -1)}` }],
  ])('%s is a 401 that does not echo it', async (_what, headers: Record<string, string>) => {
    const answer = await createSubject().send('GET', '/v1/prompts', undefined, { authorization: '', ...headers })
    expect(answer.status).toBe(401)
    expect(answer.json['error']).toMatchObject({ type: 'invalid_request_error', code: 'invalid_api_key', param: null })
    expect(answer.text).not.toContain('pb-')
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  })

  test('the header api-key does as well', async () => {
    const answer = await createSubject().send('GET', '/v1/prompts', undefined, {
      authorization: '',
      'api-key': adminKey,
    })
    expect(answer.status).toBe(200)
  })

  test('a stored key needs the scope admin', async () => {
    const subject = createSubject()
    const inference = await subject.send('POST', '/v1/keys', { name: 'service' })
    const admin = await subject.send('POST', '/v1/keys', { name: 'operator', scopes: ['admin'] })
    const as = (key: unknown) => ({ authorization: `Bearer ${String(key)}` })
    const refused = await subject.send('GET', '/v1/keys', undefined, as(inference.json['key']))
    expect(refused.status).toBe(403)
    expect(refused.json['error']).toMatchObject({ type: 'permission_error', code: 'permission_denied' })
    expect((await subject.send('GET', '/v1/keys', undefined, as(admin.json['key']))).status).toBe(200)
  })

  test('what a stored key does is written down under its name', async () => {
    const subject = createSubject()
    const admin = await subject.send('POST', '/v1/keys', { name: 'operator', scopes: ['admin'] })
    const headers = { authorization: `Bearer ${String(admin.json['key'])}` }
    await subject.send('POST', '/v1/prompts', { slug: 'a', name: 'A' }, headers)
    const timeline = await subject.send('GET', '/v1/prompts/a/timeline')
    expect(timeline.json['data']?.[0]?.['actor']).toBe('operator')
  })

  test('a key is refused from the moment it expires, and when it is revoked', async () => {
    const subject = createSubject()
    const start = subject.clock.now()
    const created = await subject.send('POST', '/v1/keys', {
      name: 'short',
      scopes: ['admin'],
      roles: [],
      expires_at: new Date(start + 1000).toISOString(),
    })
    const headers = { authorization: `Bearer ${String(created.json['key'])}` }
    subject.clock.set(start + 999)
    expect((await subject.send('GET', '/v1/keys', undefined, headers)).status).toBe(200)
    subject.clock.set(start + 1000)
    expect((await subject.send('GET', '/v1/keys', undefined, headers)).status).toBe(401)
    subject.clock.set(start)
    await subject.send('DELETE', `/v1/keys/${String(created.json['id'])}`)
    expect((await subject.send('GET', '/v1/keys', undefined, headers)).status).toBe(401)
  })

  test('while the database is away an unknown key is a 503, never a 401; the super-admin key works', async () => {
    const subject = createSubject({ snapshot: () => nowhere })
    const unknown = await subject.send('GET', '/v1/snapshot', undefined, { authorization: 'Bearer pb-perhaps-new' })
    expect(unknown.status).toBe(503)
    expect(unknown.headers.get('retry-after')).toBe('5')
    const stale = createSubject({ databaseAway: () => true })
    const asked = await stale.send('GET', '/v1/snapshot', undefined, { authorization: 'Bearer pb-perhaps-new' })
    expect(asked.status).toBe(503)
    const known = await subject.send('GET', '/v1/snapshot')
    expect(known.json).toMatchObject({ tier: 'disk', version: '7' })
  })

  test('a stored admin key still works while the database is away', async () => {
    const key = { id: 'key-1', tenantId: 'default', name: 'operator', scopes: ['admin'], roles: [], expiresAt: null }
    const subject = createSubject({
      snapshot: () => ({ ...nowhere, keys: ShardedMap.empty<SnapshotKey>().with([[hashKey('pb-operator'), key]]) }),
    })
    expect((await subject.send('GET', '/v1/snapshot', undefined, { authorization: 'Bearer pb-operator' })).status).toBe(
      200,
    )
  })
})

describe('the database being away', () => {
  test('is a 503 with a clear sentence; rendering and the snapshot go on', async () => {
    const subject = createSubject()
    await subject.send('POST', '/v1/prompts', {
      slug: 'a',
      name: 'A',
      version: { messages: [{ role: 'user', content: 'hi' }], model: 'mock/echo' },
      labels: ['production'],
    })
    subject.stores.setAvailable(false)
    for (const path of ['/v1/prompts', '/v1/prompts/a', '/v1/keys', '/v1/providers', '/v1/models', '/v1/exchanges']) {
      const answer = await subject.send('GET', path)
      expect.soft(answer.status, path).toBe(503)
      expect
        .soft(answer.json['error'], path)
        .toMatchObject({ code: 'unavailable', message: expect.stringContaining('database is away') })
    }
    expect((await subject.send('POST', '/v1/render', { prompt: 'a' })).status).toBe(200)
    expect((await subject.send('GET', '/v1/snapshot')).status).toBe(200)
  })

  test('a change that is stored but not served yet says so instead of failing', async () => {
    const subject = createSubject({ published: () => Promise.reject(new Error('no notice')) })
    const answer = await subject.send('POST', '/v1/prompts', { slug: 'a', name: 'A' })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('x-promptbox-warning')).toContain('does not serve')
    expect(subject.observations.map(({ type }) => type)).toContain('defect')
  })
})

test('what breaks inside is a 500 that tells nothing but the request id', async () => {
  const subject = createSubject({
    snapshot: () => {
      throw new Error('secret detail')
    },
  })
  const answer = await subject.send('GET', '/v1/snapshot', undefined, { authorization: 'Bearer pb-x' })
  expect(answer.status).toBe(500)
  expect(answer.text).not.toContain('secret detail')
  expect(answer.headers.get('x-request-id')).not.toBeNull()
})

test('no answer may be kept by a cache', async () => {
  const answer = await createSubject().send('GET', '/v1/keys')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
})
