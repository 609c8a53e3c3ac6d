/**
 * What each UTF-16 unit counts as. Letters that only look different are one letter: case, accents, full width, letters in
 * circles, Cyrillic and Greek twins of Latin ones. What a unit folds to depends on nothing but the unit.
 */

/** Classes of units that are no letter of a lexicon. Letters of one have the numbers between `border` and `otherLetter`. */
export const border = 0
/** Part of a word, but of no word in the lexicon. */
export const otherLetter = 1000
/** Drawn on or between letters, or not drawn at all: passed over. */
export const invisible = 1001
export const space = 1002
/** A character of a script without spaces that no word has: ends what came before. */
export const ideograph = 1003
/** A digit or sign that passes for a letter: `4`, `$`. */
export const digitLike = 1004
/** A sign put in the place of a letter: `*`. */
export const maskSign = 1005
export const highSurrogate = 1006
export const lowSurrogate = 1007

// Case is folded before; only what a reader takes for the Latin letter, in the order of the letters below.
const twins = 'аеорсухкіјѕһԁԛԝɡοανρικυτχⅰⅼⅴⅽⅾⅿ'
const latin = 'aeopcyxkijshdqwgoavpikutxilvcdm'
// NFKD leaves these alone, and these two differ from the bare letter in languages that have both.
const unaccented: Readonly<Record<string, string>> = { ł: 'l', ø: 'o', đ: 'd', ħ: 'h', ŧ: 't', ß: 's', æ: 'a', œ: 'o' }
const ownLetters = new Set(['ñ', 'ı'])

const digitLikes = '0123456789@$!|+€('
const maskSigns = '*#%?_-.^&~–—…•·∙∗★█●■×‑'

const wordCharacter = /[\p{L}\p{M}]/u
const scriptWithoutSpaces =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\u3000-\u303f\uff00-\uff0f]/u

let keys: Uint16Array | undefined
let classes: Uint16Array | undefined

/** The unit each unit folds to: `É` and `ｅ` to `e`, `Ж` to `ж`. Made once, when the first lexicon is. */
export function foldedUnits(): Uint16Array {
  if (keys !== undefined) return keys
  keys = new Uint16Array(0x10000)
  for (let unit = 0; unit < 0x10000; unit++) keys[unit] = mayFold(unit) ? fold(unit) : unit
  return keys
}

/** Beyond these ranges case and accents do not exist, or taking marks off would make another letter of it. */
function mayFold(unit: number): boolean {
  if (unit < 0x600) return true
  if (unit >= 0x1e00 && unit < 0x2000) return true
  return (unit >= 0x2100 && unit < 0x2190) || (unit >= 0x24b6 && unit < 0x24ea) || (unit >= 0xff21 && unit < 0xff5b)
}

function fold(unit: number): number {
  const lower = String.fromCharCode(unit).toLowerCase()
  if (ownLetters.has(lower)) return lower.charCodeAt(0)
  const bare = lower.normalize('NFKD').toLowerCase().charAt(0)
  const known = unaccented[bare] ?? bare
  const twin = twins.indexOf(known)
  return (twin < 0 ? known : latin.charAt(twin)).charCodeAt(0)
}

/** Class of each unit for a lexicon without letters of its own; copied, never changed, by those who have some. */
export function plainClasses(): Uint16Array {
  if (classes !== undefined) return classes
  const made = new Uint16Array(0x10000)
  for (let unit = 0; unit < 0x10000; unit++) made[unit] = classify(unit)
  for (const sign of maskSigns) made[sign.charCodeAt(0)] = maskSign
  for (const sign of digitLikes) made[sign.charCodeAt(0)] = digitLike
  classes = made
  return made
}

function classify(unit: number): number {
  if (unit >= 0xd800 && unit < 0xe000) return unit < 0xdc00 ? highSurrogate : lowSurrogate
  if (isInvisible(unit)) return invisible
  const character = String.fromCharCode(unit)
  if (/\s/.test(character)) return space
  if (scriptWithoutSpaces.test(character)) return ideograph
  const folded = foldedUnits()[unit] ?? unit
  return wordCharacter.test(String.fromCharCode(folded)) ? otherLetter : border
}

/** Zero width, direction, soft hyphen, variation selectors, tags, and marks drawn over a Latin letter. */
function isInvisible(unit: number): boolean {
  if (unit < 0x300) return unit === 0xad
  if (unit < 0x370 || unit === 0x34f || unit === 0x61c || unit === 0xfeff) return true
  if (unit >= 0x200b && unit <= 0x200f) return true
  if ((unit >= 0x202a && unit <= 0x202e) || (unit >= 0x2060 && unit <= 0x206f)) return true
  if (unit >= 0x1ab0 && unit < 0x1b00) return true
  return (unit >= 0x1dc0 && unit < 0x1e00) || (unit >= 0x20d0 && unit < 0x2100) || (unit >= 0xfe00 && unit < 0xfe30)
}

/**
 * The Latin letter that a pair of surrogates shows, such as those of mathematical bold, as the unit of the small letter;
 * 0: none.
 */
export function latinOfPair(high: number, low: number): number {
  if (high === 0xd835 && low >= 0xdc00 && low < 0xdea4) return 0x61 + ((low - 0xdc00) % 26)
  if (high !== 0xd83c) return 0
  if (low >= 0xdd30 && low < 0xdd4a) return 0x61 + low - 0xdd30
  if (low >= 0xdd50 && low < 0xdd6a) return 0x61 + low - 0xdd50
  return low >= 0xdd70 && low < 0xdd8a ? 0x61 + low - 0xdd70 : 0
}
