const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * Goes through the strings of a JSON text that is an object, a list or a string, the names of members among them.
 *
 * Without `JSON.parse`, which takes its time over deep nesting: what is looked for is not whether the text is right to the
 * last comma, but that nothing in it lies outside of its strings that is not a number, a word of JSON or a sign.
 *
 * @param hear gets where each stands, its quotes included, and whether it is the name of a member.
 * @returns false when the text is none of these; some strings may have been heard before that is known.
 */
export function eachString(text: string, hear: (start: number, end: number, isName: boolean) => void): boolean {
  let depth = 0
  let position = skipWhitespace(text, 0)
  do {
    const code = text.charCodeAt(position)
    if (code === quote) {
      const end = stringEnd(text, position)
      if (end === -1) return false
      const after = skipWhitespace(text, end)
      hear(position, end, depth > 0 && text.charCodeAt(after) === colon)
      position = after
    } else if (code === openBrace || code === openBracket) {
      depth += 1
      position = skipWhitespace(text, position + 1)
    } else if (depth === 0) {
      return false
    } else if (code === closeBrace || code === closeBracket) {
      depth -= 1
      position = skipWhitespace(text, position + 1)
    } else {
      const end = plainEnd(text, position, code)
      if (end === -1) return false
      position = skipWhitespace(text, end)
    }
  } while (depth > 0)
  return position === text.length
}

/** The string that stands there, decoded; as it is written when its escapes are none of JSON's. */
export function stringAt(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1)
  if (!raw.includes('\\')) return raw
  try {
    return JSON.parse(text.slice(start, end)) as string
  } catch {
    return raw
  }
}

/** Index behind the closing quote of the string that begins at `start`; -1: it does not end. */
function stringEnd(text: string, start: number): number {
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end === -1) return -1
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before -= 1
    // An even number of backslashes escape each other and leave the quote alone.
    if ((end - before) % 2 === 1) return end + 1
  }
}

function skipWhitespace(text: string, start: number): number {
  let position = start
  for (;;) {
    const code = text.charCodeAt(position)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return position
    position += 1
  }
}

/** Index behind a sign, a number or a word of JSON; -1: it is something else, or the text is over. */
function plainEnd(text: string, start: number, code: number): number {
  if (code === comma || code === colon) return start + 1
  if (isOfNumber(code) && code !== 0x65 && code !== 0x45) {
    let end = start + 1
    while (isOfNumber(text.charCodeAt(end))) end += 1
    return end
  }
  for (const word of words) if (text.startsWith(word, start)) return start + word.length
  return -1
}

const words: readonly string[] = ['true', 'false', 'null']

/** Digits, signs, the point and the `e` of an exponent. */
function isOfNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2b || code === 0x2e || (code | 0x20) === 0x65
}
