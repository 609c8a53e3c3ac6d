import { describe, expect, test } from 'vitest'
import { createSubject } from './subject.ts'

describe('keys', () => {
  test('a key is shown once, with 32 random bytes, and never again', async () => {
    const subject = createSubject()
    const created = await subject.send('POST', '/v1/keys', { name: 'checkout' })
    expect(created.status).toBe(201)
    const key = String(created.json['key'])
    expect(key).toMatch(/^pb-[A-Za-z0-9_-]{43}$/)
    expect(created.json).toMatchObject({
      name: 'checkout',
      scopes: ['inference'],
      expires_at: null,
      revoked_at: null,
      created_by: 'admin',
    })
    expect(key.startsWith(String(created.json['prefix']))).toBe(true)
    const list = await subject.send('GET', '/v1/keys')
    expect(list.text).not.toContain(key)
    expect(list.json['data']?.[0]).toMatchObject({ id: created.json['id'], prefix: key.slice(0, 9) })
    expect(list.json['data']?.[0]).not.toHaveProperty('hash')
  })

  test('a key gives others only the roles it has, so that nobody gives themselves one', async () => {
    const subject = createSubject()
    const make = (key: string | null, ...roles: readonly string[]) =>
      subject.send(
        'POST',
        '/v1/keys',
        { name: 'made', scopes: ['admin'], roles },
        key === null ? {} : { authorization: `Bearer ${key}` },
      )
    const mary = String((await make(null, 'release-manager')).json['key'])
    expect((await make(mary, 'release-manager')).status).toBe(201)
    const plain = await make(mary)
    expect(plain.status).toBe(201)
    for (const [key, role] of [
      [mary, 'legal'],
      [String(plain.json['key']), 'release-manager'],
    ] as const) {
      const refused = await make(key, role)
      expect(refused.status).toBe(403)
      expect(refused.json['error']).toMatchObject({ param: 'roles', code: 'role_required' })
    }
  })

  test('two keys differ', async () => {
    const subject = createSubject()
    const [one, other] = [
      await subject.send('POST', '/v1/keys', { name: 'a' }),
      await subject.send('POST', '/v1/keys', { name: 'a' }),
    ]
    expect(one.json['key']).not.toBe(other.json['key'])
    expect(one.json['id']).not.toBe(other.json['id'])
  })

  test('revoking twice is no error; an unknown id is a 404', async () => {
    const subject = createSubject()
    const { json } = await subject.send('POST', '/v1/keys', { name: 'a' })
    const first = await subject.send('DELETE', `/v1/keys/${String(json['id'])}`)
    expect(first.json['revoked_at']).toBe('2026-11-20T09:30:00.000Z')
    expect((await subject.send('DELETE', `/v1/keys/${String(json['id'])}`)).status).toBe(200)
    expect((await subject.send('DELETE', '/v1/keys/nobody')).status).toBe(404)
    expect((await subject.send('DELETE', '/v1/keys/a%00b')).status).toBe(400)
  })

  test.each([
    [{}, 'name'],
    [{ name: '  ' }, 'name'],
    [{ name: 'a', scopes: [] }, 'scopes'],
    [{ name: 'a', scopes: ['root'] }, 'scopes[0]'],
    [{ name: 'a', scopes: ['admin', 'admin'] }, 'scopes'],
    [{ name: 'a', expires_at: 'tomorrow' }, 'expires_at'],
    [{ name: 'a', expires_at: '2026-11-20T09:30:00Z' }, 'expires_at'],
    [{ name: 'a', expires_at: 1763631000 }, 'expires_at'],
    [{ name: 'a', key: 'pb-mine' }, 'key'],
  ])('%j is refused, naming %s', async (body, param) => {
    const answer = await createSubject().send('POST', '/v1/keys', body)
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe(param)
    expect(answer.text).not.toContain('pb-mine')
  })
})
