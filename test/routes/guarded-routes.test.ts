import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inferenceRoutes } from '../../src/routes/inference-routes.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import {
  type ScriptedUpstream,
  body as bytesOf,
  json,
  pieces,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

/** That no way into the product goes round the guardrails: every inference route, streamed or not, at every stage. */
let app: RunningApp
let upstream: ScriptedUpstream
let directory: string
let before = 0

const word = 'swordfish'
const config = `
guardrails:
  words:
    type: keywords
    action: block
    settings: {words: [${word}]}
prompts:
  asking:
    version:
      model: openai/gpt-x
      messages: [{role: user, content: "{{question}}"}]
`

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'promptbox-guarded-'))
  writeFileSync(join(directory, 'promptbox.yaml'), config)
  upstream = await startScriptedUpstream()
  app = await startRunningApp({
    OPENAI_API_KEY: 'sk-upstream',
    OPENAI_BASE_URL: upstream.baseUrl,
    ANTHROPIC_API_KEY: 'sk-upstream',
    ANTHROPIC_BASE_URL: upstream.baseUrl,
    PROMPTBOX_CONFIG: join(directory, 'promptbox.yaml'),
  })
})

afterAll(async () => {
  await app.dispose()
  await upstream.close()
  rmSync(directory, { recursive: true })
})

beforeEach(() => {
  before = upstream.requests.length
})

interface Way {
  readonly path: string
  readonly model?: string
  readonly body: (text: string) => Record<string, unknown>
  readonly isForm?: true
  /** Answers of the provider with this text in them; by stream or not. Left out: there is none, or no text in it. */
  readonly whole?: (text: string) => unknown
  readonly events?: (text: string) => readonly string[]
}

const chunk = (text: string, finish: string | null = null) =>
  JSON.stringify({
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-x',
    choices: [{ index: 0, delta: finish === null ? { content: text } : {}, finish_reason: finish }],
  })

const event = (value: { readonly type: string } & Record<string, unknown>) => JSON.stringify(value)

const responseOf = (text: string, status: string) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt-x',
  status,
  output:
    status === 'in_progress'
      ? []
      : [
          {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text, annotations: [] }],
          },
        ],
  usage: status === 'in_progress' ? null : { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
})

const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const responseEvents = (text: string): readonly string[] => [
  event({ type: 'response.created', sequence_number: 0, response: responseOf(text, 'in_progress') }),
  ...Array.from(text, (delta, index) =>
    event({ type: 'response.output_text.delta', sequence_number: index + 1, ...at, delta }),
  ),
  event({ type: 'response.output_text.done', sequence_number: text.length + 1, ...at, text }),
  event({ type: 'response.completed', sequence_number: text.length + 2, response: responseOf(text, 'completed') }),
]

const messageEvents = (text: string): readonly string[] => [
  event({
    type: 'message_start',
    message: {
      id: 'm1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  }),
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  ...Array.from(text, (each) =>
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: each } }),
  ),
  event({ type: 'content_block_stop', index: 0 }),
  event({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 3 },
  }),
  event({ type: 'message_stop' }),
]

const chatWhole = (content: string) => ({
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-x',
  choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})
const chatEvents = (text: string) => [...Array.from(text, (each) => chunk(each)), chunk('', 'stop'), '[DONE]']

const ways: readonly Way[] = [
  {
    path: '/chat/completions',
    body: (content) => ({ messages: [{ role: 'user', content }] }),
    whole: chatWhole,
    events: chatEvents,
  },
  {
    path: '/completions',
    body: (prompt) => ({ prompt }),
    whole: (text) => ({
      id: 'c1',
      object: 'text_completion',
      created: 1,
      model: 'gpt-x',
      choices: [{ index: 0, text, finish_reason: 'stop', logprobs: null }],
    }),
    events: (text) => [
      ...Array.from(text, (each) =>
        JSON.stringify({
          id: 'c1',
          object: 'text_completion',
          created: 1,
          model: 'gpt-x',
          choices: [{ index: 0, text: each, finish_reason: null, logprobs: null }],
        }),
      ),
      '[DONE]',
    ],
  },
  {
    path: '/responses',
    body: (input) => ({ input }),
    whole: (text) => responseOf(text, 'completed'),
    events: responseEvents,
  },
  { path: '/responses/compact', body: (input) => ({ input }), whole: (text) => responseOf(text, 'completed') },
  {
    path: '/messages',
    model: 'anthropic/claude-x',
    body: (content) => ({ max_tokens: 9, messages: [{ role: 'user', content }] }),
    whole: (text) => ({
      id: 'm1',
      type: 'message',
      role: 'assistant',
      model: 'claude-x',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    }),
    events: messageEvents,
  },
  { path: '/embeddings', body: (input) => ({ input: ['a', input] }) },
  { path: '/moderations', body: (input) => ({ input }) },
  {
    path: '/images/generations',
    body: (prompt) => ({ prompt }),
    whole: (text) => ({ created: 1, data: [{ b64_json: 'AAAA', revised_prompt: text }] }),
  },
  { path: '/images/edits', isForm: true, body: (prompt) => ({ prompt }) },
  { path: '/images/variations', isForm: true, body: (user) => ({ prompt: user }) },
  { path: '/audio/speech', body: (input) => ({ input, voice: 'alloy' }) },
  { path: '/audio/transcriptions', isForm: true, body: (prompt) => ({ prompt }), whole: (text) => ({ text }) },
  { path: '/audio/translations', isForm: true, body: (prompt) => ({ prompt }), whole: (text) => ({ text }) },
]

async function call(way: Way, text: string, stream: boolean): Promise<{ response: Response; said: string }> {
  const { path, isForm, body } = way
  const model = way.model ?? 'openai/gpt-x'
  const fields = { model, ...body(text), ...(stream ? { stream: true } : {}) }
  let response: Response
  if (isForm === true) {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, String(value))
    form.set(path.startsWith('/audio') ? 'file' : 'image', new Blob([new Uint8Array(10)]), 'a.png')
    response = await fetch(`${app.url}/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}` },
      body: form,
    })
  } else response = await app.post(path, fields)
  return { response, said: await response.text() }
}

/** Every text in JSON or events, joined, so that a word that comes in many pieces is seen. */
function textsIn(said: string): string {
  const texts: string[] = []
  const look = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value)
    else if (Array.isArray(value)) value.forEach(look)
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look)
  }
  const deltas: string[] = []
  for (const line of said.split('\n')) {
    const data = line.startsWith('data: ') ? line.slice(6) : line
    if (!data.startsWith('{')) continue
    const value = JSON.parse(data) as Record<string, unknown>
    look(value)
    const choice = (value['choices'] as { delta?: { content?: string }; text?: string }[] | undefined)?.[0]
    const delta = value['delta'] as string | { text?: string } | undefined
    deltas.push(choice?.delta?.content ?? choice?.text ?? (typeof delta === 'string' ? delta : (delta?.text ?? '')))
  }
  return `${texts.join('\n')}\n${deltas.join('')}`
}

describe('guardrails on every inference route', () => {
  it('knows of every route there is', () => {
    expect(ways.map(({ path }) => path).toSorted()).toEqual(inferenceRoutes.map(({ path }) => path).toSorted())
  })

  const streamed = [false, true]

  describe.each(ways)('$path', (way) => {
    it.each(streamed)('input is blocked before anybody is called, stream: %s', async (stream) => {
      const { response, said } = await call(way, `The word is ${word}.`, stream)
      expect(response.status).toBe(400)
      expect(said).toContain('words')
      expect(response.headers.get('x-promptbox-guardrails')).toBe('blocked:words')
      expect(upstream.requests).toHaveLength(before)
      const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
      expect(exchange).toMatchObject({ outcome: 'blocked', error_type: 'guardrail_blocked' })
    })

    const answers = [
      ...(way.whole === undefined ? [] : [{ stream: false }]),
      ...(way.events === undefined ? [] : [{ stream: true }]),
    ]
    it.skipIf(answers.length === 0).each(answers)('output is blocked, stream: $stream', async ({ stream }) => {
      const text = `Well, the word is ${word} as you know.`
      const events = (way.events?.(text) ?? []).map((data) => `${eventName(data)}data: ${data}\n\n`)
      upstream.next(stream ? pieces(events) : json(way.whole?.(text)))
      const { response, said } = await call(way, 'Hello', stream)
      expect(response.status).toBe(200)
      expect(textsIn(said)).not.toContain(word)
      const exchange = await app.exchange(response.headers.get('x-request-id') ?? '')
      expect(exchange).toMatchObject({ outcome: 'blocked', guardrails: 'blocked:words' })
      expect(JSON.stringify(exchange)).not.toContain(word)
    })
  })

  it('a sound is no text, and the record says that nobody looked', async () => {
    upstream.next(bytesOf(Buffer.from('sound'), 200, { 'content-type': 'audio/mpeg' }))
    const response = await app.post('/audio/speech', { model: 'openai/tts-1', input: 'Hello', voice: 'alloy' })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-promptbox-guardrails')).toMatch(/^skipped:.*words/)
    await response.arrayBuffer()
  })

  it.each(['/prompts/asking/completions', '/chat/completions'])('%s of a prompt is no way round', async (path) => {
    const response = await app.post(path, { model: 'prompt:asking', variables: { question: `Is it ${word}?` } })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'guardrail_blocked' } })
    expect(upstream.requests).toHaveLength(before)
  })
})

function eventName(data: string): string {
  if (!data.startsWith('{"type"')) return ''
  return `event: ${(JSON.parse(data) as { type: string }).type}\n`
}
