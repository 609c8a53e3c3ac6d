import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/core/fault.ts'
import { completionsDialect } from '../../../src/dialects/completions/completions.ts'

function toChat(body: object): Record<string, unknown> {
  return textToChat(JSON.stringify(body))
}

function textToChat(text: string): Record<string, unknown> {
  const { members } = completionsDialect.toChat(JSON.parse(text), text)
  return Object.fromEntries([...members].map(([name, raw]): [string, unknown] => [name, JSON.parse(raw)]))
}

function faultOf(body: object): Fault {
  try {
    toChat(body)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('The request was accepted.')
}

describe('a legacy completion request over chat', () => {
  it.each(['Once upon a time', ['Once upon a time']])(
    'asks with its prompt as the one user message (I04): %j',
    (prompt) => {
      expect(toChat({ model: 'anthropic/claude-haiku-4-5', prompt })).toEqual({
        model: 'anthropic/claude-haiku-4-5',
        messages: [{ role: 'user', content: 'Once upon a time' }],
      })
    },
  )

  it('keeps every parameter, as it was written', () => {
    const text =
      '{"prompt":"x","max_tokens":16,"temperature":1.0,"top_p":0.5,"stop":["\\n"],"n":2,"seed":9007199254740993,' +
      '"presence_penalty":0.1,"frequency_penalty":0.2,"user":"u","stream":true}'
    const { members, warnings } = completionsDialect.toChat(JSON.parse(text), text)
    expect(Object.fromEntries(members)).toEqual({
      max_tokens: '16',
      temperature: '1.0',
      top_p: '0.5',
      stop: '["\\n"]',
      n: '2',
      seed: '9007199254740993',
      presence_penalty: '0.1',
      frequency_penalty: '0.2',
      user: '"u"',
      stream: 'true',
      messages: '[{"role":"user","content":"x"}]',
    })
    expect(warnings).toEqual([])
  })

  it('leaves the question for usage to the pipeline', () => {
    const body = { prompt: 'x', stream: true, stream_options: { include_usage: true } }
    expect(toChat(body)).not.toHaveProperty('stream_options')
  })

  it('has no messages without a prompt text, because a stored prompt may have them', () => {
    expect(toChat({ model: 'prompt:story' })).toEqual({ model: 'prompt:story' })
    expect(toChat({ model: 'prompt:story', prompt: [] })).toEqual({ model: 'prompt:story' })
  })

  it.each([
    [{ prompt: [1, 2, 3] }, 'prompt'],
    [{ prompt: [[1, 2], [3]] }, 'prompt'],
    [{ prompt: ['a', 'b'] }, 'prompt'],
    [{ prompt: { variables: {} } }, 'prompt'],
    [{ prompt: 7 }, 'prompt'],
    [{ prompt: 'x', suffix: 'y' }, 'suffix'],
    [{ prompt: 'x', best_of: 2 }, 'best_of'],
    [{ prompt: 'x', echo: true }, 'echo'],
    [{ prompt: 'x', logprobs: 0 }, 'logprobs'],
    [{ prompt: 'x', messages: [] }, 'messages'],
  ])('refuses by name what a chat model cannot do (I04): %j', (body, param) => {
    const fault = faultOf(body)
    expect(fault).toMatchObject({ kind: 'invalid_request', status: 400, param })
    expect(fault.message).toContain(`\`${param}\``)
  })

  it('takes the values that ask for nothing', () => {
    const body = { prompt: 'x', suffix: null, best_of: 1, echo: false, logprobs: null, messages: null }
    expect(Object.keys(toChat(body))).toEqual(['messages'])
  })
})
