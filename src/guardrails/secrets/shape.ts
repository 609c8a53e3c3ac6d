import { sizeOf } from './alphabet.ts'
import type { Runs } from './runs.ts'

/** A run of characters of one alphabet. It ends where the alphabet does: what follows is never one of its characters. */
export interface Run {
  readonly alphabet: number
  /** Lengths it may have: each range with both of its ends. */
  readonly lengths: readonly (readonly [least: number, most: number])[]
}

/** Literal text or a run of characters. */
export type Part = string | Run

/** A run of exactly one of these lengths. */
export function run(alphabet: number, ...lengths: readonly number[]): Run {
  return { alphabet, lengths: lengths.map((each) => [each, each]) }
}

/** A run of a length in a range. */
export function between(alphabet: number, least: number, most: number): Run {
  return { alphabet, lengths: [[least, most]] }
}

/** Where the parts that begin at `at` end; -1: they are not there. No part is ever tried twice. */
export function endOfParts(text: string, at: number, parts: readonly Part[], runs: Runs): number {
  let place = at
  for (const part of parts) {
    if (typeof part === 'string') {
      if (!text.startsWith(part, place)) return -1
      place += part.length
      continue
    }
    const end = runs.endOf(place, part.alphabet)
    if (!part.lengths.some(([least, most]) => end - place >= least && end - place <= most)) return -1
    place = end
  }
  return place
}

/**
 * Least Shannon entropy, bits a character, that a random text of this shape has for all practical purposes: two thirds of
 * the most that its length and its alphabets allow.
 */
export function entropyFloor(parts: readonly Part[]): number {
  let length = 0
  let bits = 0
  for (const part of parts) {
    if (typeof part === 'string') continue
    const characters = Math.min(...part.lengths.map(([least]) => least))
    length += characters
    bits += characters * Math.log2(sizeOf(part.alphabet))
  }
  return length < 2 ? 0 : (2 / 3) * Math.min(Math.log2(length), bits / length)
}
