import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import { accumulated, chatChunk, eventsOf, noFlow, open, requestOf, tellStream, usage, usageChunk } from './support.ts'

const role = chatChunk({ role: 'assistant', content: '' })
const text = (content: string) => chatChunk({ content })
const call = (index: number, id: string) =>
  chatChunk({ tool_calls: [{ index, id, type: 'function', function: { name: `tool_${id}`, arguments: '' } }] })
const args = (index: number, piece: string) => chatChunk({ tool_calls: [{ index, function: { arguments: piece } }] })
const finish = (reason: string) => chatChunk({}, reason)

describe('a streamed chat answer as a Messages stream', () => {
  it('is told event by event, each under its name', () => {
    const sink = tellStream([role, text('Hel'), text('lo'), finish('stop'), usageChunk()])
    expect(eventsOf(sink)).toEqual([
      {
        type: 'message_start',
        message: {
          id: 'msg_01900000000070008000000000000000',
          type: 'message',
          role: 'assistant',
          model: 'gpt-5-mini-2025-08-07',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          stop_details: null,
          usage: { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'lo' } },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null },
        usage: { input_tokens: 30, cache_creation_input_tokens: 10, cache_read_input_tokens: 60, output_tokens: 40 },
      },
      { type: 'message_stop' },
    ])
    expect(sink.chunks.map((chunk) => chunk.event)).toEqual(eventsOf(sink).map((event) => event.type))
    expect(sink.heard.slice(-2)).toEqual(['flush', 'end'])
  })

  it('passes each delta on at once', () => {
    const { sink, told } = open()
    told.chunk(role)
    told.chunk(text('Hel'))
    told.flush()
    expect(eventsOf(sink).map((event) => event.type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
    ])
    expect(sink.heard.at(-1)).toBe('flush')
  })

  it('carries the tokens once, on the event that tells them', () => {
    const sink = tellStream([role, text('x'), finish('stop'), usageChunk()])
    const carrying = sink.chunks.filter((chunk) => chunk.usage !== null)
    expect(carrying.map((chunk) => [chunk.event, chunk.internal, chunk.usage])).toEqual([
      ['message_delta', false, usage],
    ])
  })

  it('gives thinking, text and two tools blocks of their own (G11)', async () => {
    const sink = tellStream([
      role,
      chatChunk({ reasoning_content: 'Let me ' }),
      chatChunk({ reasoning_content: 'see.' }),
      text('I will look.'),
      call(0, 'a'),
      args(0, '{"city":'),
      args(0, '"Paris"}'),
      call(1, 'b'),
      finish('tool_calls'),
      usageChunk(),
    ])
    const message = await accumulated(sink)
    expect(message.content).toEqual([
      { type: 'thinking', thinking: 'Let me see.', signature: '' },
      { type: 'text', text: 'I will look.' },
      { type: 'tool_use', id: 'a', name: 'tool_a', input: { city: 'Paris' } },
      { type: 'tool_use', id: 'b', name: 'tool_b', input: {} },
    ])
    expect(message.stop_reason).toBe('tool_use')
  })

  it('closes a tool as soon as the next one begins, and one block before the next (E14)', () => {
    const { sink, told } = open()
    for (const chunk of [role, call(0, 'a'), args(0, '{"s":"}"}'), call(1, 'b')]) told.chunk(chunk)
    expect(eventsOf(sink).map(({ type, index }) => [type, index])).toEqual([
      ['message_start', undefined],
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
    ])
  })

  it('sorts the deltas of mixed tool calls (E14)', async () => {
    const sink = tellStream([
      role,
      call(0, 'a'),
      call(1, 'b'),
      args(1, '{"b":'),
      args(0, '{"a":'),
      args(1, '2}'),
      args(0, '1}'),
      args(0, '\n'),
      finish('tool_calls'),
    ])
    const open: number[] = []
    for (const { type, index } of eventsOf(sink)) {
      if (type === 'content_block_start') open.push(index ?? -1)
      else if (type === 'content_block_stop') expect(open.pop()).toBe(index)
      expect(open.length).toBeLessThanOrEqual(1)
    }
    expect((await accumulated(sink)).content).toMatchObject([
      { id: 'a', input: { a: 1 } },
      { id: 'b', input: { b: 2 } },
    ])
  })

  it('ends with a fault, and stops the provider, when a closed tool call goes on', () => {
    const asked: string[] = []
    const { sink, told } = open(requestOf(), { ...noFlow, abort: () => asked.push('abort') })
    for (const chunk of [role, call(0, 'a'), args(0, '{}'), call(1, 'b'), args(0, '{"late":1}')]) told.chunk(chunk)
    told.end()
    expect(sink.fault).toMatchObject({ kind: 'upstream_error' })
    expect([asked, sink.ended]).toEqual([['abort'], false])
  })

  it('holds back no more than a bounded number of characters', () => {
    const { sink, told } = open()
    for (const chunk of [role, call(0, 'a'), args(0, '{'), call(1, 'b')]) told.chunk(chunk)
    const piece = args(1, 'x'.repeat(2 ** 20))
    for (let times = 0; times < 5; times += 1) told.chunk(piece)
    expect(sink.fault).toMatchObject({ kind: 'upstream_error' })
  })

  it('brings signatures and sealed thinking, each thought in its block (G13, G15)', async () => {
    const format = 'anthropic-claude-v1'
    const sink = tellStream([
      role,
      chatChunk({ reasoning_content: 'One' }),
      chatChunk({
        reasoning_details: [{ type: 'reasoning.text', text: 'One', signature: 'c2lnMQ==', format, index: 0 }],
      }),
      chatChunk({ reasoning_content: 'Two' }),
      chatChunk({
        reasoning_details: [{ type: 'reasoning.text', text: 'Two', signature: 'c2lnMg==', format, index: 1 }],
      }),
      chatChunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'ZGF0YQ==', format, index: 2 }] }),
      text('Done'),
      finish('stop'),
    ])
    expect((await accumulated(sink)).content).toEqual([
      { type: 'thinking', thinking: 'One', signature: 'c2lnMQ==' },
      { type: 'thinking', thinking: 'Two', signature: 'c2lnMg==' },
      { type: 'redacted_thinking', data: 'ZGF0YQ==' },
      { type: 'text', text: 'Done' },
    ])
  })

  it('reads thinking that stands in the details only', async () => {
    const sink = tellStream([
      role,
      chatChunk({ reasoning_details: [{ type: 'reasoning.text', text: 'Hm', index: 0 }] }),
      chatChunk({ reasoning_details: [{ type: 'reasoning.text', text: ' ok', index: 0 }] }),
      text('Done'),
      finish('stop'),
    ])
    expect((await accumulated(sink)).content).toEqual([
      { type: 'thinking', thinking: 'Hm ok', signature: '' },
      { type: 'text', text: 'Done' },
    ])
  })

  it('tells an answer without a word as an empty message', async () => {
    expect((await accumulated(tellStream([role, finish('stop')]))).content).toEqual([])
    expect(eventsOf(tellStream([])).map((event) => event.type)).toEqual([
      'message_start',
      'message_delta',
      'message_stop',
    ])
  })

  it('tells the first of several choices', async () => {
    const second = chatChunk({ content: 'other' })
    const value = { ...second.value, choices: [{ index: 1, delta: { content: 'other' }, finish_reason: null }] }
    const sink = tellStream([role, text('one'), { ...second, value }, finish('stop')])
    expect((await accumulated(sink)).content).toEqual([{ type: 'text', text: 'one' }])
  })

  it('passes a fault on and says no more', () => {
    const { sink, told } = open()
    const fault = new Fault('upstream_interrupted', 'The provider broke off.')
    told.chunk(role)
    told.fail(fault)
    told.end()
    told.chunk(text('late'))
    told.flush()
    expect(sink.fault).toBe(fault)
    expect(sink.heard).toEqual(['head', 'chunk', 'fail'])
  })

  it('hands the tokens to the record when the answer fails before its closing event', () => {
    const { sink, told } = open()
    told.chunk(role)
    told.chunk(usageChunk())
    told.fail(new Fault('upstream_interrupted', 'The provider broke off.'))
    expect(sink.usages).toEqual([usage])
    expect(sink.chunks.at(-1)).toMatchObject({ internal: true })
  })

  it('sends nothing before a fault that comes first, so that the attempt can be made again', () => {
    const { sink, told } = open()
    told.chunk(usageChunk())
    told.fail(new Fault('upstream_overloaded', 'The provider is overloaded.'))
    expect(sink.heard).toEqual(['head', 'fail'])
  })
})
