import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/core/json.ts'
import {
  block,
  call,
  ending,
  map,
  newest,
  newMemory,
  opus,
  start,
  stop,
  stream,
  text,
  thinking,
  whole,
} from './support.ts'

const thought = { type: 'thinking', thinking: 'I think', signature: 'sig' }
const redacted = { type: 'redacted_thinking', data: 'xyz' }
const called = [
  start(),
  ...thinking(0, 'sig', 'I ', 'think'),
  ...block(1, redacted),
  ...text(2, 'Let me look.'),
  ...call(3, 'toolu_1', 'f', '{}'),
  ending('tool_use'),
  stop,
]

/** The next turn of a client that keeps only what OpenAI's API has, and perhaps more. */
const nextTurn = (more: JsonObject = {}): JsonObject => ({
  reasoning_effort: 'low',
  messages: [
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: 'Let me look.',
      tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
      ...more,
    },
    { role: 'tool', tool_call_id: 'toolu_1', content: 'found' },
  ],
})

describe('thinking in the next turn', () => {
  it('G14 G15 comes back before the call although the client dropped it, after a stream and after a whole answer', () => {
    const fromStream = newMemory()
    stream(called, { memory: fromStream })
    const fromWhole = newMemory()
    const content = [
      thought,
      redacted,
      { type: 'text', text: 'Let me look.' },
      { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
    ]
    whole({ type: 'message', content, stop_reason: 'tool_use' }, { memory: fromWhole })
    for (const memory of [fromStream, fromWhole]) {
      const { sent, warnings } = map(nextTurn(), { memory })
      expect(sent.messages[1]?.content).toEqual(content)
      expect(sent.thinking).toMatchObject({ type: 'enabled' })
      expect(warnings).toEqual([])
    }
  })

  it('G14 is another tenant’s nowhere', () => {
    const memory = newMemory()
    stream(called, { memory })
    const { sent } = map(nextTurn(), { memory, partition: 'somebody else' })
    expect(JSON.stringify(sent)).not.toContain('sig')
  })

  it('G14 is turned off with a budget when it is lost, and says so', () => {
    const { sent, warnings } = map(nextTurn())
    expect(sent.thinking).toEqual({ type: 'disabled' })
    expect(sent.messages[1]?.content.map(({ type }) => type)).toEqual(['text', 'tool_use'])
    expect(warnings.join()).toContain('thinking')
  })

  it('G14 stays on for an adaptive model, which may have called without thinking', () => {
    expect(map(nextTurn(), { model: opus }).sent.thinking).toMatchObject({ type: 'adaptive' })
  })

  it('G14 needs it only for the calls since the user last spoke', () => {
    const before = nextTurn()['messages'] as JsonObject[]
    const { sent } = map({
      ...nextTurn(),
      messages: [...before, { role: 'assistant', content: 'Found.' }, { role: 'user', content: 'Thanks' }],
    })
    expect(sent.thinking).toMatchObject({ type: 'enabled' })
  })

  it('counts the first turn of a run of calls, since the later ones go on from it', () => {
    const memory = newMemory()
    stream(called, { memory })
    const again = [{ id: 'toolu_2', type: 'function', function: { name: 'f', arguments: '{}' } }]
    const messages = [
      ...(nextTurn()['messages'] as JsonObject[]),
      { role: 'assistant', content: null, tool_calls: again },
      { role: 'tool', tool_call_id: 'toolu_2', content: 'more' },
    ]
    expect(map({ ...nextTurn(), messages }, { memory }).sent.thinking).toMatchObject({ type: 'enabled' })
  })

  it('is taken from the client when it sends reasoning_details, whole or in pieces', () => {
    const asSent = stream(called).sent.flatMap((chunk) =>
      chunk.choices.flatMap((choice) => choice.delta['reasoning_details'] ?? []),
    )
    const pieces = [
      { type: 'reasoning.text', text: 'I ', index: 0 },
      { type: 'reasoning.text', text: 'think', index: 0 },
      { type: 'reasoning.text', signature: 'sig', index: 0 },
      { type: 'reasoning.encrypted', data: 'xyz' },
    ]
    for (const details of [asSent, pieces])
      expect(
        map(nextTurn({ reasoning_details: details as JsonObject[] })).sent.messages[1]?.content.slice(0, 2),
      ).toEqual([thought, redacted])
    const unsigned = [{ type: 'reasoning.text', text: 'I think' }]
    expect(map(nextTurn({ reasoning_details: unsigned })).sent.thinking).toEqual({ type: 'disabled' })
  })

  it('is found by its text after a turn without calls, in the same conversation and in no other', () => {
    const picture = (data: string): JsonObject => ({
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
      ],
    })
    for (const [first, second, found] of [
      [{ role: 'user', content: 'Hi' }, { role: 'user', content: 'Hi' }, true],
      [{ role: 'user', content: 'Hi' }, { role: 'user', content: 'Hi, I am Ann' }, false],
      [picture('QUFB'), picture('QUFB'), true],
      [picture('QUFB'), picture('QUFC'), false],
    ] as const) {
      const memory = newMemory()
      const { expected } = map({ messages: [first] }, { memory, model: newest })
      const said = [start(), ...thinking(0, 'sig', 'I think'), ...text(1, 'Yes.'), ending('end_turn'), stop]
      stream(said, { memory, expected })
      const messages = [second, { role: 'assistant', content: 'Yes.' }, { role: 'user', content: 'Go on' }]
      const { sent } = map({ messages }, { memory, model: newest })
      expect(sent.messages[1]?.content[0]?.type).toBe(found ? 'thinking' : 'text')
    }
  })

  it('is left out when another provider signed it, and what Gemini signed does no harm in the same memory', () => {
    const foreign = [
      { type: 'reasoning.encrypted', data: 'xyz', format: 'openai-responses-v1' },
      { type: 'reasoning.text', text: 'I think', signature: 'sig', format: 'google-gemini-v1' },
    ]
    const memory = newMemory()
    memory.remember('tenant', 'call:toolu_1', 'a thought signature')
    for (const { sent } of [
      map(nextTurn({ reasoning_details: foreign }), { model: newest }),
      map(nextTurn(), { model: newest, memory }),
    ])
      expect(sent.messages[1]?.content.map(({ type }) => type)).toEqual(['text', 'tool_use'])
  })

  it('is not sent where thinking is off', () => {
    const memory = newMemory()
    stream(called, { memory })
    for (const effort of ['none', null])
      expect(map({ ...nextTurn(), reasoning_effort: effort }, { memory }).sent.messages[1]?.content[0]?.type).toBe(
        'text',
      )
  })
})
