import { hashFeatures, maxFeatures } from '../../../src/guardrails/linear/features.ts'

/** One text to learn from, normalised and no longer than the windows that are judged later. */
export interface TrainingRow {
  readonly text: string
  readonly label: 0 | 1
  /** How much it counts; 1 unless given. */
  readonly weight?: number
}

export interface TrainingOptions {
  /** Buckets of the features, as a power of two; 17 unless given. */
  readonly log2Buckets?: number
  /** Inverse of the regularisation, as in logistic regression elsewhere; 30 unless given. */
  readonly c?: number
  /** Both labels count alike, however many rows each has; true unless given. */
  readonly balanced?: boolean
  /** Most passes over the rows; 60 unless given. */
  readonly passes?: number
  /** Stops when no row's gradient is larger than this; 0.01 unless given. */
  readonly tolerance?: number
}

/** Weights by bucket, and the bias: what `LinearModel.bytes` takes. */
export interface TrainedWeights {
  readonly weights: Float64Array
  readonly bias: number
}

/** Feature buckets of rows, one after another. */
export interface HashedRows {
  readonly buckets: Uint32Array
  /** Where each row's buckets begin; one more entry than rows. */
  readonly starts: Uint32Array
  readonly labels: Int8Array
  readonly rowWeights: Float64Array
}

/**
 * Logistic regression with an L2 penalty on the distinct n-grams of each row, each worth 1 / sqrt(their number), by
 * coordinate descent on the dual. Deterministic: the same rows in the same order give the same bits.
 */
export function train(rows: readonly TrainingRow[], options: TrainingOptions = {}): TrainedWeights {
  return trainHashed(hashRows(rows, options.log2Buckets ?? 17), options)
}

/** The features of rows; hashing once serves several trainings. */
export function hashRows(rows: readonly TrainingRow[], log2Buckets: number): HashedRows {
  const scratch = new Uint32Array(maxFeatures)
  const seen = new Int32Array(2 ** log2Buckets).fill(-1)
  const starts = new Uint32Array(rows.length + 1)
  const pieces: Uint32Array[] = []
  let total = 0
  rows.forEach((row, number) => {
    const written = hashFeatures(row.text, log2Buckets, scratch)
    let distinct = 0
    for (let index = 0; index < written; index++) {
      const bucket = scratch[index] ?? 0
      if (seen[bucket] === number) continue
      seen[bucket] = number
      scratch[distinct++] = bucket
    }
    pieces.push(scratch.slice(0, distinct))
    total += distinct
    starts[number + 1] = total
  })
  const buckets = new Uint32Array(total)
  pieces.forEach((piece, number) => buckets.set(piece, starts[number]))
  return {
    buckets,
    starts,
    labels: Int8Array.from(rows, (row) => (row.label === 1 ? 1 : -1)),
    rowWeights: Float64Array.from(rows, (row) => row.weight ?? 1),
  }
}

/** As `train`, on rows hashed already, of which only those in `use` count (all of them unless given). */
export function trainHashed(hashed: HashedRows, options: TrainingOptions, use?: Uint32Array): TrainedWeights {
  const { buckets, starts, labels } = hashed
  const weights = new Float64Array(2 ** (options.log2Buckets ?? 17))
  const order = use?.slice() ?? Uint32Array.from(labels, (_, index) => index)
  const limits = dualLimits(hashed, order, options)
  // The dual variable of a row and its complement: both stay above 0, so that their logarithms exist.
  const duals = limits.map((limit) => Math.min(0.001 * limit, 1e-8))
  let bias = 0
  const add = (row: number, amount: number): void => {
    const [from, to] = [starts[row] ?? 0, starts[row + 1] ?? 0]
    const each = amount / Math.sqrt(Math.max(1, to - from))
    for (let index = from; index < to; index++) {
      const bucket = buckets[index] ?? 0
      weights[bucket] = (weights[bucket] ?? 0) + each
    }
    bias += amount
  }
  for (const row of order) add(row, (labels[row] ?? 0) * (duals[row] ?? 0))
  const random = generator(20_240_229)
  const tolerance = options.tolerance ?? 0.01
  for (let pass = 0; pass < (options.passes ?? 60); pass++) {
    shuffle(order, random)
    let largest = 0
    for (const row of order) {
      const [from, to] = [starts[row] ?? 0, starts[row + 1] ?? 0]
      let sum = 0
      for (let index = from; index < to; index++) sum += weights[buckets[index] ?? 0] ?? 0
      const label = labels[row] ?? 0
      const margin = label * (sum / Math.sqrt(Math.max(1, to - from)) + bias)
      const dual = duals[row] ?? 0
      const limit = limits[row] ?? 0
      largest = Math.max(largest, Math.abs(margin + Math.log(dual / (limit - dual))))
      const next = solveOne(margin, dual, limit)
      duals[row] = next
      add(row, label * (next - dual))
    }
    if (largest < tolerance) break
  }
  return { weights, bias }
}

/** Upper limit of each row's dual variable: C, times the row's weight, times what balances the labels. */
function dualLimits(hashed: HashedRows, order: Uint32Array, options: TrainingOptions): Float64Array {
  const { labels, rowWeights } = hashed
  const mass = { positive: 0, negative: 0 }
  for (const row of order) mass[labels[row] === 1 ? 'positive' : 'negative'] += rowWeights[row] ?? 1
  const all = mass.positive + mass.negative
  const balance = (label: number | undefined): number =>
    options.balanced === false ? 1 : all / (2 * Math.max(1e-9, label === 1 ? mass.positive : mass.negative))
  return rowWeights.map((weight, row) => (options.c ?? 30) * weight * balance(labels[row]))
}

/**
 * The best dual variable of one row, the others fixed. Its squared length is 2: its features make 1, the bias another 1.
 * Newton's method on whichever end is nearer, where the logarithm is well behaved; a step that would leave is cut.
 */
function solveOne(margin: number, dual: number, limit: number): number {
  const length = 2
  const fromBelow = margin + length * (limit / 2 - dual) >= 0
  const old = fromBelow ? dual : limit - dual
  const slope = fromBelow ? margin : -margin
  let next = old > 0.5 * limit ? 0.1 * old : old
  for (let step = 0; step < 100; step++) {
    const gradient = length * (next - old) + slope + Math.log(next / (limit - next))
    if (Math.abs(gradient) < 1e-10) break
    const curvature = length + limit / (next * (limit - next))
    const moved = next - gradient / curvature
    next = moved <= 0 ? next * 0.1 : moved >= limit ? (next + limit) / 2 : moved
  }
  next = Math.min(Math.max(next, limit * 1e-12), limit * (1 - 1e-12))
  return fromBelow ? next : limit - next
}

function shuffle(order: Uint32Array, random: () => number): void {
  for (let index = order.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const kept = order[index] ?? 0
    order[index] = order[other] ?? 0
    order[other] = kept
  }
}

/** Numbers from 0 up to 1, the same ones for the same seed. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
