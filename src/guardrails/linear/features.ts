/**
 * Which features a text has: word 1-, 2- and 3-grams and character 3-, 4- and 5-grams, each hashed (FNV-1a over UTF-16
 * units, with a finaliser) into one of `2 ** log2Buckets` buckets. Digits count as one another, runs of space as one space.
 * An ideograph or kana is a word of its own, because those scripts do not put spaces between words.
 */

/** Characters beyond this are not read: callers judge windows, which are shorter. */
export const maxFeatureChars = 8192

/** Most buckets one text fills: three for its characters' n-grams, three for its words'. */
export const maxFeatures = 6 * (maxFeatureChars + 2)

const offsetBasis = 0x811c9dc5 | 0
const prime = 0x01000193
// Different beginnings keep a word and the same letters inside a longer one apart.
const wordSeed = 0x2f0b4c47
const pairSeed = 0x6a09e667
const tripleSeed = 0x3c6ef372

const separator = 0
const inWord = 1
const wordOfItsOwn = 2

let classes: Uint8Array | undefined

/** Class of each UTF-16 unit; made on first use, as it takes some milliseconds. */
function characterClasses(): Uint8Array {
  if (classes !== undefined) return classes
  const made = new Uint8Array(0x10000)
  const wordCharacter = /[\p{L}\p{N}\p{M}]/u
  const alone = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u
  for (let unit = 0; unit < 0x10000; unit++) {
    if (unit >= 0xd800 && unit < 0xe000) made[unit] = inWord
    else {
      const character = String.fromCharCode(unit)
      if (wordCharacter.test(character)) made[unit] = alone.test(character) ? wordOfItsOwn : inWord
    }
  }
  classes = made
  return made
}

/** Units of the text being read, space before and after; reused, because a call never gives way to another. */
const units = new Uint16Array(maxFeatureChars + 2)

/**
 * Writes the buckets of `text`, with repetitions, to `into` (at least `maxFeatures` long).
 * @param text normalised.
 * @returns how many it wrote. Linear, and allocates nothing.
 */
export function hashFeatures(text: string, log2Buckets: number, into: Uint32Array): number {
  const count = readUnits(text)
  const mask = 2 ** log2Buckets - 1
  const afterCharacters = hashCharacters(count, mask, into)
  return hashWords(count, mask, into, afterCharacters)
}

function readUnits(text: string): number {
  const length = Math.min(text.length, maxFeatureChars)
  units[0] = 0x20
  let count = 1
  for (let index = 0; index < length; index++) {
    let unit = text.charCodeAt(index)
    if (unit <= 0x20 || unit === 0xa0) {
      if (units[count - 1] === 0x20) continue
      unit = 0x20
    } else if (unit >= 0x31 && unit <= 0x39) unit = 0x30
    units[count++] = unit
  }
  if (units[count - 1] !== 0x20) units[count++] = 0x20
  return count
}

function hashCharacters(count: number, mask: number, into: Uint32Array): number {
  let written = 0
  for (let start = 0; start + 2 < count; start++) {
    let hash = Math.imul(offsetBasis ^ (units[start] ?? 0), prime)
    hash = Math.imul(hash ^ (units[start + 1] ?? 0), prime)
    hash = Math.imul(hash ^ (units[start + 2] ?? 0), prime)
    into[written++] = spread(hash) & mask
    if (start + 3 >= count) continue
    hash = Math.imul(hash ^ (units[start + 3] ?? 0), prime)
    into[written++] = spread(hash) & mask
    if (start + 4 >= count) continue
    hash = Math.imul(hash ^ (units[start + 4] ?? 0), prime)
    into[written++] = spread(hash) & mask
  }
  return written
}

function hashWords(count: number, mask: number, into: Uint32Array, from: number): number {
  const classOf = characterClasses()
  let written = from
  let word = wordSeed
  let one = 0
  let two = 0
  for (let index = 0; index < count; index++) {
    const unit = units[index] ?? 0
    const kind = classOf[unit] ?? separator
    if (kind === inWord) {
      word = Math.imul(word ^ unit, prime)
      continue
    }
    if (word !== wordSeed) {
      written = hashWord(word, one, two, mask, into, written)
      two = one
      one = word
      word = wordSeed
    }
    if (kind === wordOfItsOwn) {
      const alone = Math.imul(wordSeed ^ unit, prime)
      written = hashWord(alone, one, two, mask, into, written)
      two = one
      one = alone
    }
  }
  return written
}

function hashWord(word: number, one: number, two: number, mask: number, into: Uint32Array, from: number): number {
  let written = from
  into[written++] = spread(word) & mask
  if (one === 0) return written
  const pair = Math.imul(pairSeed ^ one, prime) ^ word
  into[written++] = spread(pair) & mask
  if (two === 0) return written
  into[written++] = spread(Math.imul(Math.imul(tripleSeed ^ two, prime) ^ one, prime) ^ word) & mask
  return written
}

/** Spreads the bits of a hash, whose low ones alone are poor. */
function spread(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
