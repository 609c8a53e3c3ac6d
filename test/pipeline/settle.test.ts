import { describe, expect, it } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { CollectingSink, chatBench } from '../support/chat-bench.ts'
import { scriptedProvider, textChunk } from '../support/scripted-provider.ts'

/** A request whose message nests deeper than any recursion gets: V8 reads it, and writing it anew would overflow the stack. */
const depth = 50_000
const text = `{"model":"one/m","stream":true,"messages":[{"role":"user","content":["first",${'['.repeat(depth)}"deep"${']'.repeat(depth)}]}]}`
const deeplyNested = JSON.parse(text) as JsonObject

describe('an exchange is recorded, however hostile it is', () => {
  for (const bodyPolicy of ['on', 'off', 'redacted'] as const) {
    it(`a client that nests ${depth} arrays and hangs up (bodies ${bodyPolicy})`, async () => {
      const provider = scriptedProvider('one', (call) => {
        call.head()
        call.chunk(textChunk('some text'))
      })
      const bench = chatBench([provider], { bodyPolicy })
      const cancellation = new Cancellation()
      const { answer } = await bench.ask(deeplyNested, { text, cancellation })
      answer.start(new CollectingSink())
      // Out of a socket's event: an exception here would end the process.
      cancellation.cancel(new Fault('client_closed', 'gone'))
      expect(bench.records).toHaveLength(1)
      // Counted from the texts where they may be kept, else from their length: nobody's words wait in the spool then.
      const counted =
        bodyPolicy === 'on'
          ? { usage: null, estimate: { input: 'user\nfirst\ndeep' } }
          : { usage: { inputTokens: 4 }, usageSource: 'estimated', estimate: null }
      expect(bench.records[0]).toMatchObject({ outcome: 'client_closed', ...counted })
      expect(bench.records[0]?.bodies === null).toBe(bodyPolicy === 'off')
      expect(bench.observations.filter((each) => each.type === 'defect')).toEqual([])
    })
  }

  it('a defect while its record is put together: recorded without texts, and told about', async () => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(textChunk('some text'), {
        inputTokens: 1,
        outputTokens: 1,
        cacheReadInputTokens: 0,
        cacheCreationInputTokens: 0,
        reasoningOutputTokens: 0,
      })
      call.end()
    })
    const bench = chatBench([provider])
    const failing = {
      ...bench.dependencies.ledger,
      price: () => {
        throw new RangeError('no such price')
      },
    }
    Object.assign(bench.dependencies, { ledger: failing })
    const { answer } = await bench.ask({ model: 'one/m', stream: true, messages: [{ role: 'user', content: 'Hi' }] })
    const sink = new CollectingSink()
    answer.start(sink)
    expect(sink.steps.at(-1)).toBe('end')
    expect(bench.records).toHaveLength(1)
    expect(bench.records[0]).toMatchObject({ outcome: 'ok', usage: null, bodies: null })
    expect(bench.observations).toContainEqual(
      expect.objectContaining({ type: 'defect', requestId: bench.records[0]?.requestId }),
    )
  })
})

it('an answer whose head cannot be written is given up and recorded, once', async () => {
  const provider = scriptedProvider('one', (call) => {
    call.head()
    call.chunk(textChunk('some text'))
  })
  const bench = chatBench([provider])
  const { answer } = await bench.ask({ model: 'one/m', stream: true, messages: [{ role: 'user', content: 'Hi' }] })
  const sink = new CollectingSink()
  sink.head = () => {
    throw new TypeError('Invalid character in header content')
  }
  expect(() => {
    answer.start(sink)
  }).toThrow('Invalid character')
  expect(provider.calls[0]?.asked).toEqual(['abort'])
  provider.calls[0]?.fail(new Fault('upstream_interrupted', 'late'))
  expect(bench.records).toMatchObject([{ outcome: 'error', errorType: 'internal' }])
})

describe('an answer in one piece whose provider tells no tokens', () => {
  const answers: Readonly<Record<string, JsonObject>> = {
    'of the Messages API': {
      type: 'message',
      content: [
        { type: 'thinking', thinking: 'Hm.' },
        { type: 'text', text: 'Hello' },
        { type: 'tool_use', id: 't', name: 'f', input: { city: 'Rome' } },
      ],
    },
    'of the Responses API': {
      object: 'response',
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
        { type: 'message', content: [{ type: 'output_text', text: 'Hello' }] },
        { type: 'function_call', name: 'f', arguments: '{"city":"Rome"}' },
      ],
    },
  }
  it.each(Object.entries(answers))('is counted by its words: one %s', async (_name, value) => {
    const provider = scriptedProvider('one', (call) => {
      call.head()
      call.chunk(value)
      call.end()
    })
    const bench = chatBench([provider])
    const { answer } = await bench.ask({ model: 'one/m', messages: [{ role: 'user', content: 'Hi' }] })
    answer.start(new CollectingSink())
    expect(bench.records[0]?.estimate?.output).toBe('Hm.\nHello{"city":"Rome"}')
  })
})

it('a defect in the middle of a stream is told about, so that the request id finds it in the log', async () => {
  const provider = scriptedProvider('one', (call) => {
    call.head()
    call.chunk(textChunk('some text'))
    call.fail(Fault.from(new TypeError('x is not a function')))
  })
  const bench = chatBench([provider])
  const { answer } = await bench.ask({ model: 'one/m', stream: true, messages: [{ role: 'user', content: 'Hi' }] })
  answer.start(new CollectingSink())
  const defects = bench.observations.filter((each) => each.type === 'defect')
  expect(defects).toEqual([
    expect.objectContaining({ error: expect.any(TypeError), requestId: bench.records[0]?.requestId }),
  ])
})

it('what a provider calls itself is cut at 512 characters', async () => {
  const provider = scriptedProvider('one', (call) => {
    call.head()
    call.chunk({ ...textChunk('a', 'stop'), id: 'i'.repeat(100_000), model: 'm'.repeat(100_000) })
    call.end()
  })
  const bench = chatBench([provider])
  const { answer } = await bench.ask({ model: 'one/m', stream: true, messages: [{ role: 'user', content: 'Hi' }] })
  answer.start(new CollectingSink())
  expect(bench.records[0]).toMatchObject({ responseId: 'i'.repeat(512), responseModel: 'm'.repeat(512) })
})
