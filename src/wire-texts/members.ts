import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'

/**
 * Rewriting JSON without changing it: every function gives back the very object it was given when nothing in it became
 * another, and otherwise a copy of what lies on the way to the change. What has another type than expected stays as it is.
 */

/** An own member. It is read first, because most are not there and asking whose it is takes longer than not finding it. */
function member(object: JsonObject, name: string): JsonValue | undefined {
  const value = object[name]
  return value !== undefined && Object.hasOwn(object, name) ? value : undefined
}

/** One member mapped, when the object has it. */
export function mapMember(object: JsonObject, name: string, map: (value: JsonValue) => JsonValue): JsonObject {
  const value = member(object, name)
  if (value === undefined) return object
  const mapped = map(value)
  return mapped === value ? object : { ...object, [name]: mapped }
}

/** One member that is a text; an empty one says nothing and is not mapped. */
export function mapTextMember(object: JsonObject, name: string, map: (text: string) => string): JsonObject {
  return mapMember(object, name, (value) => mapText(value, map))
}

/** One member that is a list of objects. `index` counts everything in the list. */
export function mapObjects(
  object: JsonObject,
  name: string,
  map: (item: JsonObject, index: number) => JsonObject,
): JsonObject {
  return mapMember(object, name, (value) =>
    mapList(value, (item, index) => (isJsonObject(item) ? map(item, index) : item)),
  )
}

/** One member that is an object. */
export function mapObjectMember(object: JsonObject, name: string, map: (value: JsonObject) => JsonObject): JsonObject {
  return mapMember(object, name, (value) => (isJsonObject(value) ? map(value) : value))
}

export function mapText(value: JsonValue, map: (text: string) => string): JsonValue {
  return typeof value === 'string' && value !== '' ? map(value) : value
}

export function mapList(value: JsonValue, map: (item: JsonValue, index: number) => JsonValue): JsonValue {
  if (!Array.isArray(value)) return value
  const items = value as readonly JsonValue[]
  let copy: JsonValue[] | null = null
  for (const [index, item] of items.entries()) {
    const mapped = map(item, index)
    if (mapped === item) continue
    copy ??= items.slice()
    copy[index] = mapped
  }
  return copy ?? items
}

/** Every member of an object. */
export function mapMembers(object: JsonObject, map: (value: JsonValue, name: string) => JsonValue): JsonObject {
  const entries = Object.entries(object)
  let isChanged = false
  for (const entry of entries) {
    const mapped = map(entry[1], entry[0])
    if (mapped === entry[1]) continue
    entry[1] = mapped
    isChanged = true
  }
  // Not by assignment: a member may be called `__proto__`.
  return isChanged ? Object.fromEntries(entries) : object
}

/** A member that is a text, or the empty text. */
export function textIn(object: JsonObject, name: string): string {
  const value = member(object, name)
  return typeof value === 'string' ? value : ''
}

/** A member that is a whole number from 0 on, or what stands for it. */
export function indexIn(object: JsonObject, name: string, otherwise = 0): number {
  const value = member(object, name)
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : otherwise
}

/** The objects in a member that is a list; none when it is anything else. */
export function objectsIn(object: JsonObject, name: string): readonly JsonObject[] {
  const value = member(object, name)
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : []
}

/** The object with a member in place of the one it has; the same object when it has none, or this very value. */
export function replaced(object: JsonObject, name: string, value: JsonValue): JsonObject {
  return mapMember(object, name, () => value)
}

/**
 * The object with a list emptied that it may have. Used for what spells a text again, or counts its characters, once the
 * text has become another.
 */
export function emptied(object: JsonObject, name: string): JsonObject {
  return mapMember(object, name, (value) => (Array.isArray(value) && value.length > 0 ? [] : value))
}
