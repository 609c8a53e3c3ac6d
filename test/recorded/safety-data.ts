import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'

const root = resolve(process.env['PROMPTBOX_SHARED'] ?? '../shared', 'safety')

/** A value that somebody marked in a text. UTF-16 offsets, end exclusive. */
export interface MarkedSpan {
  readonly type: string
  readonly start: number
  readonly end: number
}

export interface SafetyText {
  readonly text: string
  readonly label: 0 | 1
  readonly kind: string
  readonly source: string
  readonly spans: readonly MarkedSpan[]
  /** Something is in the text; where is not known. */
  readonly isSpanUnknown: boolean
}

/** Whether a file of the safety data is there; it is never part of the repository. */
export function safetyDataPresent(name: string): boolean {
  if (existsSync(join(root, name))) return true
  console.warn(
    `\n*** ${name} of the safety data is missing: its tests are SKIPPED. Set PROMPTBOX_SHARED to its folder. ***\n`,
  )
  return false
}

interface Row extends Omit<SafetyText, 'spans' | 'isSpanUnknown'> {
  readonly spans?: readonly MarkedSpan[]
  readonly span_unknown?: boolean
}

/** The texts of a file. Its offsets count code points and are turned into those of JavaScript. */
export function safetyTexts(name: string): SafetyText[] {
  const lines = gunzipSync(readFileSync(join(root, name)))
    .toString('utf8')
    .trim()
    .split('\n')
  return lines.map((line) => {
    const row = JSON.parse(line) as Row
    const offsets = [0]
    for (const char of row.text) offsets.push((offsets.at(-1) ?? 0) + char.length)
    const spans = (row.spans ?? []).map((span) => ({
      type: span.type,
      start: offsets[span.start] ?? 0,
      end: offsets[span.end] ?? row.text.length,
    }))
    return {
      text: row.text,
      label: row.label,
      kind: row.kind,
      source: row.source,
      spans,
      isSpanUnknown: row.span_unknown === true,
    }
  })
}
