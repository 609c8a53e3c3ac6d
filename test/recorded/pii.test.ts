import { beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/guardrails/guardrail.ts'
import { pii } from '../../src/guardrails/pii/pii.ts'
import { segmentScanner } from '../../src/guardrails/segment-scanner.ts'
import { type SafetyText, safetyDataPresent, safetyTexts } from './safety-data.ts'

const file = 'pii.dev.jsonl.gz'
const present = safetyDataPresent(file)

const kindOfType: Readonly<Record<string, string>> = {
  EMAIL: 'email',
  IBAN: 'iban',
  US_SSN: 'us_ssn',
  IP: 'ip_address',
  CREDIT_CARD: 'payment_card',
  PHONE: 'phone',
}
const structured = new Set(Object.values(kindOfType))
const detector = pii.create(pii.settings.parse({}))

function read(pieces: Iterable<string>): Finding[] {
  const scanner = detector.open('output')
  const findings: Finding[] = []
  for (const piece of pieces) scanner.push(piece, findings)
  scanner.end(findings)
  return findings
}

/** The same numbers on every run. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

function inLengths(text: string, next: () => number): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length;) {
    const length = next()
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces
}

const random = numbers(7)
const cuttings: Readonly<Record<string, (text: string) => string[]>> = {
  'single characters': (text) => text.split(''),
  'two to eight characters': (text) => inLengths(text, () => 2 + Math.floor(random() * 7)),
  words: (text) => text.split(/(?<= )/),
  lines: (text) => text.split(/(?<=\n)/),
  'one piece': (text) => [text],
}

interface Count {
  right: number
  wrong: number
  missed: number
}

function f1({ right, wrong, missed }: Count): number {
  return (2 * right) / (2 * right + wrong + missed)
}

describe.skipIf(!present)('personal data in marked texts', () => {
  let texts: SafetyText[] = []
  let found: Finding[][] = []
  beforeAll(() => {
    texts = safetyTexts(file)
    found = texts.map((each) => read([each.text]))
  })

  function count(kinds: ReadonlySet<string>): Count {
    const result: Count = { right: 0, wrong: 0, missed: 0 }
    for (const [index, { spans, isSpanUnknown }] of texts.entries()) {
      if (isSpanUnknown) continue
      const wanted = spans.filter((span) => kinds.has(kindOfType[span.type] ?? ''))
      const findings = (found[index] ?? []).filter((finding) => kinds.has(finding.kind))
      const isHit = (span: (typeof wanted)[number], finding: Finding): boolean =>
        kindOfType[span.type] === finding.kind && finding.start < span.end && finding.end > span.start
      for (const span of wanted) {
        if (findings.some((finding) => isHit(span, finding))) result.right += 1
        else result.missed += 1
      }
      result.wrong += findings.filter((finding) => !wanted.some((span) => isHit(span, finding))).length
    }
    return result
  }

  it('is found: F1 of the structured types at least 0.95', () => {
    const all = count(structured)
    console.log(`structured types: F1 ${f1(all).toFixed(3)} ${JSON.stringify(all)}`)
    expect(f1(all)).toBeGreaterThanOrEqual(0.95)
  })

  it.each([
    ['phone', 0.85],
    ['email', 0.95],
    ['iban', 0.98],
    ['us_ssn', 0.98],
    ['ip_address', 0.95],
    ['payment_card', 0.93],
  ])('is found: F1 of %s at least %d', (kind, least) => {
    const one = count(new Set([kind]))
    console.log(`${kind}: F1 ${f1(one).toFixed(3)} ${JSON.stringify(one)}`)
    expect(f1(one)).toBeGreaterThanOrEqual(least)
  })

  it('is seen in at most 2 % of the texts that only look like it', () => {
    const looks = texts.flatMap((each, index) => (each.kind.startsWith('hard-negative') ? [index] : []))
    const hits = looks.filter((index) => (found[index] ?? []).length > 0)
    console.log(`hard negatives with a finding: ${hits.length} of ${looks.length}`)
    expect(looks.length).toBeGreaterThan(400)
    expect(hits.length / looks.length).toBeLessThanOrEqual(0.02)
  })

  it.each(Object.entries(cuttings))('is the same for a text that comes in %s', (_name, cut) => {
    for (const [index, { text }] of texts.entries()) expect(read(cut(text))).toEqual(found[index])
  })

  it('is never cut through by the end of a segment', () => {
    const structuredTypes = new Set([...Object.keys(kindOfType), 'NATIONAL_ID', 'UK_NHS', 'US_ITIN', 'SECRET'])
    const cutThrough: string[] = []
    for (const { text, spans } of texts) {
      const segments: Finding[] = []
      const scanner = segmentScanner((_text, from, to) => [{ kind: 'segment', start: from, end: to, score: 1 }])
      scanner.push(text, segments)
      scanner.end(segments)
      for (const span of spans) {
        if (!structuredTypes.has(span.type)) continue
        if (!segments.some((segment) => segment.start <= span.start && segment.end >= span.end)) {
          cutThrough.push(`${span.type} ${text.slice(span.start, span.end)}`)
        }
      }
    }
    console.log(`values that a segment cuts through: ${cutThrough.length} ${cutThrough.join(' | ')}`)
    expect(cutThrough).toEqual([])
  })

  /** Sorted, from texts whose words are not credentials for the most part: a credential is one word and held back as such. */
  function heldBack(chosen: readonly SafetyText[]): number[] {
    const next = numbers(11)
    const held: number[] = []
    for (const { text } of chosen) {
      const scanner = detector.open('output')
      let pushed = 0
      for (const piece of inLengths(text, () => 1 + Math.floor(next() * 8))) {
        pushed += piece.length
        held.push(pushed - scanner.push(piece, []))
      }
    }
    return held.sort((one, other) => one - other)
  }

  it('holds back at most 32 characters at the 95th percentile of one to eight characters a piece', () => {
    const at = (held: readonly number[], share: number): number => held[Math.floor(held.length * share)] ?? 0
    const told = (held: readonly number[]): string => [0.5, 0.95, 0.99].map((share) => at(held, share)).join(', ')
    const held = heldBack(texts.filter((each) => !each.source.startsWith('gitleaks')))
    console.log(
      `held back, characters at p50, p95, p99: ${told(held)}; with texts of credentials: ${told(heldBack(texts))}`,
    )
    expect(at(held, 0.95)).toBeLessThanOrEqual(32)
  })
})
