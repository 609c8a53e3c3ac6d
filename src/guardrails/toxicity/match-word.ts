import type { Automaton } from './automaton.ts'
import type { Entry } from './word-list.ts'

/**
 * The word that a stretch of letters is or has in it, after all of its letters.
 * @param state of the automaton behind the last letter.
 * @param letters how many there were.
 * @param open what `matchOpen` found inside; undefined: nothing.
 * @returns undefined: none, or an innocent one.
 */
export function matchAtEnd(
  automaton: Automaton,
  state: number,
  letters: number,
  open: Entry | undefined,
): Entry | undefined {
  let found: Entry | undefined
  for (let at = state; at !== 0; at = automaton.shorter[at] ?? 0) {
    const entry = automaton.entries[automaton.completed[at] ?? -1]
    if (entry === undefined || !(automaton.depths[at] === letters || entry.opensBefore)) continue
    if (entry.kind === null) return undefined
    found ??= entry
  }
  const chosen = found ?? open
  return open?.kind === null || chosen?.kind === null ? undefined : chosen
}

/** The word that may go on and that the letters so far, at least one, end with. An innocent one, if there is one. */
export function matchOpen(automaton: Automaton, state: number, letters: number): Entry | undefined {
  let found: Entry | undefined
  for (let at = state; at !== 0; at = automaton.shorter[at] ?? 0) {
    const entry = automaton.entries[automaton.completed[at] ?? -1]
    if (entry?.opensAfter !== true || !(automaton.depths[at] === letters || entry.opensBefore)) continue
    if (entry.kind === null) return entry
    found ??= entry
  }
  return found
}

/** The word that these columns are or have in them. */
export function matchColumns(automaton: Automaton, columns: readonly number[]): Entry | undefined {
  let state = 0
  let letters = 0
  let open: Entry | undefined
  for (const column of columns) {
    state = nextState(automaton, state, column)
    letters++
    if (automaton.completesOpen[state] === 1) open = preferred(open, matchOpen(automaton, state, letters))
  }
  return matchAtEnd(automaton, state, letters, open)
}

/** The state after one more letter; the beginning after one that no word has. */
export function nextState(automaton: Automaton, state: number, column: number): number {
  return column < automaton.width ? (automaton.steps[state * automaton.width + column] ?? 0) : 0
}

/** Of two words found in one stretch, the first; an innocent one whenever it came. */
export function preferred(first: Entry | undefined, second: Entry | undefined): Entry | undefined {
  return first === undefined || second?.kind === null ? second : first
}
