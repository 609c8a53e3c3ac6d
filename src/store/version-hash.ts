import { createHash } from 'node:crypto'
import type { JsonValue } from '../core/json.ts'
import { canonicalJson } from '../prompts/canonical-json.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'

/** SHA-256, hex, over the canonical JSON of a version body: the same body gives the same hash whatever the order of its members. */
export function versionHash(body: VersionBody): string {
  return createHash('sha256')
    .update(canonicalJson(body as unknown as JsonValue))
    .digest('hex')
}
