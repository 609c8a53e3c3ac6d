import { type JsonObject, isJsonObject } from '../core/json.ts'
import type { NoteBook } from './fields.ts'
import { isTooDeep } from './json-file.ts'
import { parseYaml } from './yaml-document.ts'

/** A text with YAML between two lines of `---` at its head. */
export interface FrontMatter {
  readonly head: JsonObject
  readonly body: string
}

/** Without front matter the head is empty. null: the YAML is broken, which is said with its line. */
export function splitFrontMatter(text: string, book: NoteBook): FrontMatter | null {
  const plain = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  const match = /^---[ \t]*\n([\s\S]*?)(?:^|\n)---[ \t]*(?:\n|$)/.exec(plain)
  if (match === null) return { head: {}, body: plain }
  const document = parseYaml(match[1] ?? '')
  const [mistake] = document.mistakes
  if (mistake !== undefined) {
    book.add('dropped', `line ${mistake.line + 1}`, `The YAML at the head is broken: ${mistake.message}`)
    return null
  }
  const body = plain.slice(match[0].length)
  if (document.value === null || document.value === undefined) return { head: {}, body }
  if (isJsonObject(document.value) && !isTooDeep(document.value)) return { head: document.value, body }
  book.add('dropped', '', 'The YAML at the head must be an object.')
  return null
}
