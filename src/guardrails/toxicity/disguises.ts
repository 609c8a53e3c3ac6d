import type { Automaton } from './automaton.ts'
import { border, digitLike, highSurrogate, invisible, latinOfPair, maskSign, otherLetter } from './folding.ts'
import type { Lexicon } from './lexicon.ts'
import { matchColumns, nextState } from './match-word.ts'
import type { Report } from './report.ts'
import type { Entry } from './word-list.ts'

const longestDisguised = 40
const shortestWithDigits = 4
const shortestWithSigns = 3
const shortestSpelled = 4
const shortestMasked = 4
/** So many more signs than letters are still a mask of those letters. */
const mostTooLong = 3

const digitsAsLetters = [
  {
    0: 'o',
    1: 'i',
    3: 'e',
    4: 'a',
    5: 's',
    6: 'g',
    7: 't',
    8: 'b',
    9: 'g',
    '@': 'a',
    $: 's',
    '!': 'i',
    '|': 'i',
    '+': 't',
    '€': 'e',
    '(': 'c',
  },
  {
    0: 'u',
    1: 'l',
    2: 'z',
    3: 'e',
    4: 'u',
    5: 's',
    7: 't',
    '@': 'a',
    $: 's',
    '!': 'l',
    '|': 'l',
    '+': 't',
    '€': 'e',
    '(': 'c',
  },
].map((letters) => new Map(Object.entries(letters).map(([sign, letter]) => [sign.charCodeAt(0), letter.charCodeAt(0)])))

/** Signs that stand between words more often than in the place of letters. */
const punctuation = '-_.?!&~^…–—‑'

/** Letters written three times and more: once or twice is what was meant. */
export function scanStretched(lexicon: Lexicon, unit: string, from: number, to: number, report: Report): void {
  const { automaton } = lexicon
  const columns = columnsBetween(automaton, unit, from, to)
  for (const kept of [2, 1]) {
    const entry = matchColumns(automaton, shortenRuns(columns, kept))
    if (entry !== undefined) {
      report(entry, 'stretched', unit, from, to)
      return
    }
  }
}

/** Runs of three and more letters cut down to `kept`. */
function shortenRuns(columns: readonly number[], kept: number): number[] {
  const shortened: number[] = []
  for (let index = 0; index < columns.length;) {
    const column = columns[index] ?? 0
    let run = 1
    while (columns[index + run] === column) run++
    for (let copy = 0; copy < (run >= 3 ? kept : run); copy++) shortened.push(column)
    index += run
  }
  return shortened
}

/** The columns of the letters in `unit` from `from` to `to`. */
function columnsBetween({ classes }: Automaton, unit: string, from: number, to: number): number[] {
  const columns: number[] = []
  for (let index = from; index < to; index++) {
    let kind = classes[unit.charCodeAt(index)] ?? border
    if (kind === highSurrogate && index + 1 < to)
      kind = classes[latinOfPair(unit.charCodeAt(index), unit.charCodeAt(++index))] ?? border
    if (kind > border && kind <= otherLetter) columns.push(kind)
  }
  return columns
}

const spelledStarts = new Uint16Array(1024)

/** Letters that stand alone, `f u` and `f.u`, read as one word; only strong words are looked for, anywhere in them. */
export function scanSpelled(lexicon: Lexicon, unit: string, from: number, to: number, report: Report): void {
  const { automaton } = lexicon
  let state = 0
  let letters = 0
  for (let index = from; index < to; index++) {
    const start = index
    let column = automaton.classes[unit.charCodeAt(index)] ?? border
    if (column === highSurrogate && index + 1 < to)
      column = automaton.classes[latinOfPair(unit.charCodeAt(index), unit.charCodeAt(++index))] ?? border
    if (column === border || column > otherLetter) continue
    spelledStarts[letters++] = start
    state = nextState(automaton, state, column)
    if (automaton.completesAny[state] !== 1) continue
    for (let at = state; at !== 0; at = automaton.shorter[at] ?? 0) {
      const entry = automaton.entries[automaton.completed[at] ?? -1]
      const depth = automaton.depths[at] ?? 0
      if (entry?.strong !== true || depth < shortestSpelled) continue
      report(entry, 'spelled', unit, spelledStarts[letters - depth] ?? from, index + 1)
      state = 0
      break
    }
  }
}

/** Digits and signs that pass for letters. @returns whether there was a word. */
export function scanDigitsAsLetters(lexicon: Lexicon, unit: string, report: Report): boolean {
  let hasFound = false
  forEachPiece(lexicon.automaton, unit, digitLike, (start, pieceEnd) => {
    let end = pieceEnd
    while (end > start && '!|+('.includes(unit.charAt(end - 1))) end--
    for (const letters of digitsAsLetters) {
      const entry = matchWithDigits(lexicon.automaton, unit.slice(start, end), letters)
      if (entry === undefined) continue
      hasFound = report(entry, 'digits', unit, start, end) || hasFound
      return
    }
  })
  return hasFound
}

function matchWithDigits(automaton: Automaton, piece: string, letters: ReadonlyMap<number, number>): Entry | undefined {
  const columns: number[] = []
  let real = 0
  let hasDigit = false
  for (let index = 0; index < piece.length; index++) {
    const character = piece.charCodeAt(index)
    const kind = automaton.classes[character] ?? border
    if (kind === invisible) continue
    if (kind === digitLike) {
      hasDigit ||= character >= 0x30 && character <= 0x39
      columns.push(automaton.classes[letters.get(character) ?? 0] ?? border)
    } else {
      columns.push(kind)
      real++
    }
  }
  // Digits among few letters are a measure, a version or a chemical formula.
  if (columns.length < (hasDigit ? shortestWithDigits : shortestWithSigns) || real < (hasDigit ? 2 : 1))
    return undefined
  const entry = matchColumns(automaton, columns)
  const isLong = !hasDigit || (entry?.word.length ?? 0) >= shortestWithDigits
  return entry?.mild === false && isLong ? entry : undefined
}

/** Signs in the place of letters, such as stars. */
export function scanMasked(lexicon: Lexicon, unit: string, report: Report): void {
  const { automaton } = lexicon
  forEachPiece(automaton, unit, maskSign, (pieceStart, pieceEnd) => {
    const start = skipSigns(automaton, unit, pieceStart, pieceEnd, 1)
    const end = skipSigns(automaton, unit, pieceEnd, start, -1)
    // Stars on both sides make bold print.
    const stars = start === pieceStart ? endOfStars(unit, end, pieceEnd) : end
    if (stars > end && reportMasked(lexicon, unit, start, stars, report)) return
    if (reportMasked(lexicon, unit, start, end, report)) return
    // Words joined by a sign that may also be a mask.
    for (let partStart = start, index = start; index <= end; index++) {
      if (index < end && !'-_.'.includes(unit.charAt(index))) continue
      if (index - partStart < end - start) reportMasked(lexicon, unit, partStart, index, report)
      partStart = index + 1
    }
  })
}

function reportMasked(lexicon: Lexicon, unit: string, from: number, to: number, report: Report): boolean {
  if (to - from < shortestMasked || to - from > longestDisguised) return false
  const { classes, units } = lexicon.automaton
  let key = ''
  let signs = 0
  let isPunctuation = false
  for (let index = from; index < to; index++) {
    const kind = classes[unit.charCodeAt(index)] ?? border
    if (kind === invisible) continue
    const isSign = kind > otherLetter
    if (isSign) signs++
    if (isSign && punctuation.includes(unit.charAt(index))) isPunctuation = true
    key += isSign ? '*' : String.fromCharCode(units[kind] ?? 0)
  }
  // One point between letters may stand for one; three are an ellipsis.
  if (signs === 0 || (isPunctuation && signs > 1)) return false
  for (let tooLong = 0; tooLong <= mostTooLong; tooLong++) {
    const entry = lexicon.masked.get(key)
    if (entry !== undefined) return report(entry, 'masked', unit, from, to)
    if (!key.includes('***')) return false
    key = key.replace('***', '**')
  }
  return false
}

/** Calls back with each stretch of letters and characters of one more class, and of `@`, `$` and `!` among masks. */
function forEachPiece(
  { classes }: Automaton,
  unit: string,
  also: number,
  read: (start: number, end: number) => void,
): void {
  let start = -1
  for (let index = 0; index <= unit.length; index++) {
    const kind = classes[unit.charCodeAt(index)] ?? border
    const isSign = kind === also || (also === maskSign && kind === digitLike && '@$!'.includes(unit.charAt(index)))
    const belongs = index < unit.length && ((kind > border && kind <= otherLetter) || kind === invisible || isSign)
    if (belongs && start < 0) start = index
    if (belongs || start < 0) continue
    if (index - start <= longestDisguised) read(start, index)
    start = -1
  }
}

/** Moves `from` towards `to` over everything that is no letter. `step` 1 forward, -1 backward. */
function skipSigns({ classes }: Automaton, unit: string, from: number, to: number, step: 1 | -1): number {
  let at = from
  for (; at !== to; at += step) {
    const kind = classes[unit.charCodeAt(step === 1 ? at : at - 1)] ?? border
    if (kind > border && kind <= otherLetter) break
  }
  return at
}

/** Where a run of one sign that nobody uses as punctuation ends. */
function endOfStars(unit: string, from: number, to: number): number {
  const sign = unit.charAt(from)
  if (sign === '' || !'*#%•★█●■'.includes(sign)) return from
  let end = from
  while (end < to && unit.charAt(end) === sign) end++
  // With a number behind it, a star multiplies.
  return /[\d(]/.test(unit.charAt(end)) ? from : end
}
