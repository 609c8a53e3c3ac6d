import fc from 'fast-check'
import { expect } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { Finding, LocalDetector, LocalType } from '../../src/guardrails/guardrail.ts'

export function detectorOf<Settings>(type: LocalType<Settings>, settings: unknown): LocalDetector {
  return type.create(type.settings.parse(settings))
}

const inOrder = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted(
    (one, other) => one.start - other.start || one.end - other.end || one.kind.localeCompare(other.kind),
  )

/** An `expect` for each of many thousand pieces would take most of the time. */
function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`broken: ${rule}`)
}

/** What is found in a text that comes in these pieces. Checks what a scanner promises about its progress on the way. */
export function scanPieces(detector: LocalDetector, pieces: readonly string[]): Finding[] {
  const scanner = detector.open('output')
  const findings: Finding[] = []
  let decided = 0
  let length = 0
  for (const piece of pieces) {
    const known = findings.length
    length += piece.length
    const next = scanner.push(piece, findings)
    must(next >= decided, 'what is decided never falls')
    must(next <= length, 'only what has come is decided')
    for (const late of findings.slice(known)) must(late.start >= decided, 'nothing is found where all was decided')
    decided = next
  }
  const known = findings.length
  scanner.end(findings)
  for (const late of findings.slice(known)) must(late.start >= decided, 'nothing is found where all was decided')
  for (const { start, end } of findings) must(start <= end && end <= length, 'findings lie in the text')
  return inOrder(findings)
}

export const scan = (detector: LocalDetector, text: string): Finding[] => scanPieces(detector, [text])

/** The texts that were found, in their order. */
export const foundTexts = (detector: LocalDetector, text: string): string[] =>
  scan(detector, text).map(({ start, end }) => text.slice(start, end))

/** A text of these parts, and lengths to cut it by, over and over; a cut may go through a surrogate pair. */
export function cutTexts(parts: readonly string[], most = 40): fc.Arbitrary<{ text: string; lengths: number[] }> {
  return fc.record({
    text: fc
      .array(
        fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...parts) }, fc.string({ unit: 'grapheme', maxLength: 4 })),
        {
          maxLength: most,
        },
      )
      .map((each) => each.join('')),
    lengths: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 6 }),
  })
}

export function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length;) {
    const length = lengths[pieces.length % lengths.length] ?? 1
    pieces.push(text.slice(at, at + length))
    at += length
  }
  return pieces
}

/** A stream is judged as the whole text is. */
export function expectCutsDoNotMatter(detector: LocalDetector, texts: ReturnType<typeof cutTexts>, runs = 200): void {
  fc.assert(
    fc.property(texts, ({ text, lengths }) => {
      expect(scanPieces(detector, cut(text, lengths))).toEqual(scan(detector, text))
    }),
    { numRuns: runs },
  )
}

/** The field and the message of the mistake in settings. */
export function mistakeIn<Settings>(type: LocalType<Settings>, settings: unknown): { param: string; message: string } {
  const parsed = type.settings.safeParse(settings)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { param: ['settings', ...(issue?.path ?? [])].join('.'), message: issue?.message ?? '' }
  }
  try {
    type.create(parsed.data)
  } catch (error) {
    if (error instanceof Fault && error.kind === 'invalid_request')
      return { param: error.param ?? '', message: error.message }
    throw error
  }
  throw new Error('the settings are right')
}
