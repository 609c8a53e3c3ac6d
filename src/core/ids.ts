import { randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

const randomBytesPerId = 16
/** Asking the system for randomness costs a call of 1 to 10 µs, however little is asked for; so it is asked for 512 ids at once. */
const pool = new Uint8Array(512 * randomBytesPerId)
let poolUsed = pool.length

function nextRandom(): Uint8Array {
  if (poolUsed === pool.length) {
    randomFillSync(pool)
    poolUsed = 0
  }
  poolUsed += randomBytesPerId
  return pool.subarray(poolUsed - randomBytesPerId, poolUsed)
}

let lastMs = 0
let sequence = 0

/**
 * A new UUIDv7, whose timestamp `timestampOf` reads back. Without `now` (milliseconds since 1970) each one sorts after the
 * one before it, also within a millisecond.
 */
export function newRequestId(now?: number): string {
  const random = nextRandom()
  if (now !== undefined) return v7({ msecs: now, random })
  const msecs = Date.now()
  if (msecs > lastMs) {
    lastMs = msecs
    // Starts low enough that a millisecond never counts it full.
    sequence = ((random[6] ?? 0) << 16) | ((random[7] ?? 0) << 8) | (random[8] ?? 0)
  } else {
    sequence += 1
  }
  return v7({ msecs: lastMs, seq: sequence, random })
}

/** Milliseconds since 1970 that a UUIDv7 carries; null for anything that is none. */
export function timestampOf(id: string): number | null {
  return uuid.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : null
}
