import { anyHex, base62, base64url, isOf, underscore } from './alphabet.ts'

const backslash = 0x5c
const percent = 0x25
const hyphen = 0x2d
const nameCharacters = base62 | underscore

/** Whether a token may begin at `start`: no name ends there, unless it is the end of an escape sequence. */
export function beginsToken(text: string, start: number): boolean {
  if (start === 0 || !isOf(base64url, text.charCodeAt(start - 1))) return true
  return [1, 2, 5].some((chars) => start > chars && escapeChars(text, start - chars) === chars)
}

/** Whether a token may end at `end`: neither a name nor a hyphenated word goes on there. */
export function endsToken(text: string, end: number, to: number): boolean {
  if (end >= to) return true
  const next = text.charCodeAt(end)
  if (isOf(nameCharacters, next)) return false
  return next !== hyphen || end + 1 >= to || !isOf(nameCharacters, text.charCodeAt(end + 1))
}

/** How many characters at `at` belong to an escape sequence that began right before them: `\n`, `\u003d`, `%3D`. */
export function escapeChars(text: string, at: number): number {
  const before = text.charCodeAt(at - 1)
  if (before === percent) return areHex(text, at, 2) ? 2 : 0
  if (before !== backslash) return 0
  if (text[at] === 'u') return areHex(text, at + 1, 4) ? 5 : 0
  const code = text.charAt(at)
  return code === 'n' || code === 'r' || code === 't' ? 1 : 0
}

function areHex(text: string, at: number, count: number): boolean {
  for (let place = at; place < at + count; place++) if (!isOf(anyHex, text.charCodeAt(place))) return false
  return true
}
