import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { JsonValue } from '../../src/core/json.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'
import { type ScriptedCall, completion, textChunk } from '../support/scripted-provider.ts'
import {
  type Guardrails,
  answers,
  block,
  choiceChunk,
  guardedChat,
  hello,
  lastChunk,
  only,
  saying,
  secretWord,
  usage,
  verdicts,
  webhook,
} from './guarded-chat.ts'

/** What an exchange that ends early accounts for: no pass of who did not look, all that was paid for, nothing taken out. */

const brokenOff = (): Fault => new Fault('upstream_interrupted', 'The provider broke off.')

describe('what has not been looked at to the end is no pass', () => {
  it('of rules behind the one that blocked a request', async () => {
    const { refused, records, asked } = guardedChat({
      words: { ...secretWord, action: 'block', stages: ['input'] },
      fish: { type: 'keywords', settings: { words: ['tuna'] }, stages: ['input'] },
      remote: { ...webhook, action: 'block', stages: ['input'] },
    })
    await refused(saying('swordfish and tuna'))
    expect(verdicts(records)).toEqual(['words/input: block', 'fish/input: skipped', 'remote/input: skipped'])
    expect(only(records).guardrails).toBe('blocked:words')
    expect(asked).toEqual([])
  })

  it('of one that was still reading a request when the provider refused it', async () => {
    const { refused, records } = guardedChat({ words: { ...secretWord, stages: ['input'] } }, (call) => {
      call.fail(new Fault('upstream_rejected', 'No.'))
    })
    await refused(saying(`${'plain words '.repeat(20_000)}swordfish`))
    expect(verdicts(records)).toEqual(['words/input: skipped'])
    expect(only(records)).toMatchObject({ outcome: 'error', guardrails: 'skipped:words' })
  })

  it('of one that judges at the end of an answer that broke off before', async () => {
    const { ask, records } = guardedChat(
      { short: { type: 'length', settings: { min_chars: 50 }, stages: ['output'], action: 'block' } },
      (call) => {
        call.head()
        call.chunk(textChunk('Too few'))
        call.fail(brokenOff())
      },
    )
    const { sink } = await ask({ ...hello, stream: true })
    expect(sink.fault?.kind).toBe('upstream_interrupted')
    expect(verdicts(records)).toEqual(['short/output: skipped'])
    expect(only(records).guardrailResults).toMatchObject([{ findingCount: 0, problem: expect.any(String) as string }])
  })

  it('but what was found before it broke off is recorded as found', async () => {
    const { ask, records } = guardedChat(
      { long: { type: 'length', settings: { max_chars: 3 }, stages: ['output'] } },
      (call) => {
        call.head()
        call.chunk(textChunk('Too many'))
        call.fail(brokenOff())
      },
    )
    await ask({ ...hello, stream: true })
    expect(only(records)).toMatchObject({ outcome: 'incomplete', guardrails: 'flagged:long' })
  })
})

describe('what was generated is counted, though nobody got it', () => {
  it.each(['stop', null])('tokens that are told behind what is blocked, finish %s', async (finish) => {
    const { ask, records } = guardedChat(
      { remote: { ...webhook, action: 'block', stages: ['output'] } },
      (call) => {
        call.head()
        call.chunk(textChunk('bad', finish))
        if (finish === null) call.chunk(lastChunk)
        call.chunk({ id: 'chatcmpl-1', choices: [], usage: {} }, usage, true)
        call.end()
      },
      { judge: () => block },
    )
    const { all } = await ask({ ...hello, stream: true })
    expect(all).not.toContain('bad')
    expect(only(records)).toMatchObject({ outcome: 'blocked', usage, usageSource: 'provider' })
  })

  it('the text of JSON that is blocked, without what it was blocked for', async () => {
    const { ask, records } = guardedChat(
      { words: { ...secretWord, action: 'block', stages: ['output'] } },
      answers('{"a":"a long text with swordfish', ' in it"}'),
    )
    await ask({ ...hello, stream: true, response_format: { type: 'json_object' } })
    expect(only(records).estimate?.output).toBe('{"a":"a long text with <KEYWORD_1> in it"}')
  })

  it('the text of a rule that waits for the end, up to where it blocked', async () => {
    const { ask, records } = guardedChat(
      { words: { ...secretWord, action: 'block', stages: ['output'], stream_mode: 'full' } },
      answers('Some text with swordfish in it', ' and more'),
    )
    const { all } = await ask({ ...hello, stream: true })
    expect(all).not.toContain('Some text')
    expect(only(records).estimate?.output).toBe('Some text with <KEYWORD_1> in it')
  })

  it('an event that nobody can read ends the call, and is what the call failed with', async () => {
    let deep: JsonValue = 'x'
    for (let level = 0; level < 2_000; level += 1) deep = [deep]
    const { ask, records, acme } = guardedChat(
      { words: { ...secretWord, action: 'block', stages: ['output'] } },
      (call) => {
        call.head()
        call.chunk(textChunk('one '))
        call.chunk(choiceChunk({ content: deep }))
      },
    )
    const { sink } = await ask({ ...hello, stream: true })
    expect(sink.fault).not.toBeNull()
    expect(acme.calls[0]?.asked).toContain('abort')
    const { attempts, outcome } = only(records)
    expect(outcome).not.toBe('ok')
    expect(attempts).toMatchObject([{ errorType: sink.fault?.kind }])
  })
})

describe('nothing that was taken out is recorded', () => {
  const redacting: Guardrails = { words: { ...secretWord, action: 'redact', stages: ['output'] } }
  const version: VersionBody = {
    messages: [{ role: 'user', content: 'Go' }],
    model: 'acme/small',
    output_format: 'json',
    retries: 0,
  }

  it.each([true, false])('of an answer that misses its form and is refused, stream: %s', async (stream) => {
    const { refused, records } = guardedChat(redacting, answers('It is swordfish'), {
      prompts: { p1: { ...version, on_output_mismatch: 'error' } },
      checksOutput: true,
    })
    expect((await refused({ prompt_id: 'p1', stream })).kind).toBe('output_mismatch')
    expect(only(records)).toMatchObject({ guardrails: 'redacted:words', outputCheck: 'mismatch' })
    expect(only(records).bodies?.response).toContain('It is <KEYWORD_1>')
    expect(JSON.stringify(records)).not.toContain('swordfish')
  })

  it('of one that is kept back for its form and breaks off', async () => {
    const { refused, records } = guardedChat(
      redacting,
      (call) => {
        call.head()
        call.chunk(textChunk('It is swordfish'))
        call.fail(brokenOff())
      },
      { prompts: { p1: { ...version, on_output_mismatch: 'retry' } }, checksOutput: true },
    )
    expect((await refused({ prompt_id: 'p1', stream: true })).kind).toBe('upstream_interrupted')
    expect(only(records).bodies?.response).toContain('It is <KEYWORD_1>')
    expect(JSON.stringify(records)).not.toContain('swordfish')
  })

  it('of one that breaks off behind its only piece, and nobody gets it either', async () => {
    const script = (call: ScriptedCall): void => {
      call.head()
      call.chunk(completion('It is swordfish'), usage)
      call.fail(brokenOff())
    }
    const { ask, records } = guardedChat(redacting, script)
    const { all, sink } = await ask(hello)
    expect(sink.fault?.kind).toBe('upstream_interrupted')
    expect(all).not.toContain('swordfish')
    expect(JSON.stringify(records)).not.toContain('swordfish')
    expect(verdicts(records)).toEqual(['words/output: skipped'])
    expect(only(records).usage).toEqual(usage)
  })

  it('of a request that one webhook redacts and another blocks', async () => {
    const { refused, records, acme } = guardedChat(
      {
        names: { ...webhook, action: 'redact', stages: ['input'] },
        judge: { ...webhook, action: 'block', stages: ['input'] },
      },
      answers('Hi'),
      {
        judge: ({ guardrail }) =>
          guardrail === 'judge'
            ? { verdict: 'block', findings: [{ kind: 'person', start: 0, end: 1 }] }
            : { verdict: 'redact', findings: [{ kind: 'name', start: 5, end: 13 }] },
      },
    )
    await refused(saying('I am Lovelace.'))
    expect(acme.calls).toHaveLength(0)
    expect(only(records).guardrails).toBe('blocked:judge')
    expect(only(records).bodies?.request).toContain('<PERSON_1> am <NAME_1>.')
    expect(JSON.stringify(records)).not.toContain('Lovelace')
  })
})
