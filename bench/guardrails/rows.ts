import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { type JsonObject, type JsonValue, isJsonObject, ownMember, parsedJson } from '../../src/core/json.ts'
import { UsageError } from './usage-error.ts'

/** Something marked in a text. */
export interface Span {
  /** UTF-16 offsets, end exclusive. */
  readonly start: number
  readonly end: number
  /** As the data calls it, such as `EMAIL`. */
  readonly type: string
}

/** One text of the evaluation data and what is known of it. */
export interface Row {
  readonly text: string
  /** Whether it is to be reported, as a whole. */
  readonly label: boolean
  readonly kind: string
  readonly source: string
  /** `core` or `hard`; null: the data does not say. */
  readonly tier: string | null
  /** Null: nothing is marked in this data, or only the label of the whole is known. */
  readonly spans: readonly Span[] | null
}

/**
 * Reads a file of JSON lines, gzipped when its name ends in `.gz`.
 * @throws UsageError naming file, line and field of the first row that does not fit.
 */
export function readRows(file: string): Row[] {
  return rowsOf(file, textOf(file))
}

function textOf(file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new UsageError(`${file} cannot be read (${reason}).`)
  }
  if (!file.endsWith('.gz')) return bytes.toString('utf8')
  try {
    return gunzipSync(bytes).toString('utf8')
  } catch {
    throw new UsageError(`${file} is named .gz and is not gzipped.`)
  }
}

/** The rows of the content of a file; its name is for what goes wrong. */
export function rowsOf(file: string, content: string): Row[] {
  const rows: Row[] = []
  content.split('\n').forEach((line, index) => {
    if (line.trim() !== '') rows.push(rowOf(line, `${file}, line ${index + 1}`))
  })
  if (rows.length === 0) throw new UsageError(`${file} has no rows.`)
  return rows
}

function rowOf(line: string, place: string): Row {
  const value = parsedJson(line)
  if (!isJsonObject(value)) throw new UsageError(`${place}: is not a JSON object.`)
  const text = textField(value, 'text', place)
  return {
    text,
    label: labelOf(value, place),
    kind: textField(value, 'kind', place),
    source: textField(value, 'source', place),
    tier: value['tier'] === undefined ? null : textField(value, 'tier', place),
    spans: spansOf(value, text, place),
  }
}

function textField(row: JsonObject, name: string, place: string): string {
  const value = ownMember(row, name)
  if (typeof value !== 'string') throw new UsageError(`${place}, field ${name}: has to be a text.`)
  return value
}

function labelOf(row: JsonObject, place: string): boolean {
  const label = ownMember(row, 'label')
  if (label !== 0 && label !== 1) throw new UsageError(`${place}, field label: has to be 0 or 1.`)
  return label === 1
}

function spansOf(row: JsonObject, text: string, place: string): readonly Span[] | null {
  const isUnknown = ownMember(row, 'span_unknown')
  if (isUnknown !== undefined && typeof isUnknown !== 'boolean')
    throw new UsageError(`${place}, field span_unknown: has to be true or false.`)
  const spans = ownMember(row, 'spans')
  if (spans === undefined || isUnknown === true) return null
  if (!Array.isArray(spans)) throw new UsageError(`${place}, field spans: has to be a list.`)
  const offsets = utf16Offsets(text)
  return (spans as readonly JsonValue[]).map((span, index) => spanOf(span, offsets, `${place}, field spans[${index}]`))
}

function spanOf(span: JsonValue, offsets: (codePoints: number) => number | undefined, place: string): Span {
  if (!isJsonObject(span)) throw new UsageError(`${place}: has to be an object.`)
  const type = ownMember(span, 'type')
  if (typeof type !== 'string') throw new UsageError(`${place}.type: has to be a text.`)
  const [start, end] = (['start', 'end'] as const).map((name) => {
    const given = ownMember(span, name)
    const offset = typeof given === 'number' ? offsets(given) : undefined
    if (offset === undefined) throw new UsageError(`${place}.${name}: has to be an offset into the text.`)
    return offset
  }) as [number, number]
  if (start >= end) throw new UsageError(`${place}: has to end behind its start.`)
  return { start, end, type }
}

/** From offsets in code points, which the data counts in, to UTF-16; undefined: not an offset into the text. */
export function utf16Offsets(text: string): (codePoints: number) => number | undefined {
  const offsets: number[] = [0]
  for (const character of text) offsets.push((offsets.at(-1) ?? 0) + character.length)
  return (codePoints) => offsets[codePoints]
}
