import { classes, lexicon } from './lexicon.ts'

/** What the rules saw in one stretch of text: how strongly, as additions to a logit, and what it mostly was. */
export interface RuleHits {
  readonly override: boolean
  readonly reveal: boolean
  readonly secret: boolean
  /** Different words for being without rules, at most 8. */
  readonly unbound: number
  /** Different words against refusing and warning, at most 8. */
  readonly suppress: number
  readonly persona: boolean
  /** An order for a model in a text that it reads for somebody else. */
  readonly indirect: boolean
  /** Words of attacks in ROT13, or written backwards. */
  readonly rotated: boolean
  readonly reversed: boolean
}

const prime = 0x01000193
const wordSeed = 0x2f0b4c47
const stemSeed = 0x51ed270b
const stemLetters = 6
/** How far apart the words of one rule may stand, characters. */
const overrideReach = 64
const revealReach = 56

const tableSize = 8192
const keys = new Int32Array(tableSize)
const bits = new Int32Array(tableSize)
let filled = false

/** Letters of each UTF-16 unit: 0 none, 1 part of a word, 2 a word of its own. */
let kinds: Uint8Array | undefined

function kindsOfUnits(): Uint8Array {
  if (kinds !== undefined) return kinds
  const made = new Uint8Array(0x10000)
  const letter = /[\p{L}\p{N}\p{M}'’]/u
  const alone = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー]/u
  for (let unit = 0; unit < 0x10000; unit++) {
    const character = String.fromCharCode(unit)
    if (unit < 0xd800 || unit >= 0xe000) made[unit] = alone.test(character) ? 2 : letter.test(character) ? 1 : 0
  }
  kinds = made
  return made
}

function fill(): void {
  for (const [name, list] of Object.entries(lexicon))
    for (const phrase of list.split('|')) put(hashPhrase(phrase), classes[name as keyof typeof classes])
  filled = true
}

function put(key: number, bit: number): void {
  let slot = key & (tableSize - 1)
  while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & (tableSize - 1)
  keys[slot] = key
  bits[slot] = (bits[slot] ?? 0) | bit
}

function find(key: number): number {
  let slot = key & (tableSize - 1)
  for (;;) {
    const found = keys[slot] ?? 0
    if (found === key) return bits[slot] ?? 0
    if (found === 0) return 0
    slot = (slot + 1) & (tableSize - 1)
  }
}

/** The key of a phrase as the scan below makes it of the words of a text. */
function hashPhrase(phrase: string): number {
  const kindOf = kindsOfUnits()
  const words: number[] = []
  let word = wordSeed
  for (let index = 0; index <= phrase.length; index++) {
    const unit = index < phrase.length ? phrase.charCodeAt(index) : 0x20
    if (phrase[index] === '~') return finish(Math.imul(stemSeed ^ word, prime))
    const kind = kindOf[unit] ?? 0
    if (kind === 1) {
      word = Math.imul(word ^ unit, prime)
      continue
    }
    if (word !== wordSeed) words.push(word)
    word = wordSeed
    if (kind === 2) words.push(Math.imul(wordSeed ^ unit, prime))
  }
  const [one = 0, two, three] = words
  if (two === undefined) return finish(one)
  return finish(three === undefined ? join(one, two) : join(join(one, two), three))
}

function join(one: number, two: number): number {
  return Math.imul(Math.imul(one, prime) ^ two, prime) ^ (one >>> 7)
}

/** Never 0, which marks an empty slot, and with low bits that depend on all others. */
function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return mixed ^ (mixed >>> 13) || 1
}

const everythingBefore = classes.override | classes.earlier | classes.everything
const indirectBits = classes.address | classes.machine | classes.untold | classes.duty
const bitCount = Object.keys(classes).length

/** Where a class was last seen, by bit number; far before the text: nowhere yet. */
const last = new Int32Array(bitCount)
const nowhere = -1_000_000

/**
 * Looks for attacks by what words stand close together, in some forty languages.
 * @param text normalised. Linear; allocates one small object.
 */
export function lexicalRules(text: string): RuleHits {
  if (!filled) fill()
  last.fill(nowhere)
  seenKeys = 0
  const state: State = { ...nothing }
  const kindOf = kindsOfUnits()
  let word = wordSeed
  let letters = 0
  let stem = 0
  let one = 0
  let two = 0
  const length = text.length
  for (let index = 0; index <= length; index++) {
    const unit = index < length ? text.charCodeAt(index) : 0x20
    const kind = kindOf[unit] ?? 0
    if (kind === 1) {
      word = Math.imul(word ^ unit, prime)
      if (++letters === stemLetters) stem = word
      continue
    }
    if (letters > 0) {
      take(word, one, two, letters >= stemLetters ? Math.imul(stemSeed ^ stem, prime) : 0, index, state)
      two = one
      one = word
      word = wordSeed
      letters = 0
    }
    if (kind === 2) {
      const alone = Math.imul(wordSeed ^ unit, prime)
      take(alone, one, two, 0, index, state)
      two = one
      one = alone
    }
  }
  return state
}

const nothing: RuleHits = {
  override: false,
  reveal: false,
  secret: false,
  unbound: 0,
  suppress: 0,
  persona: false,
  indirect: false,
  rotated: false,
  reversed: false,
}

type State = { -readonly [Key in keyof RuleHits]: RuleHits[Key] }

const seen = new Int32Array(16)
let seenKeys = 0

function take(word: number, one: number, two: number, stem: number, at: number, state: State): void {
  const own = finish(word)
  const pair = one === 0 ? 0 : finish(join(one, word))
  const triple = two === 0 ? 0 : finish(join(join(two, one), word))
  const found =
    find(own) |
    (stem === 0 ? 0 : find(finish(stem))) |
    (pair === 0 ? 0 : find(pair)) |
    (triple === 0 ? 0 : find(triple))
  if (found === 0) return
  for (let bit = 0; bit < bitCount; bit++) if ((found & (1 << bit)) !== 0) last[bit] = at
  judge(found, at, state)
  if ((found & (classes.unbound | classes.suppress)) !== 0) count(found, own ^ pair, state)
}

function near(bit: number, at: number, reach: number): boolean {
  return at - (last[bit] ?? nowhere) <= reach
}

function judge(found: number, at: number, state: State): void {
  if ((found & 0b1111) !== 0 && near(0, at, overrideReach) && near(3, at, overrideReach))
    if (near(1, at, overrideReach) || near(2, at, overrideReach)) state.override = true
  if ((found & everythingBefore) !== 0 && near(0, at, 40) && near(1, at, 40) && near(14, at, 40)) state.override = true
  if ((found & 0b110000) !== 0 && near(4, at, revealReach) && near(5, at, revealReach)) state.reveal = true
  if ((found & 0b1010000) !== 0 && near(4, at, 40) && near(6, at, 40)) state.secret = true
  if ((found & classes.persona) !== 0) state.persona = true
  if ((found & classes.rotated) !== 0) state.rotated = true
  if ((found & classes.reversed) !== 0) state.reversed = true
  if ((found & indirectBits) !== 0 && near(11, at, 100)) {
    if (near(12, at, 100) && near(13, at, 100)) state.indirect = true
    if (near(10, at, 100) && (near(12, at, 100) || (near(13, at, 60) && near(0, at, 100)))) state.indirect = true
  }
}

/** Counts a word of these classes once. */
function count(found: number, key: number, state: State): void {
  for (let index = 0; index < seenKeys; index++) if (seen[index] === key) return
  if (seenKeys < seen.length) seen[seenKeys++] = key
  if ((found & classes.unbound) !== 0 && state.unbound < 8) state.unbound++
  if ((found & classes.suppress) !== 0 && state.suppress < 8) state.suppress++
}
