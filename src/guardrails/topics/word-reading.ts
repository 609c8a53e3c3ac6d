import { characterKind, foldCharacter, kindOfCharacter } from '../keywords/fold.ts'

/** A word of a text as topics compare it. */
export interface ReadWord {
  readonly stem: string
  /** A hyphen and the next word follow without a space: `e` and `mail` of `e-mail`. */
  readonly isJoined: boolean
  /** Offset behind it. */
  readonly end: number
}

/** Longer words are cut: nobody has one in a list, and a text may be one word of a million characters. */
const longestWord = 64

/** Stands where a sentence ends: no phrase goes on behind it. */
export const sentenceEnd = ''

/**
 * The words of a text: folded, without accents, their plural and possessive endings taken off. A character of a script
 * without spaces is a word, and the end of a sentence is `sentenceEnd`.
 */
export function readWords(text: string): ReadWord[] {
  const words: ReadWord[] = []
  const reader = new WordReader(words)
  for (let at = 0; at < text.length;) {
    const codePoint = text.codePointAt(at) ?? 0
    at += codePoint > 0xff_ff ? 2 : 1
    reader.take(codePoint, at)
  }
  reader.finish(text.length, false)
  return words
}

class WordReader {
  readonly #words: ReadWord[]
  #word = ''
  #end = 0
  /** The character before was a hyphen right behind a word. */
  #hasHyphen = false
  /** The character before ends a sentence when white space follows. */
  #hasStop = false

  constructor(words: ReadWord[]) {
    this.#words = words
  }

  take(codePoint: number, end: number): void {
    const kind = kindOfCharacter(codePoint)
    if (kind === characterKind.invisible || isApostrophe(codePoint)) return
    if (kind === characterKind.word) {
      this.#hasStop = false
      if (this.#hasHyphen) this.finish(this.#end, true)
      const letter = withoutAccent(foldCharacter(codePoint))
      if (this.#word.length < longestWord) this.#word += letter
      this.#end = end
      return
    }
    if (isHyphen(codePoint) && this.#word !== '' && !this.#hasHyphen) {
      this.#hasHyphen = true
      return
    }
    this.finish(this.#end, false)
    const isStop = kind === characterKind.other && stops.has(codePoint)
    if (wideStops.has(codePoint) || (this.#hasStop && kind === characterKind.space))
      this.#words.push({ stem: sentenceEnd, isJoined: false, end })
    this.#hasStop = isStop
    if (kind !== characterKind.unspaced) return
    this.#words.push({ stem: String.fromCodePoint(foldCharacter(codePoint)), isJoined: false, end })
  }

  finish(end: number, isJoined: boolean): void {
    this.#hasHyphen = false
    if (this.#word === '') return
    this.#words.push({ stem: stemOf(this.#word), isJoined, end })
    this.#word = ''
  }
}

/** `.`, `!`, `?`, `;` and `…`. */
const stops: ReadonlySet<number> = new Set([0x2e, 0x21, 0x3f, 0x3b, 0x20_26])
const wideStops: ReadonlySet<number> = new Set([0x30_02, 0xff_01, 0xff_1f, 0xff_1b])

const isHyphen = (codePoint: number): boolean => codePoint === 45 || (codePoint >= 0x20_10 && codePoint <= 0x20_12)
/** `bank's` is read as `banks`, whose `s` is taken off. */
const isApostrophe = (codePoint: number): boolean => codePoint === 39 || codePoint === 0x20_19

/** `é` and `e` with an accent of its own are `e`; other marks, which some scripts write vowels with, stay. */
function withoutAccent(codePoint: number): string {
  if (codePoint < 0xc0) return String.fromCodePoint(codePoint)
  if (codePoint >= 0x03_00 && codePoint <= 0x03_6f) return ''
  const letter = String.fromCodePoint(codePoint)
  if (codePoint > 0x02_4f && (codePoint < 0x1e_00 || codePoint > 0x1e_ff)) return letter
  return letter.normalize('NFD').charAt(0)
}

/** Takes plural endings off, of English above all; the same for a phrase and a text, so that it need not be right, only alike. */
export function stemOf(word: string): string {
  if (word.length <= 3 || !word.endsWith('s') || word.endsWith('ss') || word.endsWith('us')) return word
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`
  return /(?:[sxz]|[cs]h)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1)
}
