/** One token of JSON after optional white space; the group that matched tells which. Strings are read by `stringEnd`. */
const token =
  /[ \t\n\r]*(?:(?<open>[{[])|(?<close>[}\]])|(?<comma>,)|(?<colon>:)|(?<string>")|(?<other>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true(?!\w)|false(?!\w)|null(?!\w)))/y
const escape = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y

type Expect = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end' | 'end of text' | 'string'

export interface JsonMistake {
  /** Characters from the start, from 0. */
  readonly offset: number
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** What should have stood there. */
  readonly expected: string
}

const wording: Record<Expect, string> = {
  value: 'a value',
  'value or end': 'a value or `]`',
  name: 'a name in double quotes',
  'name or end': 'a name in double quotes or `}`',
  colon: '`:`',
  'comma or end': '`,` or the end of the list or object',
  'end of text': 'nothing more',
  string: 'a string that is closed, with line breaks and backslashes escaped',
}

const mostTokens = 200_000

/**
 * Where a text stops being JSON. Engines word this differently, leave the place out at times, and quote the text, which may
 * hold secrets; so it is found here, without ever repeating the text. null: it is JSON after all, or the mistake stands behind
 * more tokens than are looked at, because the event loop waits meanwhile.
 */
export function findJsonMistake(text: string): JsonMistake | null {
  const open: string[] = []
  let expect: Expect = 'value'
  token.lastIndex = 0
  for (let tokens = 0; tokens < mostTokens; tokens++) {
    const start: number = token.lastIndex
    const groups = token.exec(text)?.groups
    if (groups === undefined) {
      const rest = skipSpace(text, start)
      return rest === text.length && expect === 'end of text' ? null : mistakeAt(text, rest, expect)
    }
    const next = step(groups, expect, open)
    if (next !== null && groups['string'] !== undefined) {
      const end = stringEnd(text, token.lastIndex)
      if (end === null) return mistakeAt(text, token.lastIndex - 1, 'string')
      token.lastIndex = end
    }
    if (next === null) return mistakeAt(text, skipSpace(text, start), expect)
    expect = next
  }
  return null
}

/** What may follow, or null when this token may not stand here. */
function step(groups: Record<string, string | undefined>, expect: Expect, open: string[]): Expect | null {
  const wantsValue = expect === 'value' || expect === 'value or end'
  const wantsName = expect === 'name' || expect === 'name or end'
  if (groups['open'] !== undefined) {
    if (!wantsValue) return null
    open.push(groups['open'])
    return groups['open'] === '{' ? 'name or end' : 'value or end'
  }
  if (groups['close'] !== undefined) {
    const opener = groups['close'] === '}' ? '{' : '['
    const allowed = expect === 'comma or end' || expect === (opener === '{' ? 'name or end' : 'value or end')
    if (!allowed || open.pop() !== opener) return null
    return afterValue(open)
  }
  if (groups['comma'] !== undefined) return expect !== 'comma or end' ? null : open.at(-1) === '{' ? 'name' : 'value'
  if (groups['colon'] !== undefined) return expect === 'colon' ? 'value' : null
  if (groups['string'] !== undefined && wantsName) return 'colon'
  return wantsValue ? afterValue(open) : null
}

function afterValue(open: readonly string[]): Expect {
  return open.length === 0 ? 'end of text' : 'comma or end'
}

/** Offset behind the closing quote. Unit by unit, because one pattern for a string of megabytes would exhaust its stack. */
function stringEnd(text: string, start: number): number | null {
  for (let offset = start; offset < text.length; offset++) {
    const unit = text.charAt(offset)
    if (unit === '"') return offset + 1
    if (unit < ' ') return null
    if (unit !== '\\') continue
    escape.lastIndex = offset
    if (!escape.test(text)) return null
    offset = escape.lastIndex - 1
  }
  return null
}

function skipSpace(text: string, from: number): number {
  let offset = from
  while (offset < text.length && ' \t\n\r'.includes(text.charAt(offset))) offset++
  return offset
}

function mistakeAt(text: string, offset: number, expect: Expect): JsonMistake {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { offset, line, column: offset - before.lastIndexOf('\n'), expected: wording[expect] }
}
