import { characterKind, foldCharacter, kindOfCharacter } from './fold.ts'

/** Stands for any run of white space. */
export const gap = 32

/** Phrases as a machine that reads a text once, whatever their number (Aho and Corasick, 1975). */
export interface PhraseAutomaton {
  /** The state after one more character. 0: nothing has begun. */
  next(state: number, symbol: number): number
  /** How many characters of a phrase the state has seen. */
  readonly depth: Int32Array
  /**
   * Whether a phrase ends here: its length in characters, which is the depth; 0: none. A shorter one that ends here too is
   * the length of a state further along `shorter`.
   */
  readonly endsPhrase: Uint8Array
  /** The next state whose phrase ends here as well and is shorter; 0: none. */
  readonly shorter: Int32Array
  readonly longest: number
}

/**
 * The characters of a phrase as they are compared: white space at its ends is gone, any run of it inside is one `gap`,
 * and invisible characters are left out.
 */
export function symbolsOf(phrase: string, caseSensitive: boolean): number[] {
  const symbols: number[] = []
  for (const character of phrase.trim()) {
    const codePoint = character.codePointAt(0) ?? 0
    const kind = kindOfCharacter(codePoint)
    if (kind === characterKind.invisible) continue
    const symbol = kind === characterKind.space ? gap : caseSensitive ? codePoint : foldCharacter(codePoint)
    if (symbol !== gap || (symbols.length > 0 && symbols.at(-1) !== gap)) symbols.push(symbol)
  }
  if (symbols.at(-1) === gap) symbols.pop()
  return symbols
}

export function compilePhrases(phrases: readonly (readonly number[])[]): PhraseAutomaton {
  const alphabet = new Map<number, number>()
  for (const phrase of phrases)
    for (const symbol of phrase) if (!alphabet.has(symbol)) alphabet.set(symbol, alphabet.size)
  const width = Math.max(1, alphabet.size)
  const size = phrases.reduce((sum, phrase) => sum + phrase.length, 1)
  const depth = new Int32Array(size)
  const endsPhrase = new Uint8Array(size)
  const edges = new EdgeTable(size)
  /** State, character and target of each edge. */
  const made: { readonly from: number; readonly letter: number; readonly to: number }[] = []
  for (const phrase of phrases) {
    let state = 0
    for (const symbol of phrase) {
      const letter = alphabet.get(symbol) ?? 0
      let to = edges.get(state * width + letter)
      if (to === 0) {
        to = made.length + 1
        edges.set(state * width + letter, to)
        made.push({ from: state, letter, to })
        depth[to] = (depth[state] ?? 0) + 1
      }
      state = to
    }
    if (state !== 0) endsPhrase[state] = 1
  }
  /** Most of a text has nothing to do with any phrase, so the first step is the one to be quick at. */
  const first = Int32Array.from({ length: width }, (_, letter) => edges.get(letter))

  const fallBack = new Int32Array(size)
  const shorter = new Int32Array(size)
  function step(state: number, letter: number): number {
    for (let at = state; at !== 0; at = fallBack[at] ?? 0) {
      const to = edges.get(at * width + letter)
      if (to !== 0) return to
    }
    return first[letter] ?? 0
  }
  // Level by level: where a state falls back to is a shorter state, which has to be finished before.
  for (const { from, letter, to } of made.toSorted((one, other) => (depth[one.to] ?? 0) - (depth[other.to] ?? 0))) {
    const back = from === 0 ? 0 : step(fallBack[from] ?? 0, letter)
    fallBack[to] = back
    shorter[to] = endsPhrase[back] === 1 ? back : (shorter[back] ?? 0)
  }

  const letters = asciiLetters(alphabet)
  return {
    next(state, symbol) {
      const letter = symbol < letters.length ? (letters[symbol] ?? -1) : (alphabet.get(symbol) ?? -1)
      return letter === -1 ? 0 : step(state, letter)
    },
    depth,
    endsPhrase,
    shorter,
    longest: depth.reduce((most, each) => Math.max(most, each), 0),
  }
}

/** Most texts are of these, and a list is quicker than a map. */
function asciiLetters(alphabet: ReadonlyMap<number, number>): Int32Array {
  return Int32Array.from({ length: 128 }, (_, symbol) => alphabet.get(symbol) ?? -1)
}

/** A hash table of numbers with open addressing: several times as quick as a `Map` here. Targets are above 0. */
class EdgeTable {
  readonly #keys: Float64Array
  readonly #targets: Int32Array
  readonly #mask: number

  constructor(entries: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * entries + 2))
    this.#keys = new Float64Array(size)
    this.#targets = new Int32Array(size)
    this.#mask = size - 1
  }

  /** 0: there is none. */
  get(key: number): number {
    for (let slot = this.#slotOf(key); ; slot = (slot + 1) & this.#mask) {
      const target = this.#targets[slot] ?? 0
      if (target === 0 || this.#keys[slot] === key) return target
    }
  }

  set(key: number, target: number): void {
    let slot = this.#slotOf(key)
    while ((this.#targets[slot] ?? 0) !== 0) slot = (slot + 1) & this.#mask
    this.#keys[slot] = key
    this.#targets[slot] = target
  }

  #slotOf(key: number): number {
    const mixed = Math.imul(key | 0, 0x9e_37_79_b1)
    return (mixed ^ (mixed >>> 15)) & this.#mask
  }
}
