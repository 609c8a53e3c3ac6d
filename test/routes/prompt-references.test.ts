import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'

/** Contract 2.1 through HTTP: whatever way a request names a prompt, it gets the same answer and the same echo. */
let app: RunningApp

beforeAll(async () => {
  app = await startRunningApp()
  const version = (text: string, extra: object = {}): object => ({
    messages: [{ role: 'user', content: `${text} {{name}}` }],
    variables: {
      type: 'object',
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
      required: ['name'],
    },
    model: 'mock/echo',
    parameters: { temperature: 0.5 },
    ...extra,
  })
  await app.admin('POST', '/prompts', {
    slug: 'greet',
    name: 'Greet',
    aliases: ['pmpt_68abc'],
    version: version('Hello', { semver: '1.0.0' }),
    labels: ['production'],
  })
  await app.admin('POST', '/prompts/greet/versions', version('Good day', { semver: '1.2.0' }))
  await app.admin('PUT', '/prompts/greet/labels/staging', { version: 2, reason: 'try it' })
  await app.admin('POST', '/prompts', {
    slug: 'locked',
    name: 'Locked',
    version: {
      messages: [
        { role: 'system', content: 'S' },
        { role: 'placeholder', name: 'messages' },
        { role: 'system', content: 'after' },
      ],
      model: 'mock/echo',
      parameters: { temperature: 0.1 },
      overrides: { locked: ['model', 'temperature'] },
    },
    labels: ['production'],
  })
})

afterAll(() => app.dispose())

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const Ada = { name: 'Ada' }

interface Asked {
  readonly path?: string
  readonly body: Record<string, unknown>
  readonly headers?: Record<string, string>
}

const sixWays: readonly (readonly [string, Asked])[] = [
  ['1 the model', { body: { model: 'prompt:greet@staging', prompt_variables: Ada } }],
  ['1 the model, version 2', { body: { model: 'prompt:greet@v2', prompt_variables: Ada } }],
  ['1 the model, semantic version', { body: { model: 'prompt:greet@1.2.0', prompt_variables: Ada } }],
  ['1 the model, latest', { body: { model: 'prompt:greet@latest', prompt_variables: Ada } }],
  ['1 prompt/<id>:v2', { body: { model: 'prompt/greet:v2', prompt_variables: Ada } }],
  ['1 an alias', { body: { model: 'prompt:pmpt_68abc@staging', prompt_variables: Ada } }],
  ['2 the body, as OpenAI', { body: { prompt: { id: 'pmpt_68abc', version: '2', variables: Ada } } }],
  ['2 the body, prompt_id and label', { body: { prompt: { prompt_id: 'greet', label: 'staging', variables: Ada } } }],
  [
    '3 flat fields, LiteLLM',
    { body: { prompt_id: 'greet', prompt_version: 2, prompt_variables: Ada, model: 'mock/echo' } },
  ],
  ['3 flat fields, Helicone', { body: { prompt_id: 'greet', environment: 'staging', inputs: Ada } }],
  ['4 the path, Portkey', { path: '/prompts/greet@staging/completions', body: { variables: Ada } }],
  [
    '5 metadata',
    {
      body: { metadata: { prompt_id: 'greet', prompt_version: '2', prompt_variables: JSON.stringify(Ada), team: 'x' } },
    },
  ],
  [
    '6 headers',
    {
      body: {},
      headers: { 'x-prompt-id': 'greet', 'x-prompt-version': 'staging', 'x-prompt-variables': base64url(Ada) },
    },
  ],
]

describe.each(sixWays)('%s', (_name, { path = '/chat/completions', body, headers }) => {
  it('answers from version 2 and says so', async () => {
    const response = await app.post(path, body, headers)
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Good day Ada' } }] })
    expect(response.headers.get('x-promptbox-prompt')).toBe('greet')
    expect(response.headers.get('x-promptbox-version')).toBe('2')
    for (const name of ['provider', 'model', 'cache', 'attempts', 'guardrails']) {
      expect(response.headers.get(`x-promptbox-${name}`)).not.toBeNull()
    }
  })
})

describe('precedence and mistakes', () => {
  it('two references that differ: 400 prompt_reference_conflict', async () => {
    const response = await app.post('/chat/completions', {
      model: 'prompt:greet',
      prompt_id: 'locked',
      prompt_variables: Ada,
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'prompt_reference_conflict' } })
  })

  it('no selector: the label production, recorded with it', async () => {
    const response = await app.post('/chat/completions', { model: 'prompt:greet', prompt_variables: Ada })
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'Hello Ada' } }] })
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({
      prompt_version: 1,
      label: 'production',
    })
  })

  it.each([
    ['missing', {}, 'name'],
    ['of the wrong type', { name: 'Ada', age: 'old' }, 'age'],
  ])('a variable %s: 400 naming it', async (_name, variables, named) => {
    const response = await app.post('/chat/completions', { model: 'prompt:greet', prompt_variables: variables })
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: { message: string; param: string } }
    expect(error.param).toContain(named)
    expect(error.message).toContain(named)
  })

  it('an unknown variable is ignored and named in the warning', async () => {
    const response = await app.post('/chat/completions', {
      model: 'prompt:greet',
      prompt_variables: { ...Ada, nme: 1 },
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-promptbox-warning')).toContain('nme')
  })

  it.each(['prompt:greet@nope', 'prompt:greet@99', 'prompt:greet@9.9.9', 'prompt:unknown'])(
    '%s: 404 prompt_not_found',
    async (model) => {
      const response = await app.post('/chat/completions', { model, prompt_variables: Ada })
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ error: { code: 'prompt_not_found' } })
    },
  )
})

describe('merging', () => {
  it("the client's messages go where the placeholder stands, locked fields stay and are named", async () => {
    const response = await app.post('/chat/completions', {
      model: 'prompt:locked',
      temperature: 0.9,
      messages: [{ role: 'user', content: 'mine' }],
    })
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'mine' } }] })
    expect(response.headers.get('x-promptbox-warning')).toContain('temperature')
    const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
    expect(JSON.stringify(exchange)).toContain('0.1')
  })

  it("a real model in the request replaces the version's unless it is locked", async () => {
    const free = await app.post('/chat/completions', { model: 'mock/json', prompt_id: 'greet', prompt_variables: Ada })
    expect(free.headers.get('x-promptbox-model')).toBe('json')
    await free.text()
    const locked = await app.post('/chat/completions', {
      model: 'mock/json',
      prompt_id: 'locked',
      messages: [{ role: 'user', content: 'x' }],
    })
    expect(locked.headers.get('x-promptbox-model')).toBe('echo')
    expect(locked.headers.get('x-promptbox-warning')).toContain('model')
    await locked.text()
  })

  it('render shows what would be sent and calls nobody', async () => {
    const response = await app.post('/prompts/greet@staging/render', { variables: Ada })
    expect(await response.json()).toMatchObject({
      success: true,
      data: { model: 'echo', temperature: 0.5, messages: [{ role: 'user', content: 'Good day Ada' }] },
    })
  })
})
