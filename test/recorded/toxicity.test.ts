import { describe, expect, it } from 'vitest'
import { toxicity } from '../../src/guardrails/toxicity/toxicity.ts'
import type { LocalDetector } from '../../src/guardrails/guardrail.ts'
import { detectorOf, scan, scanPieces } from '../guardrails/scanning.ts'
import { safetyDataPresent, type SafetyText, safetyTexts } from './safety-data.ts'

const toxicFile = 'toxic.dev.jsonl.gz'
const promptFile = 'injection.dev.jsonl.gz'
const arePresent = [toxicFile, promptFile].map(safetyDataPresent).every(Boolean)

const shareFound = (detector: LocalDetector, texts: readonly SafetyText[], isFirm = false): number =>
  texts.filter(({ text }) => scan(detector, text).some((each) => !isFirm || each.flagOnly !== true)).length /
  texts.length

describe.skipIf(!arePresent)('toxicity on the recorded texts', () => {
  const rows = arePresent ? safetyTexts(toxicFile) : []
  const prompts = arePresent
    ? [
        ...rows.filter(({ kind }) => kind === 'benign-llm-prompt'),
        ...safetyTexts(promptFile).filter(({ label }) => label === 0),
      ]
    : []
  const words = detectorOf(toxicity, {})
  const from = (source: string, label: 0 | 1): SafetyText[] =>
    rows.filter((row) => row.source.startsWith(source) && row.label === label)

  it('finds overt profanity', () => {
    expect(shareFound(words, from('s-nlp/paradetox', 1))).toBeGreaterThan(0.87)
    expect(shareFound(words, from('t-davidson/', 1))).toBeGreaterThan(0.92)
  })

  it('is sure enough for more than a flag of most of it', () => {
    expect(shareFound(words, from('s-nlp/paradetox', 1), true)).toBeGreaterThan(0.75)
    expect(shareFound(words, from('t-davidson/', 1), true)).toBeGreaterThan(0.75)
  })

  it('leaves harmless prompts alone, of each source', () => {
    expect(prompts.length).toBeGreaterThan(3000)
    expect(shareFound(words, prompts)).toBeLessThan(0.003)
    for (const source of new Set(prompts.map((row) => row.source.split(/[ :@]/)[0] ?? ''))) {
      const own = prompts.filter((row) => row.source.startsWith(source))
      expect(own.filter(({ text }) => scan(words, text).length > 0).length, source).toBeLessThanOrEqual(
        Math.max(1, own.length * 0.01),
      )
    }
  })

  it('the model says little of harmless prompts', () => {
    const model = detectorOf(toxicity, { categories: ['toxic'] })
    expect(shareFound(model, prompts)).toBeLessThan(0.01)
  })

  it('leaves almost all harmless prompts alone with every language that has spaces', () => {
    const languages = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'ru', 'tr', 'sv', 'fi', 'cs', 'ro', 'hu', 'el']
    expect(shareFound(detectorOf(toxicity, { languages }), prompts)).toBeLessThan(0.01)
  })

  it('finds in a stream what it finds in the whole, and keeps back little', () => {
    const held: number[] = []
    for (const [number, { text }] of rows.entries()) {
      if (number % 4 !== 0) continue
      const whole = scan(words, text)
      for (const size of [1, 1 + (number % 7), 40]) {
        const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
          text.slice(index * size, (index + 1) * size),
        )
        expect(scanPieces(words, pieces)).toEqual(whole)
      }
      const scanner = words.open('output')
      for (let at = 0; at < text.length; at += 4) {
        const to = Math.min(at + 4, text.length)
        held.push(to - scanner.push(text.slice(at, to), []))
      }
    }
    held.sort((one, other) => one - other)
    expect(held[Math.floor(held.length * 0.95)]).toBeLessThanOrEqual(32)
    console.log(`Held back: median ${held[held.length >> 1]}, 95 % ${held[Math.floor(held.length * 0.95)]} characters.`)
  })
})
