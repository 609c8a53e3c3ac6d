import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/**
 * Encodes every vector of an embeddings answer that is a list of numbers as base64 of 32-bit little-endian floats, in place.
 * OpenAI's SDKs ask for that form when their user named none, and the older ones decode whatever comes: a list of numbers
 * becomes garbage without an error.
 *
 * @returns whether anything was changed.
 */
export function encodeVectors(answer: JsonObject): boolean {
  const data = answer['data']
  if (!Array.isArray(data)) return false
  let changed = false
  for (const row of data as readonly JsonValue[]) {
    if (!isJsonObject(row)) continue
    const vector = row['embedding']
    if (!Array.isArray(vector)) continue
    ;(row as Record<string, JsonValue>)['embedding'] = encodeVector(vector as readonly JsonValue[])
    changed = true
  }
  return changed
}

/** Base64 of the numbers as 32-bit little-endian floats. */
export function encodeVector(vector: readonly JsonValue[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  vector.forEach((value, index) => bytes.writeFloatLE(Number(value), index * 4))
  return bytes.toString('base64')
}
