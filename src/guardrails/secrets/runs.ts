import { isOf } from './alphabet.ts'

/**
 * Ends of runs of characters of one alphabet. A run is walked once, however many places in it are asked about, so that a
 * text made of beginnings of credentials costs no more than another.
 */
export class Runs {
  #text = ''
  #to = 0
  readonly #alphabets: number[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** Begins with another text. @param to where it ends for this purpose. */
  reset(text: string, to: number): void {
    this.#text = text
    this.#to = to
    this.#ends.fill(0)
  }

  /** First place at or after `at` that is not of the alphabet. Asked about places in rising order, give or take a token. */
  endOf(at: number, alphabet: number): number {
    let slot = this.#alphabets.indexOf(alphabet)
    if (slot === -1) slot = this.#alphabets.push(alphabet) - 1
    else if (at >= (this.#starts[slot] ?? 0) && at < (this.#ends[slot] ?? 0)) return this.#ends[slot] ?? at
    let end = at
    while (end < this.#to && isOf(alphabet, this.#text.charCodeAt(end))) end++
    this.#starts[slot] = at
    this.#ends[slot] = end
    return end
  }
}
