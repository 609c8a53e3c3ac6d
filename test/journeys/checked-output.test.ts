import OpenAI, { APIError, InternalServerError } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCountPrompt, eventsOf, head, hit, miss, usage } from './counting.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { type Script, type ScriptedUpstream, json, sse, startScriptedUpstream } from '../support/scripted-upstream.ts'

/** What a client sees of a prompt whose answers are checked, with the official client and its own retries on. */
let app: RunningApp
let upstream: ScriptedUpstream
let client: OpenAI

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  app = await startRunningApp({
    OPENAI_API_KEY: 'sk-upstream',
    OPENAI_BASE_URL: upstream.baseUrl,
    PROMPTBOX_RETRY_FIRST_PAUSE_MS: '1',
  })
  client = new OpenAI({ apiKey: app.key, baseURL: `${app.url}/v1` })
  for (const policy of ['flag', 'retry', 'error']) {
    await createCountPrompt(app, policy)
  }
})

afterAll(async () => {
  await app.dispose()
  await upstream.close()
})

/** Says this text to a chat or a response, streamed when it was asked to. */
function say(text: string): Script {
  return (answer) => {
    const isStream = answer.request.json['stream'] === true
    if (answer.request.path === '/v1/responses') return sayResponse(text, isStream)(answer)
    const message = { role: 'assistant', content: text, refusal: null }
    if (!isStream)
      return json({
        ...head,
        object: 'chat.completion',
        choices: [{ index: 0, message, finish_reason: 'stop', logprobs: null }],
        usage,
      })(answer)
    return sse([...eventsOf(text), '[DONE]'])(answer)
  }
}

function sayResponse(text: string, isStream: boolean): Script {
  const content = [{ type: 'output_text', text, annotations: [] }]
  const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }
  const response = {
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    status: 'completed',
    model: head.model,
    output: [item],
    usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
  }
  if (!isStream) return json(response)
  return async (answer) => {
    answer.head(200, { 'content-type': 'text/event-stream' })
    const event = (type: string, value: object): Promise<void> =>
      answer.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`)
    await event('response.created', { response: { ...response, status: 'in_progress', output: [] } })
    await event('response.output_text.delta', { item_id: 'msg_1', output_index: 0, content_index: 0, delta: text })
    await event('response.completed', { response })
    answer.end()
  }
}

async function chat(policy: string) {
  const { data, response } = await client.chat.completions
    .create({ model: `prompt:count-${policy}`, messages: [] })
    .withResponse()
  return { text: data.choices[0]?.message.content, headers: response.headers }
}

async function chatStream(policy: string) {
  const { data, response } = await client.chat.completions
    .create({ model: `prompt:count-${policy}`, messages: [], stream: true })
    .withResponse()
  let text = ''
  for await (const chunk of data) text += chunk.choices[0]?.delta.content ?? ''
  return { text, headers: response.headers }
}

const recordOf = (headers: Headers) => app.exchange(headers.get('x-request-id') ?? '')

describe('flag', () => {
  it('gives the answer and says in the headers what was found', async () => {
    upstream.next(say(hit), say(miss))
    expect((await chat('flag')).headers.get('x-promptbox-output')).toBe('ok')
    const { text, headers } = await chat('flag')
    expect(text).toBe(miss)
    expect(headers.get('x-promptbox-output')).toBe('mismatch')
    expect(headers.get('x-promptbox-warning')).toContain('`count` must be a number, not a string')
    expect(await recordOf(headers)).toMatchObject({ output_check: 'mismatch', outcome: 'ok' })
  })

  it('passes a stream on, whose headers are out before its end; the record says it', async () => {
    upstream.next(say(miss))
    const { text, headers } = await chatStream('flag')
    expect(text).toBe(miss)
    expect(headers.get('x-promptbox-output')).toBeNull()
    expect(await recordOf(headers)).toMatchObject({
      output_check: 'mismatch',
      warnings: ['the answer does not meet its schema: `count` must be a number, not a string'],
    })
  })
})

describe('retry', () => {
  it.each([
    ['whole', chat],
    ['streamed', chatStream],
  ])('%s: gives the repaired answer, and counts both', async (_how, ask) => {
    upstream.next(say(miss), say(hit))
    const { text, headers } = await ask('retry')
    expect(text).toBe(hit)
    expect(headers.get('x-promptbox-output')).toBe('repaired')
    expect(headers.get('x-promptbox-attempts')).toBe('2')
    const record = await recordOf(headers)
    expect(record).toMatchObject({ output_check: 'repaired', input_tokens: 20, output_tokens: 10, warnings: [] })
    expect(record['attempts']).toHaveLength(2)
    expect(record['cost_usd']).toBeCloseTo(2 * (10 * 0.15e-6 + 5 * 0.6e-6), 12)
  })

  it.each([
    ['whole', chat],
    ['streamed', chatStream],
  ])('%s: gives the second answer also when it misses, and says so', async (_how, ask) => {
    upstream.next(say(miss), say('{}'))
    const { text, headers } = await ask('retry')
    expect(text).toBe('{}')
    expect(headers.get('x-promptbox-output')).toBe('mismatch')
    expect(headers.get('x-promptbox-warning')).toContain('also when asked again')
  })

  it.each([false, true])('asks again in the words of the Responses API (streamed: %s)', async (stream) => {
    const before = upstream.requests.length
    upstream.next(say(miss), say(hit))
    const response = await app.post('/responses', { model: 'prompt:count-retry', input: 'Go on.', stream })
    expect(await response.text()).toContain(JSON.stringify(hit))
    expect(response.headers.get('x-promptbox-output')).toBe('repaired')
    const [first, second] = upstream.requests.slice(before).map((request) => request.json['input'] as object[])
    expect(second?.slice(0, first?.length)).toEqual(first)
    expect(second?.slice(first?.length)).toMatchObject([
      { role: 'assistant', content: miss },
      { role: 'user', content: expect.stringContaining('must be a number') as unknown },
    ])
  })

  it('cannot ask again in a conversation that the provider keeps, and says so', async () => {
    upstream.next(say(miss))
    const response = await app.post('/responses', { model: 'prompt:count-retry', input: 'Go.', conversation: 'conv_1' })
    expect(await response.text()).toContain(JSON.stringify(miss))
    expect(response.headers.get('x-promptbox-output')).toBe('mismatch')
    expect(response.headers.get('x-promptbox-warning')).toContain('could not be asked for again')
  })
})

describe('error', () => {
  it('is a 502 that names what is wrong, which the client does not try again', async () => {
    const before = upstream.requests.length
    upstream.next(say(miss))
    const error: unknown = await chat('error').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InternalServerError)
    if (!(error instanceof APIError)) throw error
    expect(error).toMatchObject({ status: 502, code: 'output_mismatch', type: 'server_error' })
    expect(error.message).toContain('`count` must be a number, not a string')
    expect(error.headers?.get('x-should-retry')).toBe('false')
    expect(error.headers?.get('x-promptbox-output')).toBe('mismatch')
    expect(upstream.requests.length - before).toBe(1)
    const record = await app.exchange(error.headers?.get('x-request-id') ?? '')
    expect(record).toMatchObject({
      outcome: 'error',
      error_type: 'output_mismatch',
      http_status: 502,
      output_check: 'mismatch',
      input_tokens: 10,
      output_tokens: 5,
      usage_source: 'provider',
    })
    expect(JSON.stringify(record['bodies'])).toContain('three')
  })

  it('is told to clients of Messages in their words', async () => {
    upstream.next(say(miss))
    const response = await app.post('/messages', {
      model: 'prompt:count-error',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Go.' }],
    })
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  })
})

it('the checks of each version are counted', async () => {
  for (const policy of ['flag', 'retry', 'error']) {
    const { versions } = (await app.admin('GET', `/prompts/count-${policy}/output-checks`)) as { versions: object[] }
    expect(versions).toMatchObject([{ version: 1, mismatch: expect.any(Number) as unknown }])
  }
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  expect(metrics).toMatch(/promptbox_output_checks_total\{prompt="count-retry",version="1",result="repaired"\} \d/)
})
