import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { json, type ReceivedRequest } from '../../support/scripted-upstream.ts'
import {
  anthropicMessage,
  completion,
  envelopeOf,
  geminiAnswer,
  messages,
  request,
  startWire,
  type Wire,
} from './support.ts'

let wire: Wire
let client: OpenAI
beforeAll(async () => {
  wire = await startWire({ DEEPSEEK_API_KEY: 'sk-upstream', DEEPSEEK_BASE_URL: 'http://127.0.0.1:9/v1' })
  await wire.app.admin('PUT', '/providers/deepseek', { base_url: wire.openai.baseUrl, api_key: 'sk-upstream' })
  client = new OpenAI({ apiKey: wire.app.key, baseURL: `${wire.app.url}/v1`, maxRetries: 0 })
})
afterAll(() => wire.dispose())

let before = 0
beforeEach(() => {
  before = wire.openai.requests.length
})
const received = (): readonly ReceivedRequest[] => wire.openai.requests.slice(before)

const answerWith = (more: object, choice: object = {}): object => ({
  ...completion,
  choices: [{ ...completion.choices[0], ...choice }],
  ...more,
})

describe('the answer', () => {
  it('D01 has everything a completion has', async () => {
    expect(await client.chat.completions.create(request)).toMatchObject(completion)
    wire.anthropic.next(json(anthropicMessage))
    wire.gemini.next(json(geminiAnswer()))
    for (const model of ['anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash', 'mock/echo']) {
      const answer = await client.chat.completions.create({ model, messages })
      expect(answer).toMatchObject({
        id: expect.stringMatching(/./),
        object: 'chat.completion',
        created: expect.any(Number),
        model: expect.stringMatching(/./),
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: expect.stringMatching(/./), refusal: null },
            logprobs: null,
            finish_reason: 'stop',
          },
        ],
      })
      expect(Number.isInteger(answer.created) && answer.created < 10_000_000_000).toBe(true)
      for (const name of ['prompt_tokens', 'completion_tokens', 'total_tokens'] as const) {
        expect(Number.isInteger(answer.usage?.[name])).toBe(true)
      }
    }
  })

  it('D05 brings fields nobody knows', async () => {
    const whole = answerWith(
      {
        provider: 'X',
        x_groq: { id: 1 },
        service_tier: 'flex',
        obfuscation: 'xx',
        moderation: { flagged: false },
        system_fingerprint: 'fp',
      },
      {
        message: {
          role: 'assistant',
          content: 'Hello',
          refusal: null,
          annotations: [{ type: 'url_citation' }],
          reasoning_details: [{ type: 'reasoning.text', text: 'Hm.' }],
        },
      },
    )
    wire.openai.next(json(whole))
    expect(await (await wire.app.post('/chat/completions', request)).json()).toMatchObject(whole)
  })

  it('D06 has both choices of n=2', async () => {
    const [choice] = completion.choices
    const two = { ...completion, choices: [choice, { ...choice, index: 1 }] }
    wire.openai.next(json(two))
    const answer = await client.chat.completions.create({ ...request, n: 2 })
    expect(received()[0]?.json['n']).toBe(2)
    expect(answer.choices.map(({ index }) => index)).toEqual([0, 1])
  })

  it('D08 has its logprobs', async () => {
    const token = {
      token: 'Hello',
      logprob: -0.25,
      bytes: [72, 101],
      top_logprobs: [{ token: 'Hi', logprob: -1.5, bytes: null }],
    }
    const logprobs = { content: [token], refusal: null }
    wire.openai.next(json(answerWith({}, { logprobs })))
    const answer = await client.chat.completions.create({ ...request, logprobs: true, top_logprobs: 1 })
    expect(received()[0]?.json).toMatchObject({ logprobs: true, top_logprobs: 1 })
    expect(answer.choices[0]?.logprobs).toEqual(logprobs)
  })

  it("D15 is text although Mistral's comes in parts, its thinking apart", async () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
      { type: 'text', text: 'Hello' },
    ]
    wire.openai.next(json(answerWith({}, { message: { role: 'assistant', content } })))
    const answer = await client.chat.completions.create(request)
    expect(answer.choices[0]?.message).toMatchObject({ content: 'Hello', reasoning_content: 'Hm.' })
  })

  it('D16 names each tool call with a string, though the provider gave none or a number', async () => {
    const call = { type: 'function', function: { name: 'look', arguments: '{}' } }
    const message = { role: 'assistant', content: null, tool_calls: [call, { ...call, id: 7 }] }
    wire.openai.next(json(answerWith({}, { message, finish_reason: 'tool_calls' })))
    const answer = await client.chat.completions.create(request)
    const ids = answer.choices[0]?.message.tool_calls?.map(({ id }) => id) ?? []
    for (const id of ids) expect(id).toMatch(/^[\w-]+$/)
    expect(new Set(ids).size).toBe(2)
  })
})

describe('what goes upstream', () => {
  it("D02 D03 is the client's own bytes but for the model", async () => {
    const text =
      '{ "model" : "openai/gpt-4o-mini",\n "seed": 9007199254740993, "temperature": 1.0, "logit_bias": {"50256": -100}, "extra_body": {"a": 1},' +
      ' "x_custom": {"a": [1.50, "ü\\u00fc"]},' +
      ' "tools": [{"type":"function","function":{"name":"f","parameters":{"__proto__":{"x":1}}}}],  "messages": [{"role":"user","content":"{{not a template}}"}] }'
    await (await wire.app.post('/chat/completions', text)).text()
    expect(received()[0]?.text).toBe(text.replace('"openai/gpt-4o-mini"', '"gpt-4o-mini"'))
  })

  it('D04 has every parameter of the API', async () => {
    const everything: OpenAI.ChatCompletionCreateParamsNonStreaming = {
      model: 'openai/gpt-4o-audio-preview',
      messages: [{ role: 'developer', content: 'Be brief.', name: 'dev' }, ...messages],
      audio: { format: 'wav', voice: 'alloy' },
      frequency_penalty: -2,
      function_call: 'none',
      functions: [{ name: 'old', parameters: {} }],
      logit_bias: { '1': 0 },
      logprobs: true,
      max_completion_tokens: 9,
      max_tokens: 9,
      metadata: { team: 'blue' },
      modalities: ['text', 'audio'],
      n: 1,
      parallel_tool_calls: true,
      prediction: { type: 'content', content: 'guess' },
      presence_penalty: -2,
      prompt_cache_key: 'cache-1',
      prompt_cache_retention: '24h',
      reasoning_effort: 'minimal',
      response_format: { type: 'text' },
      safety_identifier: 'user-hash',
      seed: -9007199254740991,
      service_tier: 'auto',
      stop: 'end',
      store: true,
      stream: false,
      temperature: 1,
      tool_choice: 'none',
      tools: [{ type: 'function', function: { name: 'new', strict: true, parameters: {} } }],
      top_logprobs: 0,
      top_p: 1,
      user: 'user-1234',
      verbosity: 'low',
      web_search_options: { search_context_size: 'low', user_location: { type: 'approximate', approximate: {} } },
    }
    await client.chat.completions.create(everything)
    expect(received()[0]?.json).toEqual({ ...everything, model: 'gpt-4o-audio-preview' })
  })

  it('D09 has a strict schema byte for byte, and what comes back parses', async () => {
    const schema =
      '{"type":"object","properties":{"n":{"type":"number","minimum":1.0,"multipleOf":0.10}},"required":["n"],"additionalProperties":false}'
    const format = `{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":${schema}}}`
    wire.openai.next(json(answerWith({}, { message: { role: 'assistant', content: '{"n":2}', refusal: null } })))
    const text = `{"model":"openai/gpt-4o-mini","response_format":${format},"messages":[{"role":"user","content":"x"}]}`
    const response = await wire.app.post('/chat/completions', text)
    expect(received()[0]?.text).toContain(`"response_format":${format}`)
    const answer = (await response.json()) as OpenAI.ChatCompletion
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ n: 2 })
  })

  it('D14 has the reasoning of the turn before, as the provider gave it', async () => {
    const message = { role: 'assistant', content: 'Hello', reasoning_content: 'Hm.' }
    wire.openai.next(json(answerWith({}, { message })))
    const model = 'deepseek/deepseek-reasoner'
    const first = await client.chat.completions.create({ model, messages })
    expect(first.choices[0]?.message).toMatchObject({ content: 'Hello', reasoning_content: 'Hm.' })
    const next = [...messages, first.choices[0]?.message, { role: 'user', content: 'And?' }]
    await (await wire.app.post('/chat/completions', { model, messages: next })).text()
    expect(received()[1]?.json['messages']).toEqual(next)
  })
})

describe('what a provider cannot do', () => {
  it('D07 n=2 at Anthropic is a 400 that names it, streamed or not; no call is made', async () => {
    const calls = wire.anthropic.requests.length
    for (const stream of [false, true]) {
      const body = { model: 'anthropic/claude-haiku-4-5', messages, n: 2, stream }
      const response = await wire.app.post('/chat/completions', body)
      expect(response.status).toBe(400)
      expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error', param: 'n' })
    }
    expect(wire.anthropic.requests).toHaveLength(calls)
  })

  it('G22 what is left out is named in a header', async () => {
    wire.anthropic.next(json(anthropicMessage))
    const body = { model: 'anthropic/claude-haiku-4-5', messages, seed: 1, logit_bias: { '1': 2 } }
    const response = await wire.app.post('/chat/completions', body)
    expect(response.status).toBe(200)
    const warning = response.headers.get('x-promptbox-warning')
    expect(warning).toContain('seed')
    expect(warning).toContain('logit_bias')
    expect(wire.anthropic.requests.at(-1)?.json).not.toHaveProperty('seed')
    await response.text()
  })
})

describe('functions of old', () => {
  const functions = [{ name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } } }]
  const asked = { messages, functions, function_call: { name: 'look' } }

  it('D13 go through as they are', async () => {
    const message = { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{"at":"x"}' } }
    wire.openai.next(json(answerWith({}, { message, finish_reason: 'function_call' })))
    const answer = await client.chat.completions.create({ model: 'openai/gpt-4o-mini', ...asked })
    expect(received()[0]?.json).toMatchObject({ functions, function_call: { name: 'look' } })
    expect(answer.choices[0]).toMatchObject({ message: { function_call: message.function_call } })
  })

  it('D13 are translated, there and back', async () => {
    const block = { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'x' } }
    wire.anthropic.next(json({ ...anthropicMessage, content: [block], stop_reason: 'tool_use' }))
    wire.gemini.next(json(geminiAnswer([{ functionCall: { name: 'look', args: { at: 'x' } } }])))
    for (const model of ['anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash']) {
      const answer = await client.chat.completions.create({ model, ...asked })
      const [choice] = answer.choices
      expect(choice?.finish_reason).toBe('function_call')
      expect(choice?.message.function_call?.name).toBe('look')
      expect(JSON.parse(choice?.message.function_call?.arguments ?? '')).toEqual({ at: 'x' })
    }
    expect(wire.anthropic.requests.at(-1)?.json['tools']).toMatchObject([{ name: 'look' }])
  })
})
