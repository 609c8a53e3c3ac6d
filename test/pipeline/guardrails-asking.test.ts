import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { completion } from '../support/scripted-provider.ts'
import {
  type Verdict,
  answers,
  block,
  guardedChat,
  hello,
  never,
  only,
  pass,
  said,
  saying,
  secretWord,
  verdicts,
  webhook,
} from './guarded-chat.ts'

/** Guardrails that ask somebody outside: what they are told, how many at a time, and what their words come to together. */

describe('what somebody outside is told', () => {
  const personal = { type: 'pii', action: 'redact', stages: ['input'] as 'input'[] } as const
  const letter = 'Write to ada.lovelace@example.org please'

  it.each(['flag', 'block'] as const)('is what others left, action %s, whatever the order', async (action) => {
    const { asked, ask, acme, records } = guardedChat({
      remote: { ...webhook, action, stages: ['input'], order: 1 },
      personal: { ...personal, order: 2 },
    })
    await ask(saying(letter))
    expect(asked.map(({ text }) => text)).toEqual(['Write to <EMAIL_1> please'])
    expect(acme.calls[0]?.call.body).not.toContain('lovelace')
    expect(verdicts(records)).toContain('remote/input: pass')
  })

  it('is what another one of them left, for one that only flags', async () => {
    const { asked, ask } = guardedChat(
      {
        listener: { ...webhook, stages: ['input'], order: 1 },
        names: { ...webhook, action: 'redact', stages: ['input'], order: 2 },
      },
      answers('Hi'),
      {
        judge: ({ guardrail, text }) =>
          guardrail === 'names' && text.includes('Lovelace')
            ? { verdict: 'redact', findings: [{ kind: 'name', start: 5, end: 13 }] }
            : pass,
      },
    )
    await ask(saying('I am Lovelace.'))
    expect(asked.map(({ guardrail, text }) => `${guardrail}: ${text}`)).toEqual([
      'names: I am Lovelace.',
      'listener: I am <NAME_1>.',
    ])
  })

  it.each(['flag', 'block'] as const)(
    'has nothing of a value that was redacted where a template is filled with it, action %s',
    async (action) => {
      const { asked, ask, acme } = guardedChat(
        {
          personal: { ...personal, roles: ['user'] },
          remote: { ...webhook, action, stages: ['input'] },
        },
        answers('Hi'),
        {
          prompts: {
            p1: {
              messages: [
                { role: 'system', content: 'Customer: {{mail}}' },
                { role: 'user', content: 'Go on' },
              ],
              variables: { type: 'object', properties: { mail: {} } },
              model: 'acme/small',
            },
          },
        },
      )
      await ask({ prompt_id: 'p1', prompt_variables: { mail: 'ada.lovelace@example.org' } })
      expect(acme.calls[0]?.call.body).toContain('Customer: <EMAIL_1>')
      expect(asked.map(({ text }) => text)).toContain('Customer: <EMAIL_1>')
      expect(JSON.stringify(asked)).not.toContain('lovelace')
    },
  )
})

describe('findings of others that overlap', () => {
  it('go as one, named by the longest, and nothing of them is left', async () => {
    const findings = [
      { kind: 'short', start: 0, end: 5 },
      { kind: 'long', start: 3, end: 12 },
    ]
    const { ask, acme } = guardedChat(
      { remote: { ...webhook, action: 'redact', stages: ['input'] } },
      answers('As for <LONG_1>'),
      { judge: () => ({ verdict: 'redact', findings }) },
    )
    const { sink } = await ask(saying('abcdeSECRETX and more'))
    expect(acme.calls[0]?.call.body).toContain('"<LONG_1> and more"')
    expect(said(sink).text).toBe('As for abcdeSECRETX')
  })

  it('so do those of two guardrails', async () => {
    const { ask, acme } = guardedChat(
      {
        one: { ...webhook, action: 'redact', stages: ['input'], order: 1 },
        two: { ...webhook, action: 'redact', stages: ['input'], order: 2 },
      },
      answers('Hi'),
      {
        judge: ({ guardrail }) => ({
          verdict: 'redact',
          findings: [guardrail === 'one' ? { kind: 'first', start: 0, end: 8 } : { kind: 'second', start: 4, end: 12 }],
        }),
      },
    )
    await ask(saying('abcdeSECRETX and more'))
    expect(acme.calls[0]?.call.body).toMatch(/"<(?:FIRST|SECOND)_1> and more"/)
  })
})

describe('how many are asked at a time', () => {
  /** Answers a turn later, and keeps count. */
  function counting() {
    const counts = { open: 0, most: 0, all: 0 }
    const judge = async (): Promise<Verdict> => {
      counts.all += 1
      counts.open += 1
      counts.most = Math.max(counts.most, counts.open)
      await setImmediate()
      counts.open -= 1
      return pass
    }
    return { counts, judge }
  }
  const manyStrings = JSON.stringify(Array.from({ length: 100 }, (_, n) => `item ${n}`))
  const json = { ...hello, response_format: { type: 'json_object' } }

  it.each([true, false])('about the strings of JSON: 8, stream %s', async (stream) => {
    const { counts, judge } = counting()
    const { ask } = guardedChat({ remote: { ...webhook, action: 'block', stages: ['output'] } }, answers(manyStrings), {
      judge,
    })
    await ask({ ...json, stream })
    expect(counts).toEqual({ open: 0, most: 8, all: 100 })
  })

  it('about JSON of several choices: 8 in all', async () => {
    const { counts, judge } = counting()
    const { ask } = guardedChat(
      { remote: { ...webhook, action: 'block', stages: ['output'] } },
      (call) => {
        call.head()
        const choices = [0, 1, 2].map((index) => ({
          index,
          message: { role: 'assistant', content: manyStrings.replaceAll('item', `item of ${index}:`) },
          finish_reason: 'stop',
        }))
        call.chunk({ ...completion(''), choices })
        call.end()
      },
      { judge },
    )
    await ask({ ...json, n: 3 })
    expect(counts).toEqual({ open: 0, most: 8, all: 300 })
  })

  it('about the messages of a request: 8', async () => {
    const { counts, judge } = counting()
    const { ask } = guardedChat({ remote: { ...webhook, action: 'block', stages: ['input'] } }, answers('Hi'), {
      judge,
    })
    const messages = Array.from({ length: 50 }, (_, n) => ({ role: 'user', content: `message ${n}` }))
    await ask({ ...hello, messages })
    expect(counts).toEqual({ open: 0, most: 8, all: 50 })
  })
})

describe('one that blocks', () => {
  const slowAndFast = {
    slow: { ...webhook, action: 'block', order: 1 },
    fast: { ...webhook, action: 'block', order: 2 },
  } as const

  it('ends the waiting for others about a request, who have not said that it passes', async () => {
    const guardrails = {
      slow: { ...slowAndFast.slow, stages: ['input'] as 'input'[] },
      fast: { ...slowAndFast.fast, stages: ['input'] as 'input'[] },
    }
    const { refused, records, acme } = guardedChat(guardrails, answers('Hi'), {
      judge: ({ guardrail }) => (guardrail === 'fast' ? block : never()),
    })
    expect((await refused(hello)).message).toContain('`fast`')
    expect(acme.calls).toHaveLength(0)
    expect(only(records).guardrails).toBe('blocked:fast')
  })

  it.each([true, false])('ends the waiting for others about an answer, stream %s', async (stream) => {
    const guardrails = {
      slow: { ...slowAndFast.slow, stages: ['output'] as 'output'[] },
      fast: { ...slowAndFast.fast, stages: ['output'] as 'output'[] },
    }
    const { ask, records } = guardedChat(guardrails, answers('Hi'), {
      judge: ({ guardrail }) => (guardrail === 'fast' ? block : never()),
    })
    const { sink } = await ask({ ...hello, stream })
    expect(said(sink)).toEqual({ text: '', finish: 'content_filter' })
    expect(only(records).guardrails).toBe('blocked:fast')
  })

  it('leaves in the record of the request what neither it nor others found', async () => {
    const { refused, records } = guardedChat(
      {
        words: { ...secretWord, action: 'redact', stages: ['input'] },
        remote: { ...webhook, action: 'block', stages: ['input'] },
      },
      answers('Hi'),
      { judge: () => ({ verdict: 'block', findings: [{ kind: 'friend', start: 22, end: 28 }] }) },
    )
    await refused(saying('It is swordfish, my friend.'))
    expect(only(records).bodies?.request).toContain('It is <KEYWORD_1>, my <FRIEND_1>.')
  })
})
