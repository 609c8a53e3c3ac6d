import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { json, type Script } from '../../support/scripted-upstream.ts'
import { anthropicMessage, envelopeOf, geminiAnswer, messages, readStream, startWire, type Wire } from './support.ts'

/** The endpoints besides chat with providers that are not of the OpenAI type. Those of its type: test/routes/endpoints. */
let wire: Wire
beforeAll(async () => {
  wire = await startWire({ PROMPTBOX_ALLOW_PRIVATE_URLS: 'on' })
})
afterAll(() => wire.dispose())

const kinds = {
  anthropic: { model: 'anthropic/claude-haiku-4-5', answer: json(anthropicMessage) },
  gemini: { model: 'gemini/gemini-2.5-flash', answer: json(geminiAnswer()) },
} as const satisfies Record<string, { model: string; answer: Script }>

let before = { openai: 0, anthropic: 0, gemini: 0 }
const counts = (): typeof before => ({
  openai: wire.openai.requests.length,
  anthropic: wire.anthropic.requests.length,
  gemini: wire.gemini.requests.length,
})
beforeEach(() => {
  before = counts()
})

describe.each(['anthropic', 'gemini'] as const)('%s', (kind) => {
  const { model, answer } = kinds[kind]

  it('I04 completes a text over its chat, and refuses what that cannot do', async () => {
    wire[kind].next(answer, answer)
    const whole = await wire.app.post('/completions', { model, prompt: 'Say Hello', max_tokens: 5 })
    expect(await whole.json()).toMatchObject({
      object: 'text_completion',
      choices: [{ index: 0, text: 'Hello', finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    })
    const streamed = await wire.app.post('/completions', { model, prompt: 'Say Hello', stream: true })
    const { text, isWhole } = await readStream(streamed)
    expect(text).toContain('"text":"Hello"')
    expect(isWhole).toBe(true)
    const refused = await wire.app.post('/completions', { model, prompt: 'x', suffix: 'y' })
    expect(refused.status).toBe(400)
    expect(await envelopeOf(refused)).toMatchObject({ type: 'invalid_request_error', param: 'suffix' })
    expect(counts()).toEqual({ ...before, [kind]: before[kind] + 2 })
  })

  it('I09 answers the Responses API over its chat, and no other provider is called', async () => {
    wire[kind].next(answer, answer)
    const whole = await wire.app.post('/responses', { model, input: 'Say Hello' })
    expect(await whole.json()).toMatchObject({
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello' }] }],
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    })
    const streamed = await (await wire.app.post('/responses', { model, input: 'Say Hello', stream: true })).text()
    const events = [...streamed.matchAll(/^event: (.*)\ndata: (.*)$/gm)]
    expect(events.at(-1)?.[1]).toBe('response.completed')
    events.forEach(([, name, data], sequence) => {
      expect(JSON.parse(data ?? '')).toMatchObject({ type: name, sequence_number: sequence })
    })
    expect(counts()).toEqual({ ...before, [kind]: before[kind] + 2 })
  })

  it('I09 I08 refuses what only the service behind the Responses API can do', async () => {
    for (const [more, param] of [
      [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
      [{ background: true }, 'background'],
    ] as const) {
      const response = await wire.app.post('/responses', { model, input: 'x', ...more })
      expect(response.status).toBe(400)
      expect(await envelopeOf(response)).toMatchObject({ type: 'invalid_request_error', param })
    }
    expect(counts()).toEqual(before)
  })

  it('I10 I12 I13 says which endpoints it has not, and nobody is called', async () => {
    for (const [path, body] of [
      ['/moderations', { input: 'x' }],
      ['/images/generations', { prompt: 'x' }],
      ['/audio/speech', { input: 'x', voice: 'alloy' }],
      ...(kind === 'anthropic' ? [['/embeddings', { input: 'x' }] as const] : []),
    ] as const) {
      const response = await wire.app.post(path, { model, ...body })
      expect(response.status).toBe(400)
      expect(await envelopeOf(response)).toMatchObject({ code: 'unsupported_endpoint' })
    }
    expect(counts()).toEqual(before)
  })
})

it.each([
  ['GET', '/responses/resp_1'],
  ['DELETE', '/responses/resp_1'],
  ['POST', '/responses/resp_1/cancel'],
  ['GET', '/responses/resp_1/input_items'],
  ['POST', '/files'],
  ['POST', '/batches'],
  ['GET', '/batches/batch_1'],
])(
  'I08 I15 %s %s belongs to an account of a provider: a 404 that says so, and nobody is called',
  async (method, path) => {
    const response = await fetch(`${wire.app.url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${wire.app.key}` },
    })
    expect(response.status).toBe(404)
    expect(await envelopeOf(response)).toMatchObject({ code: 'unsupported_endpoint' })
    expect(counts()).toEqual(before)
  },
)

describe('a picture by its address, for Gemini', () => {
  const ask = (url: string): Promise<Response> => {
    const content = [{ type: 'image_url', image_url: { url } }]
    return wire.app.post('/chat/completions', { model: kinds.gemini.model, messages: [{ role: 'user', content }] })
  }

  it('H15 is fetched and sent as bytes', async () => {
    wire.openai.next((answer) => {
      answer.response.writeHead(200, { 'content-type': 'image/png' }).end(Buffer.from('picture'))
    })
    wire.gemini.next(kinds.gemini.answer)
    const response = await ask(`${wire.openai.origin}/cat.png`)
    expect(response.status).toBe(200)
    await response.text()
    expect(wire.openai.requests.at(-1)).toMatchObject({ method: 'GET', path: '/cat.png' })
    expect(JSON.stringify(wire.openai.requests.at(-1)?.headers)).not.toMatch(/upstream/)
    expect(wire.gemini.requests.at(-1)?.text).toContain(Buffer.from('picture').toString('base64'))
  })

  it.each([
    'file:///etc/passwd',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:169.254.169.254]/',
    'http://2852039166/',
    'ftp://127.0.0.1/cat.png',
  ])('H15 at %s is a 400 that names it, and nobody is called', async (url) => {
    const response = await ask(url)
    expect(response.status).toBe(400)
    expect(await envelopeOf(response)).toMatchObject({
      type: 'invalid_request_error',
      param: expect.stringMatching(/messages/),
    })
    expect(counts()).toEqual(before)
  })

  it('H15 that leads on to such an address is a 400 too', async () => {
    wire.openai.next((answer) => {
      answer.response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    })
    const response = await ask(`${wire.openai.origin}/cat.png`)
    expect(response.status).toBe(400)
    await envelopeOf(response)
    expect(counts().gemini).toBe(before.gemini)
  })
})

it('I01 I02 H16 embeddings of Gemini are base64 for a client that asked so, in the order of the inputs', async () => {
  const embeddings = [{ values: [0.5, -0.25] }, { values: [1.5, 2] }]
  const answer = json({ embeddings })
  wire.gemini.next(answer, answer)
  const body = { model: 'gemini/gemini-embedding-001', input: ['a', 'b'] }
  interface Embeddings {
    readonly data: readonly { readonly index: number; readonly embedding: unknown }[]
  }
  const floats = (await (await wire.app.post('/embeddings', body)).json()) as Embeddings
  expect(floats.data.map(({ index, embedding }) => [index, embedding])).toEqual([
    [0, [0.5, -0.25]],
    [1, [1.5, 2]],
  ])
  const encoded = await wire.app.post('/embeddings', { ...body, encoding_format: 'base64', dimensions: 2 })
  const { data } = (await encoded.json()) as Embeddings
  const numbers = data.map(({ embedding }) => {
    const bytes = Buffer.from(String(embedding), 'base64')
    return [bytes.readFloatLE(0), bytes.readFloatLE(4)]
  })
  expect(numbers).toEqual(embeddings.map(({ values }) => values))
  expect(wire.gemini.requests.at(-1)?.text).toContain('"outputDimensionality":2')
})

it('Messages count their tokens nowhere yet: a 404 in the words of that API', async () => {
  const response = await wire.app.post('/messages/count_tokens', { model: kinds.anthropic.model, messages })
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
  expect(counts()).toEqual(before)
})
