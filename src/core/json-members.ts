/**
 * The top-level members of a JSON object as raw text. Requests are changed here without being serialised again, so that
 * big integers, number formats, escapes and white space of everything we do not touch reach the provider as the client
 * wrote them, and a 15 MB image costs one `indexOf` instead of a copy.
 *
 * Every function takes text that `JSON.parse` has already accepted; on other text it throws a plain Error (a defect of
 * the caller), never loops.
 */

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Where one member stands: `text.slice(keyStart, valueStart)` is `"key" :`, `text.slice(valueStart, valueEnd)` the raw value. */
interface MemberSpan {
  readonly name: string
  readonly keyStart: number
  readonly valueStart: number
  readonly valueEnd: number
}

/**
 * Raw JSON text of each top-level member, by decoded name (`"mod\u0065l"` is `model`). Of duplicates the last wins, as in
 * `JSON.parse`. A Map, so that a member called `__proto__` is a member like any other.
 */
export function topLevelMembers(text: string): Map<string, string> {
  const members = new Map<string, string>()
  for (const span of memberSpans(text)) members.set(span.name, text.slice(span.valueStart, span.valueEnd))
  return members
}

/**
 * The same text, byte for byte, but for the named members: a string replaces the value (at every duplicate of the key) or,
 * when there is no such member, is added as the last one; undefined takes the member out. Values are raw JSON text.
 */
export function spliceMembers(text: string, edits: ReadonlyMap<string, string | undefined>): string {
  if (edits.size === 0) return text
  const spans = memberSpans(text)
  const missing = new Map(edits)
  let result = ''
  let cursor = 0
  let anyKept = false
  let previousEnd = text.indexOf('{') + 1
  for (const [index, span] of spans.entries()) {
    const replacement = edits.get(span.name)
    if (replacement === undefined && !edits.has(span.name)) {
      anyKept = true
    } else if (replacement !== undefined) {
      result += text.slice(cursor, span.valueStart) + replacement
      cursor = span.valueEnd
      anyKept = true
      missing.delete(span.name)
    } else if (anyKept) {
      result += text.slice(cursor, previousEnd)
      cursor = span.valueEnd
    } else {
      // Nothing stands before it, so the comma to go is the one behind it.
      result += text.slice(cursor, span.keyStart)
      cursor = spans[index + 1]?.keyStart ?? span.valueEnd
    }
    previousEnd = span.valueEnd
  }
  result += text.slice(cursor, previousEnd)
  for (const [name, value] of missing) {
    if (value === undefined) continue
    result += `${anyKept ? ',' : ''}${JSON.stringify(name)}:${value}`
    anyKept = true
  }
  return result + text.slice(previousEnd)
}

/** An object of raw members, in their order. */
export function assembleObject(members: Iterable<readonly [string, string]>): string {
  let text = '{'
  for (const [name, value] of members) text += `${text.length === 1 ? '' : ','}${JSON.stringify(name)}:${value}`
  return `${text}}`
}

/** What stands between the brackets of a raw array, without outer white space; empty for an empty array. */
export function arrayInner(raw: string): string {
  return raw.slice(raw.indexOf('[') + 1, raw.lastIndexOf(']')).trim()
}

/** One raw array of the items of several (as `arrayInner` gives them); empty ones leave no trace. */
export function joinArrayInners(inners: readonly string[]): string {
  return `[${inners.filter((inner) => inner !== '').join(',')}]`
}

function memberSpans(text: string): MemberSpan[] {
  const spans: MemberSpan[] = []
  let position = skipWhitespace(text, 0)
  if (text.charCodeAt(position) !== openBrace) throw new Error('The text is not a JSON object')
  position = skipWhitespace(text, position + 1)
  while (text.charCodeAt(position) !== closeBrace) {
    const keyStart = position
    const keyEnd = stringEnd(text, keyStart)
    const colon = skipWhitespace(text, keyEnd)
    const valueStart = skipWhitespace(text, colon + 1)
    const valueEnd = skipValue(text, valueStart)
    spans.push({ name: decodeKey(text, keyStart, keyEnd), keyStart, valueStart, valueEnd })
    position = skipWhitespace(text, valueEnd)
    if (text.charCodeAt(position) === comma) position = skipWhitespace(text, position + 1)
  }
  return spans
}

function decodeKey(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1)
  return raw.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : raw
}

function skipWhitespace(text: string, start: number): number {
  let position = start
  for (;;) {
    const code = text.charCodeAt(position)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return position
    position++
  }
}

/** Index behind the closing quote of the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  if (text.charCodeAt(start) !== quote) throw new Error('The text is not JSON: a string was expected')
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end === -1) throw new Error('The text is not JSON: a string does not end')
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before--
    // An even number of backslashes escape each other and leave the quote alone.
    if ((end - before) % 2 === 1) return end + 1
  }
}

/** Index behind the value that begins at `start`. */
function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === quote) return stringEnd(text, start)
  if (first === openBrace || first === openBracket) return nestedEnd(text, start)
  let position = start
  while (position < text.length && !endsScalar(text.charCodeAt(position))) position++
  if (position === start || position === text.length) throw new Error('The text is not JSON: a value was expected')
  return position
}

function endsScalar(code: number): boolean {
  return code === comma || code === closeBrace || code === closeBracket || code <= 0x20
}

function nestedEnd(text: string, start: number): number {
  let depth = 0
  let position = start
  while (position < text.length) {
    const code = text.charCodeAt(position)
    if (code === quote) {
      position = stringEnd(text, position)
      continue
    }
    position++
    if (code === openBrace || code === openBracket) depth++
    else if (code === closeBrace || code === closeBracket) {
      depth--
      if (depth === 0) return position
    }
  }
  throw new Error('The text is not JSON: an object or array does not end')
}
