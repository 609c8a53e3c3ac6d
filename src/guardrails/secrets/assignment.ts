import type { Anchored } from './anchored.ts'
import { entropyOf, isPlaceholder, kindsOfCharacters } from './randomness.ts'

const lookBackChars = 48
const leastChars = 8
const mostChars = 128
const leastEntropy = 3
const score = 0.6

/** `password = "…"`, `"api_key": "…"`, `TOKEN=…`: the name, what assigns, and quotation marks, right before a value. */
const assignment =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|auth)[a-z0-9_-]{0,16}["']? ?(?::=|=>|:|=){1,2} ?["'`]?$/

const endsValue = new Set(' \t\r\n"\'`<>{}()[],;')

/** The value of an assignment to something that is named like a secret, when it is random. `at`: a place in the value. */
export function findAssignment(text: string, at: number, from: number, to: number): Anchored | null {
  // A value may begin with characters that no word has.
  let start = at
  while (start > from && at - start < leastChars && isOfPassword(text.charAt(start - 1))) start--
  const before = text.slice(Math.max(0, start - lookBackChars), start).toLowerCase()
  if (!assignment.test(before)) return null
  let end = start
  while (end < to && end - start <= mostChars && !endsValue.has(text.charAt(end))) end++
  const value = text.slice(start, end)
  if (value.length < leastChars || value.length > mostChars || !isLikeSecret(value)) return null
  return { kind: 'generic_secret', start, end, score }
}

function isOfPassword(character: string): boolean {
  return '!@#$%^&*+~?.'.includes(character) && character !== ''
}

function isLikeSecret(value: string): boolean {
  // References to a value rather than one: `$TOKEN`, `%TOKEN%`, `process.env.TOKEN`, `config.get`, a file, a URL.
  if (/^[$%]|^[a-z_]\w*(?:\.[a-z_]\w*)+$|^\.{0,2}\/|:\/\//i.test(value)) return false
  if (!/\d/.test(value) || kindsOfCharacters(value) < 2 || isPlaceholder(value)) return false
  return entropyOf(value) >= leastEntropy
}
