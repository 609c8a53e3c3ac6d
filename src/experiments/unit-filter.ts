/**
 * Which units were assigned by the end of a phase, in a few bits for each: a Bloom filter over their digests. It never forgets a
 * unit. It takes about one in 2,000 for a unit that was there (one in 50 at 8 million units, where the cap
 * leaves 8 bits for each); that does no harm, because such a unit is then assigned AND analysed by the split of the phase it is
 * taken for, and always so.
 */
export interface UnitFilter {
  /** Remembers a unit, by its `digestOfUnit`. */
  add(digest: string): void
  /** Whether a unit was added; now and then also true for one that was not. */
  has(digest: string): boolean
  /** As the database keeps it. */
  toBuffer(): Buffer
  /** As `PhaseValue.units` has it. */
  toBase64(): string
}

const bitsPerUnit = 16
const leastBits = 1024
/** 8 MiB, however many units there are. */
export const mostFilterBits = 64 * 1024 * 1024
const mostPositions = 11
const headerBytes = 8
const format = 1

/** For how many units a filter is made that so many are in at first: those that are recorded late come to it. */
export function withRoom(units: number): number {
  return Math.max(1000, Math.ceil(units * 1.25))
}

/** An empty filter for up to `count` units; more can be added, at the price of more units that only seem to be there. */
export function buildUnitFilter(count: number): UnitFilter {
  const wanted = Math.max(leastBits, Math.min(mostFilterBits, Math.ceil(count) * bitsPerUnit))
  const bits = Math.ceil(wanted / 8) * 8
  const positions = Math.max(1, Math.min(mostPositions, Math.round((bits / Math.max(1, count)) * Math.LN2)))
  const bytes = Buffer.alloc(headerBytes + bits / 8)
  bytes[0] = format
  bytes[1] = positions
  bytes.writeUInt32LE(bits, 4)
  return filterOver(bytes)
}

/** A filter that was kept. Throws an Error for bytes that are none. */
export function unitFilterFromBuffer(bytes: Uint8Array): UnitFilter {
  const own = Buffer.from(bytes)
  requireFilter(own, own.length)
  return filterOver(own)
}

/** A filter that was kept as text. Throws an Error for a text that is none. */
export function unitFilterFromBase64(text: string): UnitFilter {
  const bytes = Buffer.from(text, 'base64')
  requireFilter(bytes, bytes.length)
  return filterOver(bytes)
}

/** Throws an Error when the text begins or ends as no filter does, without reading all of it. */
export function requireUnitFilter(text: string): void {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  requireFilter(Buffer.from(text.slice(0, 12), 'base64'), (text.length / 4) * 3 - padding)
}

function requireFilter(start: Buffer, length: number): void {
  const isWhole =
    start.length >= headerBytes &&
    start[0] === format &&
    (start[1] ?? 0) >= 1 &&
    (start[1] ?? 0) <= mostPositions &&
    length === headerBytes + start.readUInt32LE(4) / 8
  if (!isWhole) throw new Error('The remembered units are damaged: they are no unit filter of this format.')
}

function filterOver(bytes: Buffer): UnitFilter {
  const positions = bytes[1] ?? 1
  const bits = bytes.readUInt32LE(4)
  return {
    add(digest) {
      const step = wordAt(digest, 6) | 1
      let place = wordAt(digest, 0)
      for (let left = positions; left > 0; left -= 1) {
        const bit = bitOf(place, bits)
        const at = headerBytes + (bit >>> 3)
        bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7))
        place = (place + step) >>> 0
      }
    },
    has(digest) {
      const step = wordAt(digest, 6) | 1
      let place = wordAt(digest, 0)
      for (let left = positions; left > 0; left -= 1) {
        const bit = bitOf(place, bits)
        if (((bytes[headerBytes + (bit >>> 3)] ?? 0) & (1 << (bit & 7))) === 0) return false
        place = (place + step) >>> 0
      }
      return true
    },
    toBuffer: () => Buffer.from(bytes),
    toBase64: () => bytes.toString('base64'),
  }
}

/** 32 of the digest's own random bits, from six of its characters: there is nothing to hash. */
function wordAt(digest: string, from: number): number {
  let word = 0
  for (let at = from; at < from + 6; at += 1) word = (word << 6) | (sixBits[digest.charCodeAt(at) & 127] ?? 0)
  return word >>> 0
}

const sixBits = new Uint8Array(128)
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
for (let value = 0; value < letters.length; value += 1) sixBits[letters.charCodeAt(value)] = value

/** Spreads the 32 bits over all bits of the filter; the product fits a double well enough never to reach `bits`. */
function bitOf(place: number, bits: number): number {
  return Math.floor((place / 0x1_0000_0000) * bits)
}
