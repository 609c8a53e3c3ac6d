import { digits, isOf, lower, upper } from './alphabet.ts'

/** Shannon entropy of the characters, bits a character; 0 for an empty text. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let entropy = 0
  for (const count of counts.values()) {
    const share = count / text.length
    entropy -= share * Math.log2(share)
  }
  return entropy
}

/** How many of the kinds digit, lower case and upper case are in the text. */
export function kindsOfCharacters(text: string): number {
  let found = 0
  for (const alphabet of [digits, lower, upper]) {
    for (let at = 0; at < text.length; at++) {
      if (!isOf(alphabet, text.charCodeAt(at))) continue
      found++
      break
    }
  }
  return found
}

/** Whether there are small letters and capitals. */
export function hasBothCases(text: string): boolean {
  return text !== text.toLowerCase() && text !== text.toUpperCase()
}

/** Words with which authors of documentation say that a value is none. Each is too long to come up by chance. */
const words = [
  'example',
  'sample',
  'placeholder',
  'redacted',
  'changeme',
  'change_me',
  'change-me',
  'yourkey',
  'yourapi',
  'yoursecret',
  'yourtoken',
  'yourpassword',
  'my_secret',
  'my-secret',
  'dummy',
]

/** Shorter words say so when they stand alone. */
const shortWords = /(?:^|[_-])(?:your|fake|insert|replace|here)(?:[_-]|$)/

/** Whether this is what stands in documentation where a value would: a telling word, `xxxxxxxx`, `12345678`, `abcdefgh`. */
export function isPlaceholder(text: string): boolean {
  const folded = text.toLowerCase()
  return words.some((word) => folded.includes(word)) || shortWords.test(folded) || hasSequence(folded)
}

/** Longest run of one character or of rising ones that a random value may have. */
const longestSequence = 7

function hasSequence(text: string): boolean {
  let same = 1
  let rising = 1
  for (let at = 1; at < text.length; at++) {
    const step = text.charCodeAt(at) - text.charCodeAt(at - 1)
    same = step === 0 ? same + 1 : 1
    // `…7890…` goes on rising, as people type it.
    rising = step === 1 || (text[at - 1] === '9' && text[at] === '0') ? rising + 1 : 1
    if (same > longestSequence || rising > longestSequence) return true
  }
  return false
}
