import { describe, expect, it, vi } from 'vitest'
import { Cancellation } from '../../src/core/cancellation.ts'
import { TextGuard } from '../../src/guardrails/text-guard.ts'
import { type ScriptedCall, completion, textChunk } from '../support/scripted-provider.ts'
import {
  answers,
  guardedChat,
  hello,
  hungUp,
  never,
  only,
  saying,
  secretWord,
  turns,
  unheardDuring,
  usage,
  verdicts,
  webhook,
} from './guarded-chat.ts'

/** A client that goes while guardrails look: all ends at once, is recorded once, and counts what was paid for. */

/** Hangs up while the question with this number, from 1, is open; none of them is ever answered. */
function leavingAt(number: number) {
  const cancellation = new Cancellation()
  let count = 0
  const judge = () => {
    count += 1
    if (count === number) setImmediate(() => cancellation.cancel(hungUp()))
    return never()
  }
  return { cancellation, judge }
}

describe('while somebody outside is asked about an answer', () => {
  it('two choices that end in one event leave no promise behind, and one record', async () => {
    const choice = (index: number, content: string, finish_reason: string | null) => ({
      index,
      delta: content === '' ? {} : { content },
      finish_reason,
    })
    const script = (call: ScriptedCall): void => {
      call.head()
      call.chunk({ ...textChunk(''), choices: [choice(0, 'one', null), choice(1, 'two', null)] })
      call.chunk({ ...textChunk(''), choices: [choice(0, ' more', 'stop'), choice(1, '', 'stop')] })
      call.end()
    }
    const { cancellation, judge } = leavingAt(1)
    const { ask, records, asked } = guardedChat(
      { remote: { ...webhook, action: 'block', stages: ['output'] } },
      script,
      { judge },
    )
    const unheard = await unheardDuring(async () => {
      const { sink } = await ask({ ...hello, stream: true, n: 2 }, { cancellation })
      expect(sink.fault?.kind).toBe('client_closed')
      expect(sink.texts.join('')).not.toMatch(/one|two|more/)
    })
    expect(unheard).toEqual([])
    expect(asked).not.toHaveLength(0)
    expect(only(records)).toMatchObject({ outcome: 'client_closed', guardrails: 'skipped:remote' })
  })

  it('a text that came whole in a Responses stream leaves none either', async () => {
    const item = {
      id: 'm1',
      type: 'mcp_call',
      name: 'x',
      arguments: '{}',
      output: 'a short result',
      status: 'completed',
    }
    const response = { id: 'r', object: 'response', output: [] }
    const script = (call: ScriptedCall): void => {
      call.head()
      call.chunk({ type: 'response.created', sequence_number: 0, response })
      call.chunk({ type: 'response.output_item.done', sequence_number: 1, output_index: 0, item })
    }
    const { cancellation, judge } = leavingAt(1)
    const { ask, records, asked } = guardedChat(
      { remote: { ...webhook, action: 'block', stages: ['output'] } },
      script,
      { judge },
    )
    const unheard = await unheardDuring(async () => {
      const { all, sink } = await ask(
        { model: 'acme/small', input: 'Hi', stream: true },
        { operation: 'responses', path: '/responses', cancellation },
      )
      expect(sink.fault?.kind).toBe('client_closed')
      expect(all).not.toContain('a short result')
    })
    expect(unheard).toEqual([])
    expect(asked.map(({ text }) => text)).toContain('a short result')
    expect(only(records).outcome).toBe('client_closed')
  })

  it('what a whole answer used is recorded: it was paid for', async () => {
    const script = (call: ScriptedCall): void => {
      call.head()
      call.chunk(completion('fine'), usage)
      call.end()
    }
    const { cancellation, judge } = leavingAt(1)
    const { refused, records } = guardedChat({ remote: { ...webhook, action: 'block', stages: ['output'] } }, script, {
      judge,
    })
    expect((await refused(hello, { cancellation })).kind).toBe('client_closed')
    expect(only(records)).toMatchObject({ outcome: 'client_closed', usage })
  })

  it.each([true, false])('one that only flags is waited for no longer and is no pass, stream: %s', async (stream) => {
    const { cancellation, judge } = leavingAt(1)
    const { ask, records } = guardedChat({ remote: { ...webhook, stages: ['output'] } }, answers('Hi'), { judge })
    await ask({ ...hello, stream }, { cancellation }).catch(() => null)
    await turns()
    expect(only(records)).toMatchObject({ outcome: 'client_closed', guardrails: 'skipped:remote' })
    expect(verdicts(records)).toEqual(['remote/output: skipped'])
    expect(only(records).guardrailResults).toMatchObject([{ problem: expect.any(String) as string }])
  })
})

describe('while a long request is read', () => {
  const long = 'Some ordinary words about nothing, 12 or 13 of them. '.repeat(4_000)

  it('reading ends with the piece at which the client goes', async () => {
    const cancellation = new Cancellation()
    const push = TextGuard.prototype.push
    const lengths: number[] = []
    const spy = vi.spyOn(TextGuard.prototype, 'push').mockImplementation(function (this: TextGuard, piece) {
      lengths.push(piece.length)
      if (lengths.length === 3) cancellation.cancel(hungUp())
      return push.call(this, piece)
    })
    const { refused, records, acme } = guardedChat({
      personal: { type: 'pii', action: 'block', stages: ['input'] },
      injection: { type: 'injection', action: 'block', stages: ['input'] },
    })
    const fault = await refused(saying(long), { cancellation })
    spy.mockRestore()
    expect(fault.kind).toBe('client_closed')
    expect(lengths).toHaveLength(3)
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThan(long.length / 10)
    expect(acme.calls).toHaveLength(0)
    expect(verdicts(records)).toEqual(['personal/input: skipped', 'injection/input: skipped'])
  })

  it('the outcome is that the client went, not that something was blocked', async () => {
    const cancellation = new Cancellation()
    const { refused, records, acme } = guardedChat({ words: { ...secretWord, action: 'block', stages: ['input'] } })
    const refusal = refused(saying(`${long} swordfish`), { cancellation })
    cancellation.cancel(hungUp())
    expect((await refusal).kind).toBe('client_closed')
    expect(acme.calls).toHaveLength(0)
    expect(only(records)).toMatchObject({ outcome: 'client_closed', guardrails: 'skipped:words' })
  })
})
