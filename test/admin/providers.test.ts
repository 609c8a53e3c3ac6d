import { describe, expect, test } from 'vitest'
import { createSubject } from './subject.ts'

const secret = 'sk-proj-0123456789abcdefWXYZ'

describe('provider credentials', () => {
  test('a secret goes in and never comes out again', async () => {
    const subject = createSubject()
    const put = await subject.send('PUT', '/v1/providers/openai', { api_key: secret })
    expect(put.json).toMatchObject({
      provider: 'openai',
      has_api_key: true,
      api_key_hint: 'WXYZ',
      base_url: null,
      updated_by: 'admin',
    })
    const list = await subject.send('GET', '/v1/providers')
    expect(list.json['data']).toHaveLength(1)
    for (const { text } of [put, list]) {
      expect(text).not.toContain(secret.slice(0, 12))
      expect(text).not.toContain('v1:')
    }
    const [stored] = await subject.stores.credentials.list()
    expect(stored?.sealedApiKey).toMatch(/^v1:/)
    expect(stored?.sealedApiKey).not.toContain(secret)
  })

  test('a short secret gets no hint', async () => {
    const put = await createSubject().send('PUT', '/v1/providers/openai', { api_key: 'short' })
    expect(put.json['api_key_hint']).toBeNull()
  })

  test('another prefix of a provider means the provider', async () => {
    const subject = createSubject()
    expect((await subject.send('PUT', '/v1/providers/google', { api_key: secret })).json['provider']).toBe('gemini')
    expect((await subject.send('DELETE', '/v1/providers/google')).json).toEqual({ id: 'gemini', deleted: true })
    expect((await subject.send('DELETE', '/v1/providers/gemini')).status).toBe(404)
  })

  test('an unknown provider is a 400 that lists the known ones', async () => {
    const answer = await createSubject().send('PUT', '/v1/providers/opnai', { api_key: secret })
    expect(answer.status).toBe(400)
    expect(answer.json['error']).toMatchObject({
      param: 'provider',
      message: expect.stringContaining('gemini, local, mock, openai, openrouter'),
    })
  })

  test('a stored secret is never carried over to another address unseen', async () => {
    const subject = createSubject()
    await subject.send('PUT', '/v1/providers/openai', { api_key: secret })
    const moved = await subject.send('PUT', '/v1/providers/openai', { base_url: 'https://elsewhere.example/v1' })
    expect(moved.status).toBe(400)
    expect(moved.json['error']?.['param']).toBe('api_key')
    const dropped = await subject.send('PUT', '/v1/providers/openai', {
      base_url: 'https://elsewhere.example/v1',
      api_key: null,
    })
    expect(dropped.json).toMatchObject({
      has_api_key: false,
      api_key_hint: null,
      base_url: 'https://elsewhere.example/v1',
    })
  })

  test.each([
    [{}, 'api_key'],
    [{ api_key: null }, 'api_key'],
    [{ api_key: '' }, 'api_key'],
    [{ api_key: 'with space' }, 'api_key'],
    [{ api_key: 'line\r\nbreak' }, 'api_key'],
    [{ api_key: 'schlüssel' }, 'api_key'],
    [{ api_key: 5 }, 'api_key'],
    [{ base_url: 'not a url' }, 'base_url'],
    [{ base_url: 'ftp://x.example' }, 'base_url'],
    [{ base_url: 'file:///etc/passwd' }, 'base_url'],
    [{ base_url: 'https://user:pass@x.example/v1' }, 'base_url'],
    [{ base_url: 'https://x.example/v1?key=1' }, 'base_url'],
    [{ apikey: secret }, 'apikey'],
  ])('%j is refused, naming %s, without repeating a value', async (body, param) => {
    const answer = await createSubject().send('PUT', '/v1/providers/openai', body)
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe(param)
    expect(answer.text).not.toContain('user:pass')
    expect(answer.text).not.toContain(secret)
  })
})

describe('addresses that are never called', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[0:0:0:0:0:ffff:a9fe:a9fe]/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://169.254.170.2/v1',
    'http://metadata.google.internal/',
    'http://METADATA.google.internal./',
    'http://metadata/',
    'http://instance-data/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/',
  ])('%s, also where private addresses are allowed', async (base_url) => {
    const answer = await createSubject({ allowPrivateUrls: true }).send('PUT', '/v1/providers/local', { base_url })
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe('base_url')
  })

  const privateOnes = [
    'http://127.0.0.1:11434/v1',
    'http://localhost:11434/v1',
    'http://LOCALHOST/',
    'http://api.localhost/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://10.0.0.7/v1',
    'http://172.16.0.1/',
    'http://192.168.1.10:8080/v1',
    'http://100.64.0.1/',
    'http://[fc00::1]/',
    'http://ollama:11434/v1',
    'http://model.internal/v1',
    'http://printer.local/',
  ]

  test.each(privateOnes)('%s is refused unless the operator allows private addresses', async (base_url) => {
    const refused = await createSubject({ allowPrivateUrls: false }).send('PUT', '/v1/providers/local', { base_url })
    expect(refused.status).toBe(400)
    expect(refused.json['error']).toMatchObject({
      param: 'base_url',
      message: expect.stringContaining('PROMPTBOX_ALLOW_PRIVATE_URLS'),
    })
    expect(
      (await createSubject({ allowPrivateUrls: true }).send('PUT', '/v1/providers/local', { base_url })).status,
    ).toBe(200)
  })

  test.each(['https://api.example.com/v1/', 'https://8.8.8.8/v1', 'http://[2606:4700::1111]/v1'])(
    '%s is fine',
    async (base_url) => {
      const answer = await createSubject({ allowPrivateUrls: false }).send('PUT', '/v1/providers/local', { base_url })
      expect(answer.status).toBe(200)
      expect(answer.json['base_url']).toBe(base_url.replace(/\/$/, ''))
    },
  )
})

describe('further credentials of a provider', () => {
  test('are stored, listed after the default one, and removed by name', async () => {
    const subject = createSubject()
    const second = await subject.send('PUT', '/v1/providers/openai/credentials/second', { api_key: secret })
    expect(second.json).toMatchObject({ provider: 'openai', name: 'second', api_key_hint: 'WXYZ' })
    await subject.send('PUT', '/v1/providers/openai', { api_key: 'sk-1' })
    await subject.send('PUT', '/v1/providers/google/credentials/eu', { api_key: 'g-1' })
    const named = async () => {
      const { json } = await subject.send('GET', '/v1/providers')
      const rows = json['data'] as unknown as readonly { provider: string; name: string }[]
      return rows.map(({ provider, name }) => [provider, name])
    }
    expect(await named()).toEqual([
      ['gemini', 'eu'],
      ['openai', 'default'],
      ['openai', 'second'],
    ])
    expect((await subject.send('DELETE', '/v1/providers/openai/credentials/second')).json).toEqual({
      id: 'openai/second',
      deleted: true,
    })
    expect((await subject.send('DELETE', '/v1/providers/openai/credentials/second')).status).toBe(404)
    expect(await named()).toEqual([
      ['gemini', 'eu'],
      ['openai', 'default'],
    ])
  })

  test('the one named default is the provider’s own', async () => {
    const subject = createSubject()
    await subject.send('PUT', '/v1/providers/openai/credentials/default', { api_key: 'sk-1' })
    expect((await subject.send('DELETE', '/v1/providers/openai')).json).toEqual({ id: 'openai', deleted: true })
  })

  test('each must be sent its own secret again: another’s does not count', async () => {
    const subject = createSubject()
    await subject.send('PUT', '/v1/providers/openai', { api_key: secret })
    const base_url = 'https://elsewhere.example/v1'
    expect((await subject.send('PUT', '/v1/providers/openai/credentials/b', { base_url })).status).toBe(200)
    await subject.send('PUT', '/v1/providers/openai/credentials/b', { base_url, api_key: secret })
    const moved = await subject.send('PUT', '/v1/providers/openai/credentials/b', { base_url })
    expect(moved.status).toBe(400)
    expect(moved.json['error']).toMatchObject({ param: 'api_key', message: expect.stringContaining('openai/b') })
  })

  test.each(['Second', 'a b', '-a', 'a.b', 'x'.repeat(65)])('%j is no name for one', async (name) => {
    const path = `/v1/providers/openai/credentials/${encodeURIComponent(name)}`
    const answer = await createSubject().send('PUT', path, { api_key: secret })
    expect(answer.status).toBe(400)
    expect(answer.json['error']?.['param']).toBe('name')
  })
})
