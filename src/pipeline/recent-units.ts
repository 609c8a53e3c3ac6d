import type { Clock } from '../core/clock.ts'

/** A generation this old, or this large, makes room for the next; two are kept. */
const generationMs = 5 * 60_000
const mostInGeneration = 200_000

/**
 * In which phase this process assigned units lately. When a split changes, the units of the phase before are remembered from what
 * was recorded of them; a unit whose first answer is still under way was recorded nowhere, and would move. Bounded: five to ten
 * minutes, and some 400,000 units.
 */
export class RecentUnits {
  readonly #now: Clock['monotonic']
  #young = new Map<string, number>()
  #old = new Map<string, number>()
  #since: number

  constructor(now: Clock['monotonic']) {
    this.#now = now
    this.#since = now()
  }

  /** The phase a unit of an experiment has: the one it was first assigned in, as far as that is remembered, else `phase`. */
  phaseOf(experiment: string, unit: string, phase: number): number {
    const key = `${experiment}\0${unit}`
    const known = this.#young.get(key) ?? this.#old.get(key)
    const first = known === undefined ? phase : Math.min(known, phase)
    this.#turn()
    this.#young.set(key, first)
    return first
  }

  #turn(): void {
    if (this.#young.size < mostInGeneration && this.#now() - this.#since < generationMs) return
    this.#old = this.#young
    this.#young = new Map()
    this.#since = this.#now()
  }
}
