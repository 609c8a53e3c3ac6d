import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Random } from '../guardrails/secrets/random.ts'
import { scanned } from '../guardrails/secrets/scan.ts'

interface Row {
  readonly text: string
  readonly label: number
  readonly source: string
  readonly kind: string
  readonly spans?: readonly { readonly start: number; readonly end: number; readonly type: string }[]
}

const folder = resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'safety')

function isPresent(): boolean {
  if (existsSync(folder)) return true
  console.warn(
    '\n*** The evaluation data of the guardrails is missing: the tests of secrets on it are SKIPPED. Set PROMPTBOX_SHARED to its folder. ***\n',
  )
  return false
}

function rowsOf(name: string): Row[] {
  return gunzipSync(readFileSync(resolve(folder, name)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

/** Spans of secrets in UTF-16 offsets; the data counts code points. */
function secretsOf({ text, spans = [] }: Row): { start: number; end: number }[] {
  const points = Array.from(text)
  const offset = (at: number): number => points.slice(0, at).join('').length
  return spans
    .filter(({ type }) => type === 'SECRET')
    .map(({ start, end }) => ({ start: offset(start), end: offset(end) }))
}

describe.skipIf(!isPresent())('secrets in the evaluation data', () => {
  const rows = rowsOf('pii.dev.jsonl.gz')
  const isOfScanner = ({ source }: Row): boolean => source.startsWith('gitleaks/')

  it('are found with their exact ends, every one of them that is marked', () => {
    const marked = rows.flatMap((row) => secretsOf(row).map((span) => ({ row, span })))
    const missed = marked.filter(
      ({ row, span }) => !scanned([row.text]).some(({ start, end }) => start === span.start && end === span.end),
    )
    expect(marked.length).toBeGreaterThanOrEqual(60)
    expect(missed.map(({ row }) => row.text)).toEqual([])
  })

  it('are found in most texts of a scanner’s own tests, of which two thirds are commands and not tokens', () => {
    const texts = rows.filter((row) => isOfScanner(row) && row.label === 1)
    const found = texts.filter(({ text }) => scanned([text]).length > 0)
    expect(found.length / texts.length).toBeGreaterThanOrEqual(0.65)
  })

  it('are not found in one of a hundred texts without any, hard negatives included', () => {
    const texts = rows.filter((row) => !isOfScanner(row) && secretsOf(row).length === 0)
    expect(texts.length).toBeGreaterThan(2_000)
    expect(texts.filter(({ text }) => scanned([text]).length > 0).map(({ text }) => text)).toEqual([])
  })

  it('are found in a scanner’s hard negatives only where the shape alone cannot tell', () => {
    const reported = rows
      .filter((row) => isOfScanner(row) && row.label === 0)
      .flatMap(({ text }) => scanned([text]).map(({ kind }) => kind))
    // Keys of Google that are public and therefore allowed by name there, and a token in a header.
    expect(reported.filter((kind) => kind !== 'google_api_key' && kind !== 'json_web_token')).toEqual([])
    expect(reported.length).toBeLessThanOrEqual(20)
  })

  it('are not found in ordinary prompts', () => {
    const prompts = rowsOf('injection.dev.jsonl.gz').filter(({ label }) => label === 0)
    expect(prompts.length).toBeGreaterThan(3_000)
    const reported = prompts.filter(({ text }) => scanned([text]).length > 0)
    expect(reported.length / prompts.length).toBeLessThanOrEqual(0.001)
  })

  it('are the same on a stream, however it is cut', () => {
    const random = new Random(13)
    for (const { text } of rows) {
      const whole = scanned([text])
      expect(scanned(Array.from(text))).toEqual(whole)
      expect(scanned(randomPieces(text, random))).toEqual(whole)
      expect(scanned(text.split(/(?<=\s)/))).toEqual(whole)
      expect(scanned(text.split(/(?<=\n)/))).toEqual(whole)
    }
  })
})

function randomPieces(text: string, random: Random): string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length;) {
    const end = at + 2 + random.below(7)
    pieces.push(text.slice(at, end))
    at = end
  }
  return pieces
}
