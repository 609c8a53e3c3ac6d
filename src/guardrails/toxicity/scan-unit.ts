import { scanDigitsAsLetters, scanMasked, scanSpelled, scanStretched } from './disguises.ts'
import { border, digitLike, highSurrogate, invisible, latinOfPair, maskSign, otherLetter } from './folding.ts'
import type { Lexicon } from './lexicon.ts'
import { matchAtEnd, matchOpen, preferred } from './match-word.ts'
import type { Report } from './report.ts'
import type { Entry } from './word-list.ts'

/** Fewer letters standing alone than the shortest word that is looked for in them are no word. */
const fewestLoneLetters = 4
/** Lone letters further apart than this are not one word spelled out. */
const mostBetween = 3

/** What `readWord` read last; one value for all calls, because none gives way to another. */
const word: { letters: number; end: number; isStretched: boolean; entry: Entry | undefined } = {
  letters: 0,
  end: 0,
  isStretched: false,
  entry: undefined,
}

/**
 * Finds the words of a lexicon in one unit of a text, which no word reaches out of. One pass over the characters; only a
 * unit with a sign of disguise is read again.
 */
export function scanUnit(lexicon: Lexicon, unit: string, report: Report): void {
  const { classes } = lexicon.automaton
  let hasFound = false
  let last = border
  let hasDigits = false
  let hasMasks = false
  let lone = 0
  let loneFrom = 0
  let loneTo = 0
  let index = 0
  while (index < unit.length) {
    const kind = classes[unit.charCodeAt(index)] ?? border
    if (kind === invisible) {
      index++
      continue
    }
    const start = index
    if (kind > border && (kind <= otherLetter || kind === highSurrogate)) index = readWord(lexicon, unit, index)
    if (index === start) {
      if (kind === digitLike && last === otherLetter) hasDigits = true
      if (last === maskSign && kind >= digitLike && kind <= maskSign) hasMasks = true
      last = kind === maskSign && last < otherLetter ? border : kind
      index++
      continue
    }
    if (last === digitLike) hasDigits = true
    if (last === maskSign) hasMasks = true
    last = otherLetter
    if (lone > 0 && (word.letters > 1 || start - loneTo > mostBetween)) {
      if (lone >= fewestLoneLetters) scanSpelled(lexicon, unit, loneFrom, loneTo, report)
      lone = 0
    }
    if (word.letters === 1) {
      if (lone++ === 0) loneFrom = start
      loneTo = word.end
    } else if (word.entry !== undefined) hasFound = report(word.entry, 'plain', unit, start, word.end) || hasFound
    else if (word.isStretched) scanStretched(lexicon, unit, start, word.end, report)
  }
  if (lone >= fewestLoneLetters) scanSpelled(lexicon, unit, loneFrom, loneTo, report)
  if (!hasFound && hasDigits) hasFound = scanDigitsAsLetters(lexicon, unit, report)
  if (!hasFound && (hasMasks || hasDigits)) scanMasked(lexicon, unit, report)
}

/** Reads letters from `from` on into `word`. @returns where they end, or `from`: there is none. */
function readWord(lexicon: Lexicon, unit: string, from: number): number {
  const { automaton } = lexicon
  const { classes, steps, width, completesOpen } = automaton
  let state = 0
  let letters = 0
  let open: Entry | undefined
  let end = from
  let lastColumn = 0
  let run = 0
  word.isStretched = false
  for (let index = from; index < unit.length; index++) {
    let column = classes[unit.charCodeAt(index)] ?? border
    if (column === invisible) continue
    if (column === highSurrogate && index + 1 < unit.length)
      column = classes[latinOfPair(unit.charCodeAt(index), unit.charCodeAt(++index))] ?? border
    if (column === border || column > otherLetter) break
    state = column < width ? (steps[state * width + column] ?? 0) : 0
    letters++
    end = index + 1
    run = column === lastColumn ? run + 1 : 1
    if (run === 3) word.isStretched = true
    lastColumn = column
    if (completesOpen[state] === 1) open = preferred(open, matchOpen(automaton, state, letters))
  }
  word.letters = letters
  word.end = end
  word.entry = letters > 1 ? matchAtEnd(automaton, state, letters, open) : undefined
  return end
}
