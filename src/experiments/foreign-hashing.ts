/**
 * How GrowthBook and Unleash lay out units, so that an experiment that moves here keeps everybody's variant. Nothing but the
 * arithmetic of theirs that this takes; all other experiments use `bucket.ts`.
 */

/** From where up to, but without, where. */
export type BucketRange = readonly [from: number, to: number]

/** FNV-1a, 32 bits, over UTF-16 units whole, as GrowthBook has it: the same as over bytes only for ASCII. */
function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/**
 * GrowthBook's place of a unit, 0 up to but without 1. Version 1, in steps of 0.001, is that of old experiments: places of one
 * unit in two experiments are far from independent. Version 2 has steps of 0.0001.
 */
export function growthbookPlace(seed: string, unit: string, version: 1 | 2): number {
  if (version === 1) return (fnv32a(unit + seed) % 1000) / 1000
  return (fnv32a(String(fnv32a(seed + unit))) % 10_000) / 10_000
}

/**
 * GrowthBook's ranges: each variant's begin where they would at full coverage, so that more coverage moves nobody. Weights that
 * are not one for each variant, or add up to something else than 1, are taken as equal.
 */
export function growthbookRanges(count: number, coverage: number, weights: readonly number[]): BucketRange[] {
  const share = Math.min(1, Math.max(0, coverage))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const areUsable = weights.length === count && total >= 0.99 && total <= 1.01
  const used = areUsable ? weights : Array.from({ length: count }, () => 1 / count)
  let start = 0
  return used.map((weight) => {
    const from = start
    start += weight
    return [from, from + share * weight] as const
  })
}

/** The first range that has the place; -1: none has. */
export function growthbookChoice(place: number, ranges: readonly BucketRange[]): number {
  return ranges.findIndex(([from, to]) => place >= from && place < to)
}

/** Whether a unit lies in a part of a GrowthBook namespace. */
export function inGrowthbookNamespace(unit: string, name: string, from: number, to: number): boolean {
  const place = growthbookPlace(`__${name}`, unit, 1)
  return place >= from && place < to
}

/** Seed of the variants' hash at Unleash; that of its rollout is 0. */
const unleashVariantSeed = 86_028_157

/** Whether a unit is in Unleash's gradual rollout of so many per cent. */
export function inUnleashRollout(groupId: string, unit: string, percent: number): boolean {
  return percent > 0 && unleashPlace(groupId, unit, 100, 0) <= percent
}

/** The variant of a unit at Unleash, whose weights are whole numbers (there: thousandths); -1: there is none with a weight. */
export function unleashChoice(groupId: string, unit: string, weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const place = unleashPlace(groupId, unit, total, unleashVariantSeed)
  let reached = 0
  return weights.findIndex((weight) => {
    reached += weight
    return weight > 0 && reached >= place
  })
}

function unleashPlace(groupId: string, unit: string, total: number, seed: number): number {
  return (murmur32(`${groupId}:${unit}`, seed) % total) + 1
}

/** MurmurHash3, x86, 32 bits, over UTF-8. */
export function murmur32(text: string, seed: number): number {
  const bytes = Buffer.from(text)
  const whole = bytes.length & ~3
  let hash = seed
  for (let at = 0; at < whole; at += 4) {
    hash ^= scrambled(bytes.readInt32LE(at))
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64
  }
  let rest = 0
  for (let at = bytes.length - 1; at >= whole; at -= 1) rest = (rest << 8) | (bytes[at] ?? 0)
  hash ^= scrambled(rest) ^ bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scrambled(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}
