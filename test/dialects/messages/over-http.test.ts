import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningApp, startRunningApp } from '../../support/running-app.ts'

let app: RunningApp
let claude: Anthropic

beforeAll(async () => {
  app = await startRunningApp()
  claude = new Anthropic({ authToken: app.key, apiKey: null, baseURL: app.url, maxRetries: 0 })
  await app.admin('POST', '/prompts', {
    slug: 'greeting',
    name: 'Greeting',
    version: {
      messages: [{ role: 'user', content: 'Good morning, {{name}}.' }],
      variables: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      model: 'mock/echo',
    },
    labels: ['production'],
  })
})
afterAll(() => app.dispose())

const hello = { max_tokens: 100, messages: [{ role: 'user' as const, content: 'Hello from Claude' }] }

describe('a Claude client of a provider without Messages', () => {
  it('gets a message', async () => {
    const message = await claude.messages.create({ model: 'mock/echo', ...hello })
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello from Claude' }],
      stop_reason: 'end_turn',
    })
    expect(message.usage.output_tokens).toBeGreaterThan(0)
  })

  it('gets a stream, and the exchange is recorded with the tokens the provider counted', async () => {
    const { data, response } = await claude.messages
      .create({ model: 'mock/echo', ...hello, stream: true })
      .withResponse()
    let text = ''
    let outputTokens = 0
    for await (const event of data) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
      if (event.type === 'message_delta') outputTokens = event.usage.output_tokens
    }
    expect(text).toBe('Hello from Claude')
    expect(await app.exchange(response.headers.get('x-request-id') ?? '')).toMatchObject({
      outcome: 'ok',
      stream: true,
      usage_source: 'provider',
      output_tokens: outputTokens,
    })
  })

  it('calls a tool of its own', async () => {
    const tool = {
      name: 'lookup',
      input_schema: { type: 'object' as const, properties: { at: { type: 'string' } }, required: ['at'] },
    }
    const message = await claude.messages.stream({ model: 'mock/tool', ...hello, tools: [tool] }).finalMessage()
    expect(message.stop_reason).toBe('tool_use')
    expect(message.content.at(-1)).toMatchObject({ type: 'tool_use', name: 'lookup', input: { at: expect.anything() } })
  })

  it('uses a prompt as a model, without messages of its own', async () => {
    const response = await app.post('/messages', {
      model: 'prompt:greeting',
      prompt_variables: { name: 'Ada' },
      max_tokens: 100,
      messages: [],
    })
    expect(await response.json()).toMatchObject({ type: 'message', content: [{ text: 'Good morning, Ada.' }] })
    expect(response.headers.get('x-promptbox-prompt')).toBe('greeting')
  })

  it('learns what was dropped', async () => {
    const response = await app.post('/messages', { model: 'mock/echo', ...hello, top_k: 5 })
    expect(response.headers.get('x-promptbox-warning')).toContain('top_k')
  })

  it('learns which tool cannot be had', async () => {
    const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const }]
    const failed = claude.messages.create({ model: 'mock/echo', ...hello, tools })
    await expect(failed).rejects.toThrow(/web_search_20250305/)
    await expect(failed).rejects.toBeInstanceOf(Anthropic.BadRequestError)
  })

  it('hears of an error in mid-stream', async () => {
    const stream = claude.messages.stream({ model: 'mock/error-midstream', ...hello })
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(Anthropic.APIError)
  })
})

describe('a client of legacy completions with a provider that has none', () => {
  const openai = () => new OpenAI({ apiKey: app.key, baseURL: `${app.url}/v1`, maxRetries: 0 })

  it('gets a completion, whole and streamed (I03, I04)', async () => {
    const whole = await openai().completions.create({ model: 'mock/echo', prompt: 'Once upon a time' })
    expect(whole).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'Once upon a time', index: 0, finish_reason: 'stop' }],
    })
    let text = ''
    const stream = await openai().completions.create({ model: 'mock/echo', prompt: 'Once upon a time', stream: true })
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? 'no choice'
    expect(text).toBe('Once upon a time')
  })

  it('uses a prompt by its reference', async () => {
    const prompt = { id: 'greeting', variables: { name: 'Ada' } }
    const response = await app.post('/completions', { prompt })
    expect(await response.json()).toMatchObject({ choices: [{ text: 'Good morning, Ada.' }] })
  })

  it('ends its stream with [DONE]', async () => {
    const response = await app.post('/completions', { model: 'mock/echo', prompt: 'x', stream: true })
    expect(await response.text()).toMatch(/\n\ndata: \[DONE\]\n\n$/)
  })

  it('learns what a chat model cannot do (I04)', async () => {
    const response = await app.post('/completions', { model: 'mock/echo', prompt: 'x', suffix: 'y' })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param: 'suffix', type: 'invalid_request_error' } })
  })
})
