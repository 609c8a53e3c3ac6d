import type { MeasuredUnit } from './analysis/moments.ts'
import type { MetricMoments } from './statistics.ts'

const names = ['s', 'ss', 'c', 'cc', 'sc', 'm', 'mm', 'p', 'pp', 'pm', 'preM'] as const
type SumName = (typeof names)[number]

/**
 * Moments as they are kept, with what rounding took from their sums. Somebody who reports 1e15 where others report 4, and then
 * puts it right, would otherwise leave sums of squares without any of their digits, and a variance of nothing.
 */
export interface KeptMoments extends MetricMoments {
  /** To be added to the sum of the same name, which is too large for it; a sum that lost nothing is absent. */
  readonly lost?: Readonly<Partial<Record<SumName, number>>>
}

/** Moments while units are put in and taken out, by the thousand: what is taken out leaves them as if it had never been there. */
export class MomentSums {
  #units: number
  #preUnits: number
  readonly #sums: Float64Array
  readonly #lost: Float64Array

  /** @param kept null: there are none yet. */
  constructor(kept: KeptMoments | null) {
    this.#units = kept?.units ?? 0
    this.#preUnits = kept?.preUnits ?? 0
    this.#sums = Float64Array.from(names, (name) => kept?.[name] ?? 0)
    this.#lost = Float64Array.from(names, (name) => kept?.lost?.[name] ?? 0)
  }

  /** As `addUnit` does. */
  add({ sum, count, pre }: MeasuredUnit, sign: 1 | -1): void {
    if (count === 0 && sum === 0) return
    const mean = count === 0 ? 0 : sum / count
    const before = pre ?? 0
    this.#units += sign
    this.#preUnits += pre === null ? 0 : sign
    this.#addTo(0, sign * sum)
    this.#addTo(1, sign * sum * sum)
    this.#addTo(2, sign * count)
    this.#addTo(3, sign * count * count)
    this.#addTo(4, sign * sum * count)
    this.#addTo(5, sign * mean)
    this.#addTo(6, sign * mean * mean)
    this.#addTo(7, sign * before)
    this.#addTo(8, sign * before * before)
    this.#addTo(9, sign * before * mean)
    this.#addTo(10, pre === null ? 0 : sign * mean)
  }

  kept(): KeptMoments {
    const sums = Object.fromEntries(names.map((name, at) => [name, this.#sums[at] ?? 0])) as Record<SumName, number>
    const lost = names.flatMap((name, at) => (this.#lost[at] === 0 ? [] : [[name, this.#lost[at] ?? 0] as const]))
    const moments = { ...sums, units: this.#units, preUnits: this.#preUnits }
    return lost.length === 0 ? moments : { ...moments, lost: Object.fromEntries(lost) }
  }

  /** Knuth's exact addition: the sum is what is nearest, and what it has no digits for is kept beside it. */
  #addTo(at: number, more: number): void {
    const sum = this.#sums[at] ?? 0
    const rough = sum + more
    const part = rough - sum
    const rest = sum - (rough - part) + (more - part) + (this.#lost[at] ?? 0)
    const total = rough + rest
    this.#sums[at] = total
    this.#lost[at] = rest - (total - rough)
  }
}
