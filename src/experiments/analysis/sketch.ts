import type { SketchCounts } from '../statistics.ts'
import type { Spread } from './moments.ts'

/**
 * A histogram with buckets of one per cent: of any value it is known to within that, however large or small it is, and however
 * many values there were. Buckets are named by text so that they are plain JSON: `0`, `p<n>` for values above 0, `n<n>` for
 * values below.
 */

/** Neighbouring buckets are so much apart. */
const growth = 1.02
const logOfGrowth = Math.log(growth)
/** Everything nearer to 0 than this is 0. */
const smallest = 1e-9

/** Name of the bucket that a value falls into. */
export function bucketOfValue(value: number): string {
  const size = Math.abs(value)
  if (size < smallest) return '0'
  return `${value > 0 ? 'p' : 'n'}${bucketNumber(size)}`
}

/** Number of the bucket of a size; `smallest` or more. */
export function bucketNumber(size: number): number {
  return Math.ceil(Math.log(size) / logOfGrowth)
}

/** The value a bucket stands for: its middle. */
export function valueOfBucket(bucket: string): number {
  if (bucket === '0') return 0
  const middle = (2 * growth ** Number(bucket.slice(1))) / (growth + 1)
  return bucket.startsWith('n') ? -middle : middle
}

/** How far the middle of a bucket may be from a value in it, as a share of the value. */
const coarseness = (growth - 1) / (growth + 1)

/** Counts of several sketches over the same values, which rise. */
export interface SketchTable {
  readonly values: readonly number[]
  /** One list for each sketch: how often each value occurs. */
  readonly counts: readonly (readonly number[])[]
}

export function tableOf(sketches: readonly (SketchCounts | null)[]): SketchTable {
  // Each sketch is walked through once: there may be a thousand of them with hundreds of buckets.
  const found = new Map<string, number>()
  const entries = sketches.map((sketch) => {
    if (sketch === null) return { places: [], counts: [] }
    const names = Object.keys(sketch)
    // Looked up by name: `Object.values` takes three times as long for so many keys.
    const counts = names.map((name) => sketch[name] ?? 0)
    const places = names.map((name) => {
      const known = found.get(name)
      if (known !== undefined) return known
      found.set(name, found.size)
      return found.size - 1
    })
    return { places, counts }
  })
  const values = Float64Array.from(found.keys(), valueOfBucket)
  const rising = values.toSorted()
  const places = new Map<number, number>()
  for (let place = 0; place < rising.length; place++) places.set(rising[place] ?? 0, place)
  const rank = Int32Array.from(values, (value) => places.get(value) ?? 0)
  return {
    values: Array.from(rising),
    counts: entries.map(({ places, counts }) => spread(places, counts, rank)),
  }
}

function spread(places: readonly number[], counts: readonly number[], rank: Int32Array): readonly number[] {
  const list = Array<number>(rank.length).fill(0)
  for (let at = 0; at < places.length; at++) list[rank[places[at] ?? 0] ?? 0] = counts[at] ?? 0
  return list
}

/** Several lists of counts as one. */
export function addedCounts(lists: readonly (readonly number[])[]): readonly number[] {
  const sum = Array<number>(lists[0]?.length ?? 0).fill(0)
  for (const list of lists) for (let at = 0; at < list.length; at++) sum[at] = (sum[at] ?? 0) + (list[at] ?? 0)
  return sum
}

const totalOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

/** The value that a share of all lies at or below; null without any. */
export function quantileOf(values: readonly number[], counts: readonly number[], share: number): number | null {
  const total = totalOf(counts)
  return total === 0 ? null : valueAtRank(values, counts, Math.max(1, Math.ceil(share * total)))
}

/** Interval of a quantile by ranks, for display: `z` standard deviations of the rank to either side. */
export function quantileInterval(
  values: readonly number[],
  counts: readonly number[],
  { share, z }: { readonly share: number; readonly z: number },
): readonly [number, number] | null {
  const total = totalOf(counts)
  if (total === 0) return null
  const reach = z * Math.sqrt(total * share * (1 - share))
  const low = Math.max(1, Math.floor(share * total - reach))
  const high = Math.min(total, Math.ceil(share * total + reach))
  return [valueAtRank(values, counts, low), valueAtRank(values, counts, high)]
}

function valueAtRank(values: readonly number[], counts: readonly number[], rank: number): number {
  let below = 0
  for (let at = 0; at < values.length; at++) {
    below += counts[at] ?? 0
    if (below >= rank) return values[at] ?? 0
  }
  return values.at(-1) ?? 0
}

/** How many lie above a value, and the sums of what they and their squares have over it and its square. */
export interface Excess {
  readonly units: number
  readonly sum: number
  readonly squares: number
}

export function excessOver(values: readonly number[], counts: readonly number[], cap: number): Excess {
  let units = 0
  let sum = 0
  let squares = 0
  for (let at = values.length - 1; at >= 0; at--) {
    const value = values[at] ?? 0
    if (value <= cap) break
    const count = counts[at] ?? 0
    units += count
    sum += count * (value - cap)
    squares += count * (value * value - cap * cap)
  }
  return { units, sum, squares }
}

/** The sum of the squares of what each has over `cap`, at most: as if every value were the largest that its bucket holds. */
export function mostSquares({ units, sum, squares }: Excess, cap: number): number {
  const growing = 1 + coarseness
  const [whole, wholeSquares] = [sum + units * cap, squares + units * cap * cap]
  return Math.max(0, growing * growing * wholeSquares - 2 * cap * growing * whole + units * cap * cap)
}

/** Mean and variance of the counted values, each at most `cap`. */
export function cappedSpread(values: readonly number[], counts: readonly number[], cap: number): Spread {
  let units = 0
  let sum = 0
  for (let at = 0; at < values.length; at++) {
    units += counts[at] ?? 0
    sum += (counts[at] ?? 0) * Math.min(cap, values[at] ?? 0)
  }
  if (units === 0) return { units: 0, mean: 0, variance: 0 }
  const mean = sum / units
  let squares = 0
  for (let at = 0; at < values.length; at++) squares += (counts[at] ?? 0) * (Math.min(cap, values[at] ?? 0) - mean) ** 2
  return { units, mean, variance: units < 2 ? 0 : squares / (units - 1) }
}

/**
 * Whether exact sums minus the excess of the sketch are more exact than the sketch: they are until the values that are cut are so
 * large that one per cent of them, which the sketch does not know, drowns what is to be measured.
 */
export function excessIsExact({ sum, squares }: Excess, { units, variance }: Spread): boolean {
  return coarseness * sum <= 0.1 * Math.sqrt(variance * units) && 2 * coarseness * squares <= 0.02 * variance * units
}
