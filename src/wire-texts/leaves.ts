import type { JsonObject, JsonValue } from '../core/json.ts'
import { eachString, stringAt } from './json-strings.ts'
import { mapList, mapMembers } from './members.ts'

/** Shorter numbers are no numbers of anything; a longer one may be a card's or an account's. */
const longNumber = /-?\d{9,}(?:\.\d+)?/g

/**
 * A text that a program reads as JSON, such as the arguments of a tool call: each string value in it is visited by itself,
 * decoded, so that an escape hides nothing and nothing that is put in its place breaks the JSON. So is each number of nine
 * digits and more, which becomes a string when it is changed. Names of members are not visited. Only what became something
 * else is written anew; all else stays byte for byte.
 *
 * A text that is no JSON, or only a number or a word of it, is visited as it is. Linear in time, at any depth.
 */
export function mapJsonText(text: string, visit: (text: string) => string): string {
  if (text === '') return text
  if (!eachString(text, () => undefined)) return visit(text)
  let result = ''
  let copied = 0
  const put = (start: number, end: number, value: string): void => {
    const mapped = value === '' ? value : visit(value)
    if (mapped === value) return
    result += text.slice(copied, start) + JSON.stringify(mapped)
    copied = end
  }
  let between = 0
  const numbersUntil = (end: number): void => {
    if (end - between < 9) return
    for (const { 0: number, index } of text.slice(between, end).matchAll(longNumber)) {
      put(between + index, between + index + number.length, number)
    }
  }
  eachString(text, (start, end) => {
    numbersUntil(start)
    put(start, end, stringAt(text, start, end))
    between = end
  })
  numbersUntil(text.length)
  return copied === 0 ? text : result + text.slice(copied)
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
