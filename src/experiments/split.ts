import type { ForeignHashing } from '../contract/experiment-body.ts'
import { bucketOf } from './bucket.ts'
import {
  growthbookChoice,
  growthbookPlace,
  growthbookRanges,
  inUnleashRollout,
  unleashChoice,
} from './foreign-hashing.ts'

/**
 * Which of the variants a unit gets, by its number in their order; -1: none, because the unit is not in the traffic. The same
 * unit always gets the same.
 */
export type Split = (unit: string) => number

export interface SplitSettings {
  readonly seed: string
  /** Share of the units that take part, 0 to 1. */
  readonly traffic: number
  /** Of each variant, in their order; not normalised. A weight of 0 gets nobody. */
  readonly weights: readonly number[]
  readonly hashing: ForeignHashing | undefined
}

/**
 * Lays units out. Whether a unit takes part and what it gets come from two independent places of it, so that more traffic
 * moves nobody who is in already.
 */
export function splitOf({ seed, traffic, weights, hashing }: SplitSettings): Split {
  if (hashing?.scheme === 'growthbook') return growthbookSplit(hashing, traffic, weights)
  if (hashing?.scheme === 'unleash') return unleashSplit(hashing.group_id, traffic, weights)
  const allocationSeed = `${seed}:alloc`
  const variantSeed = `${seed}:variant`
  const ends = endsOf(weights)
  return (unit) => {
    if (traffic < 1 && bucketOf(allocationSeed, unit) >= traffic) return -1
    return numberAt(ends, bucketOf(variantSeed, unit))
  }
}

/** Up to where, but without it, the places of each variant reach; those of the last that has any end at 1. */
export function endsOf(weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const last = weights.findLastIndex((weight) => weight > 0)
  let reached = 0
  return weights.map((weight, number) => {
    reached += weight
    if (last === -1) return 0
    return number >= last ? 1 : reached / total
  })
}

function numberAt(ends: readonly number[], place: number): number {
  for (let number = 0; number < ends.length; number += 1) {
    if (place < (ends[number] ?? 0)) return number
  }
  return -1
}

function growthbookSplit(
  { seed, hash_version: version }: Extract<ForeignHashing, { scheme: 'growthbook' }>,
  traffic: number,
  weights: readonly number[],
): Split {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  // Weights as GrowthBook exports them add up to nearly 1 and are taken to the letter.
  const shares = total >= 0.99 && total <= 1.01 ? weights : weights.map((weight) => weight / total)
  const ranges = growthbookRanges(weights.length, traffic, shares)
  return (unit) => growthbookChoice(growthbookPlace(seed, unit, version), ranges)
}

function unleashSplit(groupId: string, traffic: number, weights: readonly number[]): Split {
  // A share such as 0.29 times 100 is a little less than 29, and its last hundredth would be lost.
  const percent = Math.round(traffic * 1e6) / 1e4
  return (unit) => (inUnleashRollout(groupId, unit, percent) ? unleashChoice(groupId, unit, weights) : -1)
}
