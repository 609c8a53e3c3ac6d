import type { JsonObject, JsonValue } from '../core/json.ts'

/** JSON text by which two values are equal exactly when JSON Schema calls them equal: members in code-unit order. */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const object = value as JsonObject
  const members = Object.keys(object)
    .filter((name) => object[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(object[name] ?? null)}`)
  return `{${members.join(',')}}`
}
