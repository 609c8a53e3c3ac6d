import { v7 } from 'uuid'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/**
 * A new UUIDv7, whose timestamp `timestampOf` reads back. Without `now` (milliseconds since 1970) each one sorts after the
 * one before it, also within a millisecond.
 */
export function newRequestId(now?: number): string {
  return now === undefined ? v7() : v7({ msecs: now })
}

/** Milliseconds since 1970 that a UUIDv7 carries; null for anything that is none. */
export function timestampOf(id: string): number | null {
  return uuid.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : null
}
