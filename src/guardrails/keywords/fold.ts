/**
 * One character as detectors compare it: lower case, compatibility forms (full width, mathematical, ligature-free) as the
 * plain character, when that is one character too. So a folded text has as many characters as the text, and an offset into
 * one is an offset into the other.
 */

/** What kind of character it is, for the borders of words. */
export const characterKind = {
  /** Neither of a word nor white space: punctuation, symbols. */
  other: 0,
  /** Of a word: a letter, digit, mark or `_`. */
  word: 1,
  /** Of a script that sets no space between words, so that a word may begin and end anywhere. */
  unspaced: 2,
  space: 3,
  /** Nothing is seen of it: zero width, soft hyphen. People hide words with it, so it is looked through. */
  invisible: 4,
} as const
export type CharacterKind = (typeof characterKind)[keyof typeof characterKind]

const unspacedScripts =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u
const wordCharacter = /^[\p{L}\p{N}\p{M}_]$/u
const whiteSpace = /^\s$/u
const invisible = /^(?:\p{Default_Ignorable_Code_Point}|\p{Cf})$/u

const basicPlane = 0x1_00_00
/** Filled as characters turn up; 0: not yet. What is remembered is the folded character with its kind above it. */
const remembered = new Uint32Array(basicPlane)
const kindShift = 24
/** Emoji and the like: few of them turn up, and judging one takes long. */
const rememberedBeyond = new Map<number, number>()
const mostBeyond = 4_096

/** The folded character in the lower 21 bits and its kind above: one look-up for both. */
function look(codePoint: number): number {
  if (codePoint >= basicPlane) return lookBeyond(codePoint)
  const known = remembered[codePoint] ?? 0
  if (known !== 0) return known
  const judged = judge(codePoint)
  remembered[codePoint] = judged
  return judged
}

function lookBeyond(codePoint: number): number {
  const known = rememberedBeyond.get(codePoint)
  if (known !== undefined) return known
  const judged = judge(codePoint)
  if (rememberedBeyond.size < mostBeyond) rememberedBeyond.set(codePoint, judged)
  return judged
}

function judge(codePoint: number): number {
  const character = String.fromCodePoint(codePoint)
  const folded = foldOnce(character).codePointAt(0) ?? codePoint
  return ((kindOf(character) + 1) << kindShift) | folded
}

function foldOnce(character: string): string {
  const [plain = character, ...more] = character.normalize('NFKC')
  const compatible = more.length === 0 ? plain : character
  // The final sigma and the long s are the same letters as their usual forms, which upper case shows.
  const upper = compatible.toUpperCase()
  const isOne = upper === String.fromCodePoint(upper.codePointAt(0) ?? 0)
  const [lower = compatible] = (isOne ? upper : compatible).toLowerCase()
  return lower
}

function kindOf(character: string): CharacterKind {
  if (whiteSpace.test(character)) return characterKind.space
  if (invisible.test(character)) return characterKind.invisible
  if (!wordCharacter.test(character)) return characterKind.other
  return unspacedScripts.test(character) ? characterKind.unspaced : characterKind.word
}

/** @param codePoint a lone surrogate is a character of no kind and folds to itself. */
export function foldCharacter(codePoint: number): number {
  return look(codePoint) & 0x1f_ff_ff
}

export function kindOfCharacter(codePoint: number): CharacterKind {
  return ((look(codePoint) >>> kindShift) - 1) as CharacterKind
}
