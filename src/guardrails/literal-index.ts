import { characterKind, kindOfCharacter } from './keywords/fold.ts'

/** Shorter literals count as whole words only: they are part of every other word. */
const shortestAnywhere = 4

/** Characters by which a literal is told from others. Of a longer one, as many behind it as it is long count as its own. */
const mostTold = 1_024

/** States, and so characters of all literals that are no beginning of another; 14 MB at the most. */
const mostStates = 512 * 1_024

const unknown = -1
const underscore = 0x5f

/** Gets where a literal stands, as UTF-16 offsets, and its number. */
type HearLiteral = (start: number, end: number, literal: number) => void

/**
 * Many literals, found in a text in one pass (Aho and Corasick, 1975). Grows while it is in use: where to go on after a
 * mismatch is worked out when a text first comes by, so that neither adding a literal nor the first search takes long. Exact,
 * in UTF-16 units. Memory goes with the characters of the literals, time with those of the text, whatever either are.
 */
export class LiteralIndex {
  /** Of each state the one before it, and the character between them. State 0 is where nothing has begun. */
  #parents = new Int32Array(64)
  #units = new Uint16Array(64)
  #depths = new Uint16Array(64)
  /** Number of the literal that ends there, plus one. */
  #ends = new Int32Array(64)
  /** The longest other state that the state ends with. */
  #backs = new Int32Array(64).fill(unknown)
  /** The longest of those in which a literal ends. */
  #shorter = new Int32Array(64)
  #states = 1
  /** States by their parent and character: open addressing, at most half full. */
  #table = new Int32Array(128)
  /** By the lower half of a character: whether a literal may begin with it. */
  readonly #begins = new Uint8Array(256)
  /** Of literals longer than `mostTold`, by the state in which what tells them ends. */
  readonly #lengths = new Map<number, number>()
  /** A client that knew where states come to lie could make them all lie in one place. */
  readonly #seed = Math.trunc(Math.random() * 0x7f_ff_ff_ff)
  #hasNew = false

  /** @param literal not empty. @param number from 0. @returns false: there is no room left for it. */
  add(literal: string, number: number): boolean {
    const told = Math.min(literal.length, mostTold)
    if (this.#states + told > mostStates) return false
    let state = 0
    for (let at = 0; at < told; at += 1) {
      const unit = literal.charCodeAt(at)
      state = this.#edge(state, unit) || this.#grow(state, unit)
    }
    this.#begins[literal.charCodeAt(0) & 0xff] = 1
    if (literal.length > told) this.#lengths.set(state, Math.max(literal.length, this.#lengths.get(state) ?? 0))
    if (this.#ends[state] === 0) this.#ends[state] = number + 1
    this.#hasNew = true
    return true
  }

  /**
   * Hears of the longest literal for each place at which any ends, in the order of these places.
   *
   * @returns how many characters at the end of the text may be the beginning of a literal that goes on behind it.
   */
  find(text: string, hear: HearLiteral): number {
    if (this.#hasNew) {
      this.#backs.fill(unknown)
      this.#hasNew = false
    }
    let state = 0
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at)
      if (state === 0 && this.#begins[unit & 0xff] === 0) continue
      state = this.#next(state, unit)
      if (state !== 0) this.#hearAt(state, text, at + 1, hear)
    }
    return this.#depths[state] ?? 0
  }

  #hearAt(state: number, text: string, end: number, hear: HearLiteral): void {
    this.#link(state)
    let ending = this.#ends[state] === 0 ? (this.#shorter[state] ?? 0) : state
    for (; ending !== 0; ending = this.#shorter[ending] ?? 0) {
      const told = this.#depths[ending] ?? 0
      const start = end - told
      if (told < shortestAnywhere && !isWhole(text, start, end)) continue
      const length = this.#lengths.get(ending) ?? told
      hear(start, Math.min(start + length, text.length), (this.#ends[ending] ?? 0) - 1)
      return
    }
  }

  #next(state: number, unit: number): number {
    for (let at = state; ; at = this.#backs[at] ?? 0) {
      const to = this.#edge(at, unit)
      if (to !== 0 || at === 0) return to
      this.#link(at)
    }
  }

  /** Works out where a state falls back to. As deep as `mostTold`, because every step is to a state that is less deep. */
  #link(state: number): void {
    if (state === 0 || this.#backs[state] !== unknown) return
    const parent = this.#parents[state] ?? 0
    this.#link(parent)
    const back = parent === 0 ? 0 : this.#next(this.#backs[parent] ?? 0, this.#units[state] ?? 0)
    this.#link(back)
    this.#backs[state] = back
    this.#shorter[state] = this.#ends[back] === 0 ? (this.#shorter[back] ?? 0) : back
  }

  /** 0: no literal goes on so. */
  #edge(state: number, unit: number): number {
    const mask = this.#table.length - 1
    for (let slot = this.#slotOf(state, unit) & mask; ; slot = (slot + 1) & mask) {
      const to = this.#table[slot] ?? 0
      if (to === 0 || (this.#parents[to] === state && this.#units[to] === unit)) return to
    }
  }

  #grow(state: number, unit: number): number {
    if (this.#states === this.#parents.length) this.#double()
    const made = this.#states
    this.#states += 1
    this.#parents[made] = state
    this.#units[made] = unit
    this.#depths[made] = (this.#depths[state] ?? 0) + 1
    this.#enter(made)
    return made
  }

  #enter(state: number): void {
    const mask = this.#table.length - 1
    let slot = this.#slotOf(this.#parents[state] ?? 0, this.#units[state] ?? 0) & mask
    while (this.#table[slot] !== 0) slot = (slot + 1) & mask
    this.#table[slot] = state
  }

  #slotOf(state: number, unit: number): number {
    let mixed = Math.imul(state ^ this.#seed, 0x9e_37_79_b1)
    mixed = Math.imul(mixed ^ (mixed >>> 16) ^ unit, 0x85_eb_ca_6b)
    return mixed ^ (mixed >>> 15)
  }

  #double(): void {
    const size = this.#parents.length * 2
    this.#parents = copied(this.#parents, new Int32Array(size))
    this.#units = copied(this.#units, new Uint16Array(size))
    this.#depths = copied(this.#depths, new Uint16Array(size))
    this.#ends = copied(this.#ends, new Int32Array(size))
    this.#backs = copied(this.#backs, new Int32Array(size))
    this.#shorter = copied(this.#shorter, new Int32Array(size))
    this.#table = new Int32Array(size * 2)
    for (let state = 1; state < this.#states; state += 1) this.#enter(state)
  }
}

function copied<List extends Int32Array | Uint16Array>(from: List, to: List): List {
  to.set(from)
  return to
}

/** No letter and no digit stands next to a letter or digit at its ends. */
function isWhole(text: string, start: number, end: number): boolean {
  return !(isOfWord(text, start - 1) && isOfWord(text, start)) && !(isOfWord(text, end - 1) && isOfWord(text, end))
}

/** Of a script that sets spaces between words. Half a pair is told by the whole of it. */
function isOfWord(text: string, at: number): boolean {
  const unit = text.charCodeAt(at)
  const isSecondHalf = unit >= 0xdc_00 && unit <= 0xdf_ff
  const codePoint = text.codePointAt(isSecondHalf ? at - 1 : at)
  return codePoint !== undefined && codePoint !== underscore && kindOfCharacter(codePoint) === characterKind.word
}
