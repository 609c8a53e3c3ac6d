import type { JsonObject, JsonValue } from '../core/json.ts'
import { type TemplatePath, TemplateError, parseTemplate, toText, valueAt } from './template.ts'

/**
 * A JSON value whose strings are templates, compiled to JSON text with holes: what never changes is serialised once, and a
 * request only fills in. Names of members are never templates.
 */
export interface JsonTemplate {
  /** The whole as JSON text when no variable occurs in it, else null. */
  readonly fixed: string | null
  readonly paths: readonly TemplatePath[]
  /** The value is one whole `{{variable}}` of its own type: rendered without that variable it is nothing (`null`). */
  readonly whole: TemplatePath | null
  /** JSON text and holes in their order. */
  readonly pieces: readonly Piece[]
  /** Raw JSON text. */
  render(variables: JsonObject): string
}

/**
 * `text`: a variable inside a string always becomes part of that string.
 * `typed`: a string that is one whole `{{variable}}` becomes the variable's value with its JSON type, null when there is none.
 */
export type HoleMode = 'text' | 'typed'

/** A template that does not parse, and where in the JSON value it stands. */
export interface TemplateProblem {
  readonly path: readonly PropertyKey[]
  readonly error: TemplateError
}

interface Hole {
  readonly path: TemplatePath
  /** Stands for a whole JSON value instead of a part of a string. */
  readonly typed: boolean
}

type Piece = string | Hole

/**
 * @param untouched names of members whose strings are taken as they are, at the top of the value only.
 * @param report is called for each template that does not parse; without it the first is thrown as a TemplateError.
 */
export function compileJsonTemplate(
  value: JsonValue,
  mode: HoleMode,
  untouched: ReadonlySet<string> = new Set(),
  report?: (problem: TemplateProblem) => void,
): JsonTemplate {
  const pieces: Piece[] = []
  writeValue(value, { mode, untouched, report, write: (piece) => append(pieces, piece) }, [])
  const holes = pieces.filter((piece) => typeof piece !== 'string')
  const [first] = pieces
  const fixed = holes.length === 0 && typeof first === 'string' ? first : null
  return {
    fixed,
    paths: holes.map((hole) => hole.path),
    pieces,
    whole: pieces.length === 1 && typeof first === 'object' && first.typed ? first.path : null,
    render: fixed === null ? (variables) => fill(pieces, variables) : () => fixed,
  }
}

function fill(pieces: readonly Piece[], variables: JsonObject): string {
  let text = ''
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      text += piece
      continue
    }
    const value = valueAt(variables, piece.path)
    text += piece.typed ? JSON.stringify(value ?? null) : inString(toText(value))
  }
  return text
}

/** What JSON cannot have in a string as it is: quotes, backslashes, control characters, and halves of characters. */
// oxlint-disable-next-line no-control-regex
const toEscape = /["\\\u0000-\u001f\ud800-\udfff]/

/** Up to so many characters looking costs less than writing the text anew. */
const shortChars = 512

/** The text as it stands inside a JSON string. */
function inString(text: string): string {
  if (text.length <= shortChars && !toEscape.test(text)) return text
  return JSON.stringify(text).slice(1, -1)
}

interface Writer {
  readonly mode: HoleMode
  readonly untouched: ReadonlySet<string>
  readonly report: ((problem: TemplateProblem) => void) | undefined
  readonly write: (piece: Piece) => void
}

function writeValue(value: JsonValue, writer: Writer, path: readonly PropertyKey[]): void {
  if (typeof value === 'string') {
    writeString(value, writer, path)
  } else if (Array.isArray(value)) {
    writer.write('[')
    for (const [index, item] of (value as readonly JsonValue[]).entries()) {
      if (index > 0) writer.write(',')
      writeValue(item, writer, [...path, index])
    }
    writer.write(']')
  } else if (typeof value === 'object' && value !== null) {
    writeObject(value as JsonObject, writer, path)
  } else {
    writer.write(JSON.stringify(value))
  }
}

function writeObject(value: JsonObject, writer: Writer, path: readonly PropertyKey[]): void {
  let separator = '{'
  for (const [name, member] of Object.entries(value)) {
    // A body made in code rather than parsed may have members that are undefined, which JSON has not.
    if (member === undefined) continue
    writer.write(`${separator}${JSON.stringify(name)}:`)
    separator = ','
    if (path.length === 0 && writer.untouched.has(name)) writer.write(JSON.stringify(member))
    else writeValue(member, writer, [...path, name])
  }
  writer.write(separator === '{' ? '{}' : '}')
}

function writeString(value: string, writer: Writer, path: readonly PropertyKey[]): void {
  let parts
  try {
    parts = parseTemplate(value)
  } catch (error) {
    if (!(error instanceof TemplateError) || writer.report === undefined) throw error
    writer.report({ path, error })
    writer.write('""')
    return
  }
  const [only] = parts
  if (writer.mode === 'typed' && parts.length === 1 && typeof only === 'object') {
    writer.write({ path: only, typed: true })
    return
  }
  writer.write('"')
  for (const part of parts) writer.write(typeof part === 'string' ? inString(part) : { path: part, typed: false })
  writer.write('"')
}

/** Neighbouring literals become one. */
function append(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1)
  if (typeof piece === 'string' && typeof last === 'string') pieces[pieces.length - 1] = last + piece
  else pieces.push(piece)
}
