import { type JsonObject, type JsonValue, parsedJson } from '../core/json.ts'
import { mapList, mapMembers } from './members.ts'

const quote = '"'
const backslash = 0x5c
const colon = 0x3a

/**
 * A text that a program reads as JSON, such as the arguments of a tool call: each string value in it is visited by itself,
 * decoded, so that an escape hides nothing and nothing that is put in its place breaks the JSON. Names of members are not
 * visited. Only the strings that became others are written anew; numbers, order, white space and duplicates stay.
 *
 * A text that is no JSON, or only a number or a word of it, is visited as it is.
 */
export function mapJsonText(text: string, visit: (text: string) => string): string {
  if (text === '') return text
  const value = parsedJson(text)
  const hasLeaves = typeof value === 'string' || (typeof value === 'object' && value !== null)
  return hasLeaves ? mapStringTokens(text, visit) : visit(text)
}

/** @param text that `JSON.parse` has accepted, so that every quote outside of a string begins one. */
function mapStringTokens(text: string, visit: (text: string) => string): string {
  let result = ''
  let copied = 0
  let start = text.indexOf(quote)
  while (start !== -1) {
    const end = stringEnd(text, start)
    if (!isName(text, end)) {
      const raw = text.slice(start + 1, end - 1)
      const decoded = raw.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : raw
      const mapped = decoded === '' ? decoded : visit(decoded)
      if (mapped !== decoded) {
        result += text.slice(copied, start) + JSON.stringify(mapped)
        copied = end
      }
    }
    start = text.indexOf(quote, end)
  }
  return copied === 0 ? text : result + text.slice(copied)
}

/** Index behind the closing quote of the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  let end = start
  for (;;) {
    end = text.indexOf(quote, end + 1)
    if (end === -1) throw new Error('The text is not JSON: a string does not end')
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before -= 1
    // An even number of backslashes escape each other and leave the quote alone.
    if ((end - before) % 2 === 1) return end + 1
  }
}

/** True for a string that names a member: in JSON nothing else is followed by a colon. */
function isName(text: string, end: number): boolean {
  let position = end
  while (isWhitespace(text.charCodeAt(position))) position += 1
  return text.charCodeAt(position) === colon
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

/**
 * Every string in a value, at any depth, in order. The value must not be nested deeper than `deepestNesting`: whoever calls
 * looks first.
 *
 * @param except names of members that are not looked into.
 */
export function mapLeaves(
  value: JsonValue,
  visit: (text: string) => string,
  except: ReadonlySet<string> = noNames,
): JsonValue {
  if (typeof value === 'string') return value === '' ? value : visit(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return mapList(value, (item) => mapLeaves(item, visit, except))
  return mapLeavesOf(value as JsonObject, visit, except)
}

/** `mapLeaves` of an object. */
export function mapLeavesOf(
  object: JsonObject,
  visit: (text: string) => string,
  except: ReadonlySet<string> = noNames,
): JsonObject {
  return mapMembers(object, (member, name) => (except.has(name) ? member : mapLeaves(member, visit, except)))
}

const noNames: ReadonlySet<string> = new Set()

/**
 * Members of parts and items which are no texts of the model's, whatever the kind of part: what a thing is, which one it
 * is, where it lies, and bytes. Everything else in a kind that is not known is taken for text, so that a new kind is no hole.
 */
export const notTexts: ReadonlySet<string> = new Set([
  'type',
  'id',
  'call_id',
  'item_id',
  'tool_call_id',
  'tool_use_id',
  'approval_request_id',
  'container_id',
  'file_id',
  'object',
  'status',
  'role',
  'name',
  'model',
  'server_label',
  'cache_control',
  'media_type',
  'mime_type',
  'detail',
  'format',
  'url',
  'image_url',
  'file_url',
  'file_data',
  'data',
  'b64_json',
  'partial_image_b64',
  'input_audio',
  'signature',
  'encrypted_content',
  'encrypted_index',
])
