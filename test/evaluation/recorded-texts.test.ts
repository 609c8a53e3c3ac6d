import { describe, expect, test } from 'vitest'
import { recordedAnswer, recordedQuestion } from '../../src/evaluation/recorded-texts.ts'

const user = { role: 'user', content: 'Where is my parcel?' }

describe('the question of a recorded exchange', () => {
  test.each<[string, unknown, unknown]>([
    ['chat', { messages: [user] }, [user]],
    [
      'responses, a text',
      { instructions: 'Be kind.', input: 'Hi' },
      [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hi' },
      ],
    ],
    ['responses, items', { input: [user] }, [user]],
    ['messages', { system: 'Be kind.', messages: [user] }, [{ role: 'system', content: 'Be kind.' }, user]],
    ['completions', { prompt: 'Once' }, [{ role: 'user', content: 'Once' }]],
    ['nothing said', { messages: [] }, null],
    ['no object', [], null],
  ])('%s', (_operation, body, expected) => {
    expect(recordedQuestion(JSON.stringify(body))).toEqual(expected)
  })

  test('that was cut when it was recorded cannot be read', () => {
    expect(recordedQuestion('{"messages":[{"role":"user","content":"Wher')).toBeNull()
  })
})

describe('the answer of a recorded exchange', () => {
  const part = { type: 'output_text', text: 'On its way.' }
  test.each<[string, unknown, unknown]>([
    ['chat', { choices: [{ message: { content: 'On its way.' } }] }, 'On its way.'],
    [
      'chat in parts',
      {
        choices: [
          {
            message: {
              content: [
                { type: 'text', text: 'On ' },
                { type: 'text', text: 'it.' },
              ],
            },
          },
        ],
      },
      'On it.',
    ],
    ['a tool was called', { choices: [{ message: { content: null, tool_calls: [{}] } }] }, null],
    ['empty', { choices: [{ message: { content: '' } }] }, null],
    ['completions', { choices: [{ text: 'a time' }] }, 'a time'],
    ['responses', { output: [{ type: 'reasoning' }, { type: 'message', content: [part] }] }, 'On its way.'],
    [
      'messages',
      {
        content: [
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: 'Soon.' },
        ],
      },
      'Soon.',
    ],
    ['something else', { data: [] }, null],
  ])('%s', (_operation, body, expected) => {
    expect(recordedAnswer(JSON.stringify(body))).toBe(expected)
  })
})
