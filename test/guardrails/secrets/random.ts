/** Numbers from a seed, so that a failure can be seen again. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to but not including `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T
  }

  text(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet.charAt(this.below(alphabet.length))).join('')
  }
}

export const lower = 'abcdefghijklmnopqrstuvwxyz'
export const upper = lower.toUpperCase()
export const digits = '0123456789'
export const hex = `${digits}abcdef`
export const base62 = digits + upper + lower
export const base64 = `${base62}+/`
export const base64url = `${base62}-_`
export const base32 = `${upper}234567`
