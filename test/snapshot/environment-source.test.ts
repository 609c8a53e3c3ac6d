import { describe, expect, test } from 'vitest'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import { readEnvironmentPrompts } from '../../src/snapshot/environment-source.ts'
import { versionHash } from '../../src/store/version-hash.ts'
import { nothing, stamp } from './support.ts'

const context = { tenantId: 'default', environment: {}, versionHash }
const read = (text: string) => readEnvironmentPrompts(text, context)

describe('PROMPTBOX_PROMPTS_JSON', () => {
  test('is one object of prompts, as under `prompts` in the file', () => {
    const { changes } = read('{"greet": {"version": {"model": "mock/echo", "messages": []}, "labels": ["production"]}}')
    const snapshot = applyChanges(nothing(), changes, stamp)
    expect(snapshot.prompts.get('default/greet')?.labels.get('production')).toBe(1)
  })

  test.each([
    ['{', /PROMPTBOX_PROMPTS_JSON is not valid JSON/],
    ['[]', /PROMPTBOX_PROMPTS_JSON: .*must be an object/],
    ['{"greet": {"version": {"messages": []}}}', /PROMPTBOX_PROMPTS_JSON at greet\.version\.model: .*is missing/],
    [
      '{"greet": {"versions": [{"model": "mock/echo", "messages": [], "retry": 1}]}}',
      /at greet\.versions\[0\]\.retry: .*not a known field/,
    ],
    ['{"__proto__": {"version": {"model": "mock/echo", "messages": []}}}', /PROMPTBOX_PROMPTS_JSON/],
  ])('a mistake names its place: %s', (text, expected) => {
    expect(() => read(text)).toThrow(expected)
  })

  test('partials are filled in among the prompts of the variable, and a circle names its place', () => {
    const say = (text: string) => ({ version: { model: 'mock/echo', messages: [{ role: 'user', content: text }] } })
    const { changes } = read(JSON.stringify({ main: say('{{> tone}}!'), tone: say('Be warm') }))
    const snapshot = applyChanges(nothing(), changes, stamp)
    const served = snapshot.prompts.get('default/main')?.versions.get(1)?.compiled().body
    expect(served?.messages[0]?.['content']).toBe('Be warm!')
    expect(() => read(JSON.stringify({ a: say('{{> b}}'), b: say('{{> a}}') }))).toThrow(
      /PROMPTBOX_PROMPTS_JSON at b\.version\.messages\[0\]\.content: .*a → b → a/,
    )
  })
})
