import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countTokens, encodingOf } from '../../src/tokens/count-tokens.ts'

const prose = 'The quick brown fox jumps over the lazy dog, and 12 other\nthings  happen: été, 東京, “quotes”. '

describe('countTokens', () => {
  test('counts as the tokenizer of the model does', () => {
    expect(countTokens('hello world', 'gpt-4o')).toBe(2)
    expect(countTokens('hello world', 'gpt-4')).toBe(2)
    expect(countTokens('', 'gpt-4o')).toBe(0)
    // The newer encoding knows more of Japanese.
    expect(countTokens('東京都に住んでいます', 'gpt-4o')).toBeLessThan(
      countTokens('東京都に住んでいます', 'gpt-3.5-turbo'),
    )
  })

  test('slicing a long text does not change the count of prose', () => {
    const tiktoken = createRequire(import.meta.url)('tiktoken') as typeof import('tiktoken')
    const whole = tiktoken.get_encoding('o200k_base')
    const text = prose.repeat(300)
    expect(text.length).toBeLessThan(65_536)
    expect(countTokens(text, 'gpt-4o')).toBe(whole.encode_ordinary(text).length)
    whole.free()
  })

  test('slicing never cuts a character in two', () => {
    const tiktoken = createRequire(import.meta.url)('tiktoken') as typeof import('tiktoken')
    const whole = tiktoken.get_encoding('o200k_base')
    const text = `x${'😀'.repeat(2000)}`
    expect(countTokens(text, 'gpt-4o')).toBe(whole.encode_ordinary(text).length)
    whole.free()
  })

  test('names of special tokens are plain text', () => {
    expect(countTokens('<|endoftext|> <|im_start|>', 'gpt-4o')).toBeGreaterThan(5)
  })

  test.each(['a', ' ', '=', '\n', '😀', '한', '\ud800'])('%j repeated for 20 KB and for 2 MB is counted', (letter) => {
    const one = countTokens(letter.repeat(20_480), 'gpt-4o')
    expect(one).toBeGreaterThan(0)
    const hundred = countTokens(letter.repeat(2_048_000), 'gpt-4o')
    expect(hundred / one).toBeGreaterThan(90)
    expect(hundred / one).toBeLessThan(110)
  })

  test('a text above the cap is scaled up from samples', () => {
    const single = countTokens(prose.repeat(100), 'gpt-4o')
    const estimate = countTokens(prose.repeat(10_000), 'gpt-4o')
    expect(estimate / (single * 100)).toBeGreaterThan(0.97)
    expect(estimate / (single * 100)).toBeLessThan(1.03)
  })

  test('any text has a count between one and a few for each UTF-8 byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 2000 }), (text) => {
        const tokens = countTokens(text, 'gpt-4o')
        expect(tokens).toBeGreaterThan(0)
        expect(tokens).toBeLessThanOrEqual(Buffer.byteLength(text))
      }),
      { numRuns: 200 },
    )
  })
})

test.each([
  ['gpt-4o', 'o200k_base'],
  ['gpt-4.1-mini', 'o200k_base'],
  ['gpt-5', 'o200k_base'],
  ['o3', 'o200k_base'],
  ['llama-3.3-70b', 'o200k_base'],
  ['gpt-4', 'cl100k_base'],
  ['gpt-4-turbo-2024-04-09', 'cl100k_base'],
  ['openai/gpt-3.5-turbo', 'cl100k_base'],
  ['ft:gpt-3.5-turbo:acme::abc', 'cl100k_base'],
  ['text-embedding-3-small', 'cl100k_base'],
])('%s is counted with %s', (model, encoding) => {
  expect(encodingOf(model)).toBe(encoding)
})
