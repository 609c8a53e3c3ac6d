import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, pieces, type Script, sse } from '../../support/scripted-upstream.ts'
import {
  anthropicEvents,
  anthropicStream,
  chunk,
  completion,
  geminiAnswer,
  messages,
  readStream,
  type ReadStream,
  request,
  startWire,
  usageChunk,
  type Wire,
  wholeStream,
} from './support.ts'

let wire: Wire
beforeAll(async () => {
  wire = await startWire()
})
afterAll(() => wire.dispose())

const wantsUsage = { stream_options: { include_usage: true } }

async function stream(script: Script, more: object = {}): Promise<ReadStream> {
  wire.openai.next(script)
  return readStream(await wire.app.post('/chat/completions', { ...request, stream: true, ...more }))
}
const contents = ({ chunks }: ReadStream): string =>
  chunks
    .flatMap(({ choices }) =>
      choices.map(({ delta }) => (typeof delta['content'] === 'string' ? delta['content'] : '')),
    )
    .join('')
const reasons = ({ chunks }: ReadStream): unknown[] =>
  chunks.flatMap(({ choices }) => choices.map((choice) => choice.finish_reason ?? null)).filter(Boolean)

describe('tokens', () => {
  const counted = [...wholeStream.slice(0, 3), usageChunk, '[DONE]']

  it('E01 come once, in a chunk without choices before the end, for a client that asked', async () => {
    const read = await stream(sse(counted), wantsUsage)
    expect(read.chunks.map(({ usage }) => usage ?? null)).toEqual([null, null, null, usageChunk.usage])
    expect(read.chunks.at(-1)?.choices).toEqual([])
    expect(read.isWhole).toBe(true)
  })

  it('E02 stay away from a client that did not ask, and are recorded', async () => {
    wire.openai.next(sse(counted))
    const response = await wire.app.post('/chat/completions', { ...request, stream: true })
    const read = await readStream(response)
    expect(wire.openai.requests.at(-1)?.json).toMatchObject({ stream_options: { include_usage: true } })
    for (const { choices, usage } of read.chunks) expect([choices.length, usage ?? null]).toEqual([1, null])
    const exchange = await wire.app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({ input_tokens: 7, output_tokens: 2, usage_source: 'provider' })
    expect(exchange['cost_usd']).toBeGreaterThan(0)
  })

  it('E03 are read from the last chunk with choices, once', async () => {
    const last = { ...chunk({}, 'stop'), usage: usageChunk.usage }
    const read = await stream(sse([...wholeStream.slice(0, 2), last, '[DONE]']), wantsUsage)
    expect(read.chunks.filter(({ usage }) => Boolean(usage)).map(({ usage }) => usage)).toEqual([usageChunk.usage])
  })

  it('E04 are counted here, and marked so, when the provider never says them', async () => {
    wire.openai.next(sse(wholeStream))
    const response = await wire.app.post('/chat/completions', { ...request, stream: true, ...wantsUsage })
    const read = await readStream(response)
    expect([contents(read), reasons(read), read.isWhole]).toEqual(['Hello', ['stop'], true])
    const exchange = await wire.app.exchange(response.headers.get('x-request-id') ?? '')
    expect(exchange).toMatchObject({ usage_source: 'estimated', outcome: 'ok' })
    expect(exchange['output_tokens']).toBeGreaterThan(0)
  })
})

describe('the form', () => {
  it('E05 is the same wherever the bytes are cut', async () => {
    const events = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'Grüße \u{1F600}' }), chunk({}, 'stop')]
    const bytes = Buffer.from(
      [...events, '[DONE]'].map((e) => `data: ${typeof e === 'string' ? e : JSON.stringify(e)}\r\n\r\n`).join(''),
    )
    const every = (size: number): Buffer[] =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
    const texts: string[] = []
    for (const size of [1, 7, bytes.length]) texts.push(JSON.stringify((await stream(pieces(every(size)))).chunks))
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).toContain('Grüße \u{1F600}')
  })

  it('E06 is right whatever the line ends are, without space, last line or end mark', async () => {
    const [first, second, third] = wholeStream
    const raw = [first, second, third].map((event) => `data:${JSON.stringify(event)}`).join('\r\n\r\n')
    const read = await stream(pieces([raw]))
    expect([contents(read), reasons(read)]).toEqual(['Hello', ['stop']])
    expect(read.text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it("E07 E09 has the provider's comments and names in no event", async () => {
    const events = wholeStream.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
    const read = await stream(
      pieces([': OPENROUTER PROCESSING\n\n', 'retry: 3000\n\nid: 7\nevent: message\n', ...events, 'event: ping\n\n']),
    )
    expect([contents(read), read.chunks.length, read.isWhole]).toEqual(['Hello', 3, true])
    expect(read.text).not.toMatch(/^(id|retry|event):|^data:.*PROCESSING/m)
  })

  it.each([
    ['never', wholeStream.slice(1), false],
    [
      'with every chunk',
      [
        chunk({ role: 'assistant', content: 'Hel' }),
        chunk({ role: 'assistant', content: 'lo' }),
        chunk({ role: 'assistant' }, 'stop'),
        '[DONE]',
      ],
      true,
    ],
  ])('E10 E11 E12 is normal although the provider says the role %s', async (_when, events) => {
    const read = await stream(sse(events))
    const choices = read.chunks.flatMap((each) => each.choices)
    expect(choices.map(({ delta }) => delta['role']).filter((role) => role !== undefined)).toEqual(['assistant'])
    expect(choices[0]?.delta['role']).toBe('assistant')
    expect(reasons(read)).toEqual(['stop'])
    expect(contents(read)).toBe('Hello')
    for (const name of ['id', 'model', 'object', 'created'] as const) {
      expect(new Set(read.chunks.map((each) => (each as unknown as Record<string, unknown>)[name])).size).toBe(1)
    }
    for (const choice of choices) expect(choice.index).toBe(0)
  })

  it("E10 E26 is normal although Azure's router begins with a chunk of no choices and no id", async () => {
    const filter = {
      id: '',
      object: '',
      created: 0,
      model: '',
      choices: [],
      prompt_filter_results: [{ prompt_index: 0 }],
    }
    const read = await stream(sse([filter, ...wholeStream]))
    for (const { choices, id } of read.chunks) expect([choices.length, id]).toEqual([1, 'chatcmpl-9'])
    expect(read.chunks[0]?.choices[0]?.delta['role']).toBe('assistant')
    expect([contents(read), read.isWhole]).toEqual(['Hello', true])
  })

  it('E13 E14 has two tool calls counted from 0, each begun once, in parts that can be put together', async () => {
    const call = (index: number, more: object): object => chunk({ tool_calls: [{ index, ...more }] })
    const begin = (id: string, name: string): object => ({ id, type: 'function', function: { name, arguments: '' } })
    const read = await stream(
      sse([
        chunk({ role: 'assistant', content: null }),
        call(1, begin('a', 'one')),
        call(2, begin('b', 'two')),
        call(1, { id: 'a', type: null, function: { name: null, arguments: '{"x"' } }),
        call(2, { id: '', function: { name: '', arguments: '{"y":' } }),
        call(1, { function: { arguments: ':1}' } }),
        call(2, { function: { arguments: '2}' } }),
        chunk({}, 'tool_calls'),
        '[DONE]',
      ]),
    )
    interface ToolDelta {
      readonly index: number
      readonly id?: string
      readonly type?: string
      readonly function: { readonly name?: string; readonly arguments: string }
    }
    const deltas = read.chunks.flatMap(({ choices }) =>
      choices.flatMap(({ delta }) => (delta['tool_calls'] ?? []) as readonly ToolDelta[]),
    )
    for (const [index, id, name, whole] of [
      [0, 'a', 'one', { x: 1 }],
      [1, 'b', 'two', { y: 2 }],
    ] as const) {
      const [first, ...later] = deltas.filter((delta) => delta.index === index)
      expect(first).toEqual({ index, id, type: 'function', function: { name, arguments: '' } })
      for (const delta of later) {
        expect(delta).toEqual({ index, function: { arguments: delta.function.arguments } })
      }
      expect(JSON.parse(later.map((delta) => delta.function.arguments).join(''))).toEqual(whole)
    }
    expect(reasons(read)).toEqual(['tool_calls'])
  })

  it('E24 has both choices of n=2, each ended once, counted once', async () => {
    const read = await stream(
      sse([
        chunk({ role: 'assistant', content: 'a' }, null, 0),
        chunk({ role: 'assistant', content: 'b' }, null, 1),
        chunk({}, 'stop', 1),
        chunk({}, 'length', 0),
        usageChunk,
        '[DONE]',
      ]),
      { n: 2, ...wantsUsage },
    )
    const choices = read.chunks.flatMap((each) => each.choices)
    const ends = choices.filter((choice) => (choice.finish_reason ?? null) !== null)
    expect(ends.map(({ index, finish_reason: reason }) => [index, reason])).toEqual([
      [1, 'stop'],
      [0, 'length'],
    ])
    expect(read.chunks.filter(({ usage }) => Boolean(usage))).toHaveLength(1)
  })

  it.each(['reasoning_content', 'reasoning'])('E25 has thinking told as %s apart from the text', async (field) => {
    const thought = chunk({ role: 'assistant', content: '', [field]: 'Hm.' })
    const read = await stream(sse([thought, ...wholeStream.slice(1)]))
    expect(contents(read)).toBe('Hello')
    const [first] = read.chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
    expect(first).toMatchObject({ [field]: 'Hm.', reasoning_content: 'Hm.' })
  })

  it('E27 E28 has what came after the count, and every field nobody knows', async () => {
    const padded = wholeStream.slice(0, 3).map((each) => ({ ...(each as object), obfuscation: 'k3J' }))
    const moderation = { ...usageChunk, usage: null, moderation: { input: { flagged: false } } }
    const read = await stream(sse([...padded, usageChunk, moderation, '[DONE]']), wantsUsage)
    expect(read.chunks.slice(0, 3)).toMatchObject(padded)
    expect(read.chunks.at(-1)).toMatchObject({ choices: [], moderation: moderation.moderation })
    expect(read.isWhole).toBe(true)
  })
})

describe('an answer of the other kind than was asked for', () => {
  it('E22 in one piece is a stream all the same', async () => {
    const read = await stream(json(completion), wantsUsage)
    expect([contents(read), reasons(read), read.isWhole]).toEqual(['Hello', ['stop'], true])
    expect(read.chunks.filter(({ usage }) => Boolean(usage))).toHaveLength(1)
    wire.openai.next(json(completion))
    const plain = await readStream(await wire.app.post('/chat/completions', { ...request, stream: true }))
    for (const { choices } of plain.chunks) expect(choices).toHaveLength(1)
  })

  it('E23 as a stream is one piece all the same', async () => {
    wire.openai.next(sse([...wholeStream.slice(0, 3), usageChunk, '[DONE]']))
    const response = await wire.app.post('/chat/completions', request)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      usage: usageChunk.usage,
    })
  })
})

describe('the other kinds of providers', () => {
  it('B09 E01 E09 stream in the same form', async () => {
    wire.anthropic.next(anthropicEvents(anthropicStream))
    wire.gemini.next(pieces([`data: ${JSON.stringify(geminiAnswer())}\r\n\r\n`]))
    for (const model of ['anthropic/claude-haiku-4-5', 'gemini/gemini-2.5-flash']) {
      const body = { model, messages, stream: true, ...wantsUsage }
      const read = await readStream(await wire.app.post('/chat/completions', body))
      expect([contents(read), reasons(read), read.isWhole]).toEqual(['Hello', ['stop'], true])
      expect(read.chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 5 } })
    }
  })
})
