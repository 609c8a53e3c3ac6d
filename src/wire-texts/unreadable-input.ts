import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { deepestNesting } from '../core/nesting.ts'
import type { Operation } from '../core/operation.ts'
import { mediaKind } from './request-parts.ts'

/**
 * What of a request no rule for texts can look at: parts that are pictures, sound, video or files (by address or bytes),
 * lists of tokens in place of a text, files of an upload. Asked once for a request; linear in what stands in `members`.
 *
 * @param members names of the members whose texts are read; nothing else is looked into for parts.
 * @returns a clause such as `pictures and files are no text that a rule can read`; null: all of it is text.
 */
export function unreadableIn(operation: Operation, members: readonly string[], body: JsonObject): string | null {
  const kinds = new Set<string>()
  for (const name of members) {
    const value = ownMember(body, name)
    if (value === undefined) continue
    if ((name === 'input' || name === 'prompt') && isTokens(value)) kinds.add('tokens')
    else collect(value, kinds, deepestNesting)
  }
  if (operation === 'images' || operation === 'audio') {
    const others = Object.entries(body).filter(([name]) => !members.includes(name))
    if (others.some(([, value]) => isUploaded(value))) kinds.add('uploaded files')
  }
  return kinds.size === 0 ? null : `${enumerated([...kinds])} are no text that a rule can read`
}

/** Numbers in place of a text, or lists of them in place of several. */
function isTokens(value: JsonValue): boolean {
  if (!Array.isArray(value)) return false
  const items = value as readonly JsonValue[]
  return items.some((item) => typeof item === 'number' || (Array.isArray(item) && typeof item[0] === 'number'))
}

function collect(value: JsonValue, kinds: Set<string>, levels: number): void {
  if (typeof value !== 'object' || value === null || levels === 0) return
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) collect(item, kinds, levels - 1)
    return
  }
  const object = value as JsonObject
  const kind = mediaKind(object['type'])
  if (kind !== null) kinds.add(kind)
  if (object['type'] === 'document' && !isTextSource(object['source'])) kinds.add('files')
  for (const name in object) if (!isCalledWith(object, name)) collect(object[name] ?? null, kinds, levels - 1)
}

/** What a tool was called with is data, whatever types it names. */
function isCalledWith(object: JsonObject, name: string): boolean {
  return name === 'arguments' || (name === 'input' && typeof object['type'] === 'string')
}

function isTextSource(source: JsonValue | undefined): boolean {
  return isJsonObject(source) && (source['type'] === 'text' || source['type'] === 'content')
}

/** In the fields of a form a file is told by its name and size. */
function isUploaded(value: JsonValue): boolean {
  return typeof value === 'string' && value.startsWith('(file ') && value.endsWith(' bytes)')
}

function enumerated(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}
