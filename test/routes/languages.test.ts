import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'

/** A prompt in several languages, with examples and a placeholder for a variable, through HTTP. */
let app: RunningApp

const say = (content: string) => ({ role: 'user', content })

beforeAll(async () => {
  app = await startRunningApp()
  await app.admin('POST', '/prompts', {
    slug: 'greet',
    name: 'Greet',
    version: {
      locale: 'en',
      messages: [{ role: 'placeholder', name: 'history' }, say('Hello {{name}}')],
      locales: { fr: { messages: [say('Bonjour {{name}}')] }, pt: { messages: [say('Olá {{name}}')] } },
      model: 'mock/echo',
      cache_ttl_seconds: 60,
    },
    labels: ['production'],
  })
  await app.admin('POST', '/prompts', {
    slug: 'shown',
    name: 'Shown',
    version: {
      messages: [{ role: 'system', content: 'S' }],
      examples: [{ user: '{{a}}', assistant: '{{b}}' }],
      model: 'mock/echo',
    },
    labels: ['production'],
  })
})

afterAll(() => app.dispose())

interface Wanted {
  readonly metadata?: string
  readonly header?: string
}

const greet = (wanted: Wanted, more: object = {}): Promise<Response> =>
  app.post(
    '/chat/completions',
    {
      model: 'prompt:greet',
      prompt_variables: { name: 'Ada' },
      ...(wanted.metadata === undefined ? {} : { metadata: { locale: wanted.metadata } }),
      ...more,
    },
    wanted.header === undefined ? {} : { 'accept-language': wanted.header },
  )

const textOf = async (response: Response): Promise<string | undefined> => {
  const answer = (await response.json()) as { choices?: { message?: { content?: string } }[] }
  return answer.choices?.[0]?.message?.content
}

describe('the language of an answer', () => {
  it.each<[string, Wanted, string, string]>([
    ['its own', {}, 'en', 'Hello Ada'],
    ['metadata.locale', { metadata: 'FR' }, 'fr', 'Bonjour Ada'],
    ['a shorter tag', { metadata: 'pt-BR' }, 'pt', 'Olá Ada'],
    ['accept-language, by quality', { header: 'nl, en;q=0.2, pt;q=0.4' }, 'pt', 'Olá Ada'],
    ['metadata before the header', { metadata: 'fr', header: 'pt' }, 'fr', 'Bonjour Ada'],
    ['the header, when that of metadata is not there', { metadata: 'ja', header: 'pt' }, 'pt', 'Olá Ada'],
    ['its own, when nothing fits', { metadata: 'ja', header: '*' }, 'en', 'Hello Ada'],
  ])('is %s, and a header says so; the cache keeps them apart', async (_, wanted, locale, text) => {
    for (let time = 0; time < 2; time++) {
      const response = await greet(wanted)
      expect(response.headers.get('x-promptbox-locale')).toBe(locale)
      expect(await textOf(response)).toBe(text)
    }
  })

  it('is not what is recorded: that is what was asked for', async () => {
    const response = await greet({ metadata: 'ja' })
    expect(response.headers.get('x-promptbox-locale')).toBe('en')
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({ locale: 'ja' })
  })

  it('is not said of a version that has one only', async () => {
    const response = await app.post('/chat/completions', { model: 'prompt:shown', messages: [say('x')] })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-promptbox-locale')).toBeNull()
  })

  it('is the same on every endpoint that takes prompts', async () => {
    const variables = { name: 'Ada' }
    const metadata = { locale: 'fr' }
    for (const [path, body] of [
      ['/responses', { model: 'prompt:greet', prompt_variables: variables, metadata }],
      ['/completions', { model: 'prompt:greet', prompt_variables: variables, metadata }],
      ['/messages', { model: 'prompt:greet', prompt_variables: variables, metadata, max_tokens: 10 }],
      ['/prompts/greet/completions', { variables, metadata }],
    ] as const) {
      const response = await app.post(path, body)
      expect(await response.text(), path).toContain('Bonjour Ada')
      expect(response.headers.get('x-promptbox-locale'), path).toBe('fr')
    }
  })

  it('can be chosen when a prompt is rendered, and is no field for the provider', async () => {
    const response = await app.post('/prompts/greet/render', { variables: { name: 'Ada' }, locale: 'pt-BR' })
    expect(response.headers.get('x-promptbox-locale')).toBe('pt')
    const { data } = (await response.json()) as { data: Record<string, unknown> }
    expect(data).toEqual({ model: 'echo', messages: [say('Olá Ada')] })
  })
})

describe('examples and variables of messages', () => {
  it.each<[string, object]>([
    ['/chat/completions', { messages: [say('x')] }],
    ['/responses', { input: 'x' }],
    ['/messages', { messages: [say('x')], max_tokens: 10 }],
    ['/prompts/shown/completions', { messages: [say('x')] }],
  ])('%s takes a prompt with them', async (path, more) => {
    const response = await app.post(path, { model: 'prompt:shown', ...more })
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('x')])
  })

  it('are sent as data', async () => {
    const history = [say('{{name}}'), { role: 'assistant', content: 'yes' }]
    const rendered = await app.post('/prompts/greet/render', { variables: { name: 'Ada', history } })
    expect(await rendered.json()).toMatchObject({ data: { messages: [...history, say('Hello Ada')] } })
    const shown = await app.post('/prompts/shown/render', { messages: [say('x')] })
    expect(await shown.json()).toMatchObject({
      data: {
        messages: [{ role: 'system', content: 'S' }, say('{{a}}'), { role: 'assistant', content: '{{b}}' }, say('x')],
      },
    })
  })

  it('that are no messages are refused by name', async () => {
    const response = await greet({}, { prompt_variables: { name: 'Ada', history: 'no' } })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      error: {
        code: 'invalid_variables',
        param: 'variables.history',
        message: expect.stringContaining('`history`') as string,
      },
    })
  })
})
