import { findJsonMistake } from '../contract/admin/json-position.ts'
import { deepestNesting } from '../contract/admin/read-json.ts'
import type { JsonValue } from '../core/json.ts'
import type { NoteBook } from './fields.ts'
import type { InterchangeFile } from './imported.ts'

/** The JSON value in a file; undefined when it is none, which is said with line and column. */
export function parseJsonFile({ text }: InterchangeFile, book: NoteBook): JsonValue | undefined {
  try {
    const value = JSON.parse(text) as JsonValue
    if (!isTooDeep(value)) return value
    book.add('dropped', '', `It is nested deeper than ${deepestNesting} levels.`)
  } catch {
    const mistake = findJsonMistake(text)
    const place =
      mistake === null ? '' : ` At line ${mistake.line}, column ${mistake.column}: expected ${mistake.expected}.`
    book.add('dropped', '', `It is not valid JSON.${place}`)
  }
  return undefined
}

/** Without recursion: the value may be hostile. */
export function isTooDeep(root: JsonValue): boolean {
  let level: readonly JsonValue[] = [root]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepestNesting) return true
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []))
  }
  return false
}
