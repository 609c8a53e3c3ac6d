import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findJsonMistake } from '../../src/contract/admin/json-position.ts'
import { nearestName } from '../../src/contract/admin/nearest-name.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('finding the mistake in a text that is no JSON', () => {
  test('is given up in a text that would take long', () => {
    expect(findJsonMistake(`${'[1,'.repeat(50)}x`)).not.toBeNull()
    expect(findJsonMistake(`${'[1,'.repeat(1_000_000)}x`)).toBeNull()
  })

  test('agrees with JSON.parse on what is JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => findJsonMistake(text) === null))
    const almost = fc.string({
      unit: fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        'a',
        '\\',
        'u',
        '0',
        '1',
        '-',
        '.',
        'e',
        ' ',
        '\n',
        'true',
        'null',
        '"x"',
        '\\"',
        '\u0001',
      ),
    })
    fc.assert(
      fc.property(almost, (text) => (findJsonMistake(text) === null) === isJson(text)),
      { numRuns: 3000 },
    )
  })

  test('a text that is cut anywhere is found broken at a place inside it', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (text, at) => {
        const cut = text.slice(0, at % text.length)
        const mistake = findJsonMistake(cut)
        if (isJson(cut)) return mistake === null
        return mistake !== null && mistake.offset <= cut.length && mistake.line >= 1 && mistake.column >= 1
      }),
    )
  })

  test('reads megabytes', () => {
    expect(findJsonMistake(`{"a":"${'x'.repeat(5_000_000)}"`)?.offset).toBe(5_000_007)
    expect(findJsonMistake('['.repeat(100_000))?.offset).toBe(100_000)
  })
})

describe('the name that was meant', () => {
  const known = ['parameters', 'messages', 'model', 'max_tokens', 'tags', 'q']
  test.each([
    ['paramters', 'parameters'],
    ['Parameters', 'parameters'],
    ['message', 'messages'],
    ['modle', 'model'],
    ['maxTokens', 'max_tokens'],
    ['max-tokens', 'max_tokens'],
    ['tgas', 'tags'],
    ['x', null],
    ['temperature', null],
    ['', null],
    ['m'.repeat(10_000), null],
  ])('%s: %s', (written, meant) => {
    expect(nearestName(written, known)).toBe(meant)
  })
})
