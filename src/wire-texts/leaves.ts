import type { JsonObject, JsonValue } from '../core/json.ts'
import { eachString, stringAt } from './json-strings.ts'
import { mapList, mapMembers } from './members.ts'

const number = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Shorter numbers are no numbers of anything; a longer one may be a card's or an account's. */
const longNumber = /\d{9}/

/** A name that could stand in anybody's schema; six digits in a row could be a part of a number of somebody's. */
const ordinaryName = /^[A-Za-z0-9_.-]{1,64}$/
const someNumber = /\d{6}/

/** Whether a member of this name is one like those that every schema has, so that the name itself tells nothing. */
export function isOrdinaryName(name: string): boolean {
  return ordinaryName.test(name) && !someNumber.test(name)
}

/**
 * A text that a program reads as JSON, such as the arguments of a tool call: each string value in it is visited by itself,
 * decoded, so that an escape hides nothing and nothing that is put in its place breaks the JSON. So is each number of nine
 * digits and more, which becomes a string when it is changed, and each name of a member that is not an ordinary one
 * (`isOrdinaryName`): names may be data too, and JSON that its reader refuses is better than a leak. Only what became
 * something else is written anew; all else stays byte for byte.
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
    for (const { 0: written, index } of text.slice(between, end).matchAll(number)) {
      if (longNumber.test(written)) put(between + index, between + index + written.length, written)
    }
  }
  eachString(text, (start, end, isName) => {
    numbersUntil(start)
    const string = stringAt(text, start, end)
    if (!isName || !isOrdinaryName(string)) put(start, end, string)
    between = end
  })
  numbersUntil(text.length)
  return copied === 0 ? text : result + text.slice(copied)
}

/**
 * `mapJsonText` of a value that was parsed: strings, long numbers, and names that are not ordinary. The value must not be
 * nested deeper than `deepestNesting`: whoever calls looks first. Of two members that get the same name the last one stays.
 */
export function mapJsonValue(value: JsonValue, visit: (text: string) => string): JsonValue {
  if (typeof value === 'string') return value === '' ? value : visit(value)
  if (typeof value === 'number') {
    const written = String(value)
    if (!longNumber.test(written)) return value
    const mapped = visit(written)
    return mapped === written ? value : mapped
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return mapList(value, (item) => mapJsonValue(item, visit))
  const entries = Object.entries(value)
  let isChanged = false
  for (const entry of entries) {
    const [name, member] = entry
    if (name !== '' && !isOrdinaryName(name)) entry[0] = visit(name)
    entry[1] = mapJsonValue(member, visit)
    if (entry[0] !== name || entry[1] !== member) isChanged = true
  }
  return isChanged ? Object.fromEntries(entries) : value
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
  'thought_signature',
  'encrypted_content',
  'encrypted_index',
])
