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
})
