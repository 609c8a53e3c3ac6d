import { createHash } from 'node:crypto'
import type { JsonValue } from '../core/json.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'

/** SHA-256, hex, over the canonical JSON of a version body: the same body gives the same hash whatever the order of its members. */
export function versionHash(body: VersionBody): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex')
}

/** JSON text with the members of every object in code-unit order and no white space; members that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value as JsonValue))
}

function sorted(value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((item: JsonValue) => sorted(item) ?? null)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  members.sort(([left], [right]) => (left < right ? -1 : 1))
  // fromEntries defines own members, so that `__proto__` is a name like any other.
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member as JsonValue) ?? null]))
}
