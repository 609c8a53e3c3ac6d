/** How alike two texts are, by their words, in any script. */

/** By default a longer text is judged by its beginning. */
const longestRead = 2_000

/** Scripts that put no space between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu

/** Words of three letters and more; of scripts without spaces between words, each pair of neighbouring characters. */
export function wordsOf(text: string, longest = longestRead): ReadonlySet<string> {
  const read = text.slice(0, longest).normalize('NFKC').toLowerCase()
  const spaced = read.replaceAll(unspaced, ' ').match(/[\p{L}\p{M}\p{N}]{3,}|\p{Script=Hangul}{2}/gu) ?? []
  const words = new Set<string>(spaced)
  for (const run of read.match(unspaced) ?? []) for (const pair of pairsOf(run)) words.add(pair)
  return words
}

function pairsOf(run: string): readonly string[] {
  const characters = Array.from(run)
  if (characters.length === 1) return characters
  return characters.slice(1).map((character, at) => `${characters[at] ?? ''}${character}`)
}

/** Share of the words of the shorter text that are in the other, 0 to 1. */
export function overlap(left: string, right: string): number {
  const [first, second] = [wordsOf(left), wordsOf(right)]
  const smaller = Math.min(first.size, second.size)
  if (smaller === 0) return left.trim() === right.trim() ? 1 : 0
  return sharedOf(first, second) / smaller
}

/** Twice what they share over what they have together, 0 to 1: a short text is not like every long one that has its words. */
export function likeness(first: ReadonlySet<string>, second: ReadonlySet<string>): number {
  const total = first.size + second.size
  return total === 0 ? 0 : (2 * sharedOf(first, second)) / total
}

/** Share of the words of the first that are in the second, both as a whole, 0 to 1; 1 for a text without words. */
export function keptShare(before: string, after: string): number {
  const words = wordsOf(before, before.length)
  return words.size === 0 ? 1 : sharedOf(words, wordsOf(after, after.length)) / words.size
}

function sharedOf(first: ReadonlySet<string>, second: ReadonlySet<string>): number {
  let shared = 0
  for (const word of first) if (second.has(word)) shared += 1
  return shared
}
