import { describe, expect, test } from 'vitest'
import { systemText } from '../../src/evolution/proposal.ts'
import { body, evidence, propose } from './strategy-bench.ts'

describe('compression', () => {
  test('compression takes out what stands twice, and nothing of a tidy prompt', () => {
    const line = 'Always answer in two sentences.'
    const messages = [{ role: 'system', content: `${line}\n\nBe kind.   \n${line}` }]
    const [proposal] = propose('compression', evidence(), { messages })
    expect(proposal?.body.compression).toBe('whitespace')
    expect(systemText(proposal?.body ?? body).split(line)).toHaveLength(2)
    expect(proposal?.predicted.effect).toBeLessThan(-0.02)
    expect(proposal?.predicted.basis).toBe('recorded')
    expect(propose('compression', evidence())).toEqual([])
  })

  test('compression leaves lines of data that are alike', () => {
    const content = 'Sample 1\nlanguage of the answer: German\nSample 2\nlanguage of the answer: German'
    expect(propose('compression', evidence(), { messages: [{ role: 'system', content }] })).toEqual([])
  })
})
