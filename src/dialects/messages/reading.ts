import { Fault } from '../../core/fault.ts'
import { isJsonObject, type JsonObject, type JsonValue, ownMember } from '../../core/json.ts'
import type { RawJson } from './raw-json.ts'

/** JSON that is being put together for a chat request. */
export type Draft = Record<string, JsonValue>

/** One object of the request: parsed, as the client wrote it, and where it stands (`messages[0].content[1]`). */
export interface Placed {
  readonly value: JsonObject
  readonly raw: () => RawJson
  readonly path: string
}

/** What could not be carried over, each said once however often it occurs. */
export type Warnings = Set<string>

/** Path of a member; the request itself has the empty path. */
export function pathTo(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

export function refused(param: string, message: string): Fault {
  return new Fault('invalid_request', message, { param })
}

/** The member when it is there; null stands for absent, as SDKs send it. */
export function given(object: JsonObject, name: string): JsonValue | undefined {
  return ownMember(object, name) ?? undefined
}

/** @throws Fault when the member is there and no string. */
export function textMember({ value, path }: Placed, name: string): string | undefined {
  const found = given(value, name)
  if (found === undefined || typeof found === 'string') return found
  throw refused(pathTo(path, name), `\`${pathTo(path, name)}\` must be a string.`)
}

/** @throws Fault when the member is missing or no string. */
export function requiredText(part: Placed, name: string): string {
  const found = textMember(part, name)
  if (found !== undefined) return found
  const path = pathTo(part.path, name)
  throw refused(path, `\`${path}\` is missing: it must be a string.`)
}

/** @throws Fault when the member is missing or no object. */
export function requiredObject({ value, path, raw }: Placed, name: string): Placed {
  const found = given(value, name)
  const place = pathTo(path, name)
  if (isJsonObject(found)) return { value: found, path: place, raw: () => raw().member(name) }
  throw refused(place, `\`${place}\` must be an object.`)
}

/** @throws Fault when the value is no list of objects. */
export function objectsOf(value: JsonValue | undefined, path: string, raw: () => RawJson): Placed[] {
  if (!Array.isArray(value)) throw refused(path, `\`${path}\` must be a list.`)
  return (value as readonly JsonValue[]).map((item, index) => {
    const place = `${path}[${index}]`
    if (!isJsonObject(item)) throw refused(place, `\`${place}\` must be an object.`)
    return { value: item, path: place, raw: () => raw().item(index) }
  })
}
