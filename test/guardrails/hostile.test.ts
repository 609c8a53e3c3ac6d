import { describe, expect, it } from 'vitest'
import { hostileSettings } from '../../bench/guardrails/hostile-settings.ts'
import { hostileTexts } from '../../bench/guardrails/hostile-texts.ts'
import { GuardReport } from '../../src/guardrails/guard-report.ts'
import { guardrailTypes } from '../../src/guardrails/index.ts'
import type { LocalDetector } from '../../src/guardrails/guardrail.ts'
import { PlaceholderVault } from '../../src/guardrails/placeholder-vault.ts'
import { segmentScanner } from '../../src/guardrails/segment-scanner.ts'
import { TextGuard } from '../../src/guardrails/text-guard.ts'
import { windowScanner } from '../../src/guardrails/window-scanner.ts'
import { ruleNamed } from './rules.ts'
import { cut, scanPieces } from './scanning.ts'

function detectorOf(type: string, settings: unknown): LocalDetector {
  const known = guardrailTypes.get(type)
  if (known === undefined || known.isRemote) throw new Error(`${type} is no local type.`)
  return known.create(known.settings.parse(settings))
}

const chunked = (text: string): string[] => cut(text, [16])

describe('texts that are meant to be slow', () => {
  const texts = hostileTexts(4_096)

  it.each(hostileSettings)('are read as a stream as they are whole, by %s', (_name, type, settings) => {
    const detector = detectorOf(type, settings)
    for (const [name, text] of texts) {
      const told = (pieces: readonly string[]): string[] =>
        scanPieces(detector, pieces).map(({ kind, start, end }) => `${kind} ${start}-${end}`)
      expect(told(chunked(text)), name).toEqual(told([text]))
    }
  })

  const early = hostileSettings.filter(([, type, settings]) => {
    const { hasSpans } = guardrailTypes.get(type) ?? { hasSpans: false }
    return hasSpans && detectorOf(type, settings).reach === 'tokens'
  })
  const unbroken = hostileTexts(1 << 17).filter(([name]) =>
    ['digits', 'hex', 'base64', 'hyphens', 'emoji', '(', 'one word', 'a@', 'beginnings of keys'].includes(name),
  )
  // Words that overlap with each other are one stretch, however long, by what these settings say.
  const apart = early.filter(([name]) => name !== 'keywords, substring')
  it.each(apart)('have few characters waiting for %s, though they never pause', (_name, type, settings) => {
    const local = { kind: 'local', local: detectorOf(type, settings) } as const
    const rule = ruleNamed('rule', { action: 'redact', streamMode: 'redact', detector: local })
    expect(unbroken).toHaveLength(9)
    for (const [name, text] of unbroken) {
      const guard = new TextGuard([rule], {
        stage: 'output',
        place: '0/content',
        report: new GuardReport(),
        vault: new PlaceholderVault(),
      })
      let most = 0
      for (const piece of cut(text, [256])) {
        guard.push(piece)
        while (guard.isBehind) guard.push('')
        most = Math.max(most, guard.withheld.length)
      }
      expect(most, name).toBeLessThanOrEqual(10_000)
    }
  })
})

describe('what a detector is given of a text', () => {
  const texts = hostileTexts(1 << 16)

  it('are segments of bounded length, no character in two of them', () => {
    for (const [name, text] of texts) {
      let given = 0
      let longest = 0
      const scanner = segmentScanner((segment, from, to) => {
        given += to - from
        longest = Math.max(longest, segment.length)
        return []
      })
      for (const piece of chunked(text)) scanner.push(piece, [])
      scanner.end([])
      expect(given, name).toBeLessThanOrEqual(text.length)
      expect(longest, name).toBeLessThanOrEqual(64 + 256 + 4_096)
    }
  })

  it('are windows that together are at most two and a half times as long', () => {
    for (const [name, text] of texts) {
      let given = 0
      const judge = (window: string): [] => {
        given += window.length
        return []
      }
      const scanner = windowScanner(judge, { windowChars: 800, contextChars: 200 })
      for (const piece of chunked(text)) scanner.push(piece, [])
      scanner.end([])
      expect(given, name).toBeGreaterThanOrEqual(text.length)
      expect(given, name).toBeLessThanOrEqual(2.5 * text.length)
    }
  })
})
