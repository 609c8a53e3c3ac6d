import { hashFeatures, maxFeatures } from './features.ts'

/** What a model's bytes consist of: `PBLM`, version, log2 of the buckets, two bytes unused, bias, scale, then the weights. */
const magic = 0x4d4c4250
const version = 1
const headerBytes = 16
const fewestBuckets = 8
const mostBuckets = 20

const buckets = new Uint32Array(maxFeatures)

/** A linear model over the hashed n-grams of `features.ts`, its weights eight bits each. */
export class LinearModel {
  readonly log2Buckets: number
  readonly #bias: number
  readonly #scale: number
  /**
   * A bucket's weight in the low byte and, in the high byte, the number of the text it was last seen in: a feature counts
   * once per text, and asking whether it did and what it weighs is one read.
   */
  readonly #table: Int16Array
  #turn = 0

  private constructor(log2Buckets: number, bias: number, scale: number, weights: Int8Array) {
    this.log2Buckets = log2Buckets
    this.#bias = bias
    this.#scale = scale
    this.#table = Int16Array.from(weights, (weight) => weight & 0xff)
  }

  /**
   * @param bytes as `LinearModel.bytes` writes them.
   * @throws Error when they are not a model of this version.
   */
  static load(bytes: Uint8Array): LinearModel {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (bytes.length < headerBytes || view.getUint32(0, true) !== magic || view.getUint8(4) !== version)
      throw new Error('These bytes are not a linear model of this version.')
    const log2Buckets = view.getUint8(5)
    if (log2Buckets < fewestBuckets || log2Buckets > mostBuckets || bytes.length !== headerBytes + 2 ** log2Buckets)
      throw new Error('The linear model is cut off or has an impossible size.')
    const weights = new Int8Array(bytes.buffer, bytes.byteOffset + headerBytes, 2 ** log2Buckets)
    return new LinearModel(log2Buckets, view.getFloat32(8, true), view.getFloat32(12, true), weights)
  }

  /** The bytes of a model with these weights, rounded to eight bits each. `weights` has a power of two of numbers. */
  static bytes(weights: Float64Array, bias: number): Uint8Array {
    const log2Buckets = Math.log2(weights.length)
    const largest = weights.reduce((so, weight) => Math.max(so, Math.abs(weight)), 0)
    const scale = largest === 0 ? 1 : largest / 127
    const bytes = new Uint8Array(headerBytes + weights.length)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, magic, true)
    view.setUint8(4, version)
    view.setUint8(5, log2Buckets)
    view.setFloat32(8, bias, true)
    view.setFloat32(12, scale, true)
    weights.forEach((weight, index) => view.setInt8(headerBytes + index, Math.round(weight / scale)))
    return bytes
  }

  /**
   * How much a text looks like the positive class.
   * @param normalisedText as `normalise` gives it; only its first 8,192 characters are read.
   * @returns a logit, natural logarithm of the odds as of a training set with as many positive as negative texts: 0 is
   *   even, any finite number. Not calibrated to how rare the positive class is. A text without features has the bias.
   */
  score(normalisedText: string): number {
    const written = hashFeatures(normalisedText, this.log2Buckets, buckets)
    const table = this.#table
    const mark = this.#nextTurn() << 8
    let sum = 0
    let distinct = 0
    for (let index = 0; index < written; index++) {
      const bucket = buckets[index] ?? 0
      const entry = table[bucket] ?? 0
      if ((entry & 0xff00) === mark) continue
      const weight = (entry << 24) >> 24
      table[bucket] = mark | (weight & 0xff)
      sum += weight
      distinct++
    }
    return distinct === 0 ? this.#bias : this.#bias + (sum * this.#scale) / Math.sqrt(distinct)
  }

  /** Number of this text, 1 to 255; when they are used up, no bucket has been seen. */
  #nextTurn(): number {
    if (this.#turn === 255) {
      this.#turn = 0
      for (let index = 0; index < this.#table.length; index++) this.#table[index] = (this.#table[index] ?? 0) & 0xff
    }
    return ++this.#turn
  }
}
