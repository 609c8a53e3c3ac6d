import { Fault } from '../../core/fault.ts'
import { border, foldedUnits, ideograph, otherLetter, plainClasses } from './folding.ts'
import type { Entry } from './word-list.ts'

/** More letters than this no lexicon may have; far above what all languages together need. */
const mostLetters = otherLetter - 1
const mostStates = 0xffff
const mostWordLetters = 0xff

/**
 * Words to look for as one automaton over folded letters (Aho and Corasick): one step per letter, however many words
 * there are. State 0 is the beginning.
 */
export interface Automaton {
  /** What each UTF-16 unit is: a letter's column, or one of the classes of `folding.ts`. */
  readonly classes: Uint16Array
  /** The folded unit of each column. */
  readonly units: Uint16Array
  /** Columns, column 0 included, which no letter has. */
  readonly width: number
  /** The next state: `steps[state * width + column]`. */
  readonly steps: Uint16Array
  /** How many letters a state stands for. */
  readonly depths: Uint8Array
  /** The word that a state completes, as a number into `entries`; -1: none. */
  readonly completed: Int16Array
  /** The longest shorter state, an ending of this one, that completes a word; 0: none. */
  readonly shorter: Uint16Array
  /** 1: this state, or a shorter one, completes a word. */
  readonly completesAny: Uint8Array
  /** 1: and one that may go on. */
  readonly completesOpen: Uint8Array
  readonly entries: readonly Entry[]
}

/** The automaton of these words. Of two entries for one word, an innocent one wins, else the first. */
export function buildAutomaton(entries: readonly Entry[]): Automaton {
  const alphabet = collectLetters(entries)
  const width = alphabet.units.length
  const words = entries.map((entry) => columnsOf(entry.word, alphabet.classes))
  const states = countStates(words)
  const steps = new Uint16Array(states * width)
  const depths = new Uint8Array(states)
  const completed = new Int16Array(states).fill(-1)
  let used = 1
  for (const [number, entry] of entries.entries()) {
    const columns = words[number] ?? ''
    if (columns === '') continue
    let state = 0
    for (let index = 0; index < columns.length; index++) {
      const at = state * width + columns.charCodeAt(index)
      if (steps[at] === 0) {
        depths[used] = index + 1
        steps[at] = used++
      }
      state = steps[at] ?? 0
    }
    const known = entries[completed[state] ?? -1]
    if (known === undefined || (known.kind !== null && entry.kind === null)) completed[state] = number
  }
  const links = linkStates(steps, states, width, completed, entries)
  return { ...alphabet, ...links, width, steps, depths, completed, entries }
}

/** How many beginnings these words have, the empty one included. */
function countStates(words: readonly string[]): number {
  const sorted = words.toSorted()
  let states = 1
  for (const [index, word] of sorted.entries()) {
    const before = sorted[index - 1] ?? ''
    let shared = 0
    while (shared < word.length && word.charCodeAt(shared) === before.charCodeAt(shared)) shared++
    states += word.length - shared
  }
  if (states > mostStates) throw new Fault('invalid_request', 'The lists of words are too long.')
  return states
}

/** A word as its letters' columns, each as one UTF-16 unit; empty: it has a character that is no letter. */
function columnsOf(word: string, classes: Uint16Array): string {
  let columns = ''
  for (let index = 0; index < word.length; index++) {
    const column = classes[word.charCodeAt(index)] ?? border
    if (column === border || column >= otherLetter) return ''
    columns += String.fromCharCode(column)
  }
  return columns.length < mostWordLetters ? columns : ''
}

function collectLetters(entries: readonly Entry[]): Pick<Automaton, 'classes' | 'units'> {
  const classes = plainClasses().slice()
  const keys = foldedUnits()
  const columns = new Map<number, number>()
  const units = [0]
  for (const { word } of entries) {
    for (let index = 0; index < word.length; index++) {
      const key = keys[word.charCodeAt(index)] ?? 0
      const kind = classes[key]
      if (columns.has(key) || (kind !== otherLetter && kind !== ideograph) || units.length > mostLetters) continue
      columns.set(key, units.length)
      units.push(key)
    }
  }
  for (let unit = 0; unit < classes.length; unit++) {
    const kind = classes[unit]
    if (kind !== otherLetter && kind !== ideograph) continue
    const column = columns.get(keys[unit] ?? 0)
    if (column !== undefined) classes[unit] = column
  }
  return { classes, units: Uint16Array.from(units) }
}

/** Fills in, breadth first, where each state goes on a letter that none of its words has: `steps` has those of the words. */
function linkStates(
  steps: Uint16Array,
  states: number,
  width: number,
  completed: Int16Array,
  entries: readonly Entry[],
): Pick<Automaton, 'shorter' | 'completesAny' | 'completesOpen'> {
  const fallbacks = new Uint16Array(states)
  const shorter = new Uint16Array(states)
  const completesAny = new Uint8Array(states)
  const completesOpen = new Uint8Array(states)
  const queue = new Uint16Array(states)
  let last = 1
  for (let next = 0; next < last; next++) {
    const state = queue[next] ?? 0
    const fallback = fallbacks[state] ?? 0
    if (state !== 0) {
      shorter[state] = (completed[fallback] ?? -1) >= 0 ? fallback : (shorter[fallback] ?? 0)
      const isOpen = entries[completed[state] ?? -1]?.opensAfter === true
      completesAny[state] = (completed[state] ?? -1) >= 0 ? 1 : (completesAny[fallback] ?? 0)
      completesOpen[state] = isOpen ? 1 : (completesOpen[fallback] ?? 0)
    }
    for (let column = 1; column < width; column++) {
      const at = state * width + column
      const onFallback = state === 0 ? 0 : (steps[fallback * width + column] ?? 0)
      const child = steps[at] ?? 0
      if (child === 0) steps[at] = onFallback
      else {
        fallbacks[child] = onFallback
        queue[last++] = child
      }
    }
  }
  return { shorter, completesAny, completesOpen }
}
