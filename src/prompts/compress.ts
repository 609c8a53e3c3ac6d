import { type Span, jsonInText } from './json-in-text.ts'
import { type Line, codeLines, columnLines, contentStart, isSpace, linesOf } from './verbatim-lines.ts'

/**
 * The same text with less white space, for a model that pays by the token: runs of spaces and tabs inside a line become one
 * space, spaces at the end of a line go, three or more blank lines become one. Words, their order and the lines stay, and so
 * does whatever markdown reads: indentation, list markers, the two spaces of a line break. Left as they are, byte for byte:
 * code (fenced, indented, inline), JSON, tags, `<pre>` and the like, tables.
 *
 * Doing it twice changes nothing more, and the result is never longer. Time is linear in the length of the text.
 */
export function compressText(text: string): string {
  if (!worthALook.test(text) || loneReturn.test(text) || isJsonString(text)) return text
  const json = jsonInText(text)
  if (json === null) return text
  const lines = linesOf(text)
  const code = codeLines(text, lines)
  const columns = columnLines(lines)
  const kept = new Kept([...json, ...inlineCode(text, lines, code), ...tagsIn(text)])
  let result = ''
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]
    if (line === undefined) break
    if (code[index] === true || columns[index] === true) {
      result += text.slice(line.start, line.next)
    } else if (!line.blank) {
      const followed = lines[index + 1]?.blank === false
      result += compressLine(text, line, kept, followed) + text.slice(line.end, line.next)
    } else {
      const first = index
      while (lines[index + 1]?.blank === true && code[index + 1] !== true) index++
      result += compressBlanks(text, lines.slice(first, index + 1), kept)
    }
  }
  return result
}

/** Two spaces, a space at the end of a line, or three line breaks in a row: without one of them there is nothing to do. */
const worthALook = /[ \t]{2}|[ \t]\r?(?:\n|$)|\n[ \t]*\r?\n[ \t]*\r?\n/

/** Where it breaks a line and where it does not is anybody's guess. */
const loneReturn = /\r(?!\n)/

function isJsonString(text: string): boolean {
  if (!/^\s*"/.test(text)) return false
  try {
    return typeof JSON.parse(text) === 'string'
  } catch {
    // A text that begins with a quotation.
    return false
  }
}

function compressLine(text: string, line: Line, kept: Kept, followed: boolean): string {
  const { start, end } = line
  if (!/[ \t]{2}|[ \t]$/.test(line.text)) return line.text
  let position = start + contentStart(line.text)
  let result = text.slice(start, position)
  while (position < end) {
    const word = position
    while (position < end && !isSpace(text, position)) position++
    const gap = position
    while (position < end && isSpace(text, position)) position++
    result += text.slice(word, gap)
    if (kept.covers(gap)) result += text.slice(gap, position)
    else if (position === end) result += lineEnd(text, start, gap, end, followed)
    else result += position - gap > 1 ? ' ' : text.slice(gap, position)
  }
  return result
}

/** What is left of the white space that ends a line at `gap`. */
function lineEnd(text: string, start: number, gap: number, end: number, followed: boolean): string {
  // Two spaces before a line that follows break the line.
  if (followed && end - gap > 1 && text.endsWith('  ', end)) return '  '
  let slashes = gap
  while (slashes > start && text[slashes - 1] === '\\') slashes--
  // A backslash at the very end would break it too, and does not yet.
  return end > gap && (gap - slashes) % 2 === 1 ? (text[gap] ?? '') : ''
}

/** Three or more become one; fewer stay, without their spaces. What stands behind the last line break is no line. */
function compressBlanks(text: string, lines: readonly Line[], kept: Kept): string {
  const [first] = lines
  const last = lines.at(-1)
  if (first === undefined || last === undefined) return ''
  if (kept.covers(first.start)) return text.slice(first.start, last.next)
  const breaks = lines.map(({ end, next }) => text.slice(end, next)).filter((lineBreak) => lineBreak !== '')
  return breaks.length >= 3 ? (breaks[0] ?? '') : breaks.join('')
}

const mayStartBlock = /^[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)]|#{1,6})(?:[ \t]|$))/

/**
 * Code inside paragraphs: between a run of backticks and the next run of the same length in the same paragraph. Linear: who
 * has a partner is found in one pass from the end.
 */
function inlineCode(text: string, lines: readonly Line[], code: readonly boolean[]): Span[] {
  const spans: Span[] = []
  if (!text.includes('`')) return spans
  let runs: Span[] = []
  for (const [index, line] of lines.entries()) {
    const isBoundary = line.blank || code[index] === true
    if (isBoundary || mayStartBlock.test(line.text)) {
      pairUp(text, runs, spans)
      runs = []
    }
    if (!isBoundary) for (const run of backtickRuns(line)) runs.push(run)
  }
  pairUp(text, runs, spans)
  return spans
}

function backtickRuns({ text, start }: Line): Span[] {
  return Array.from(text.matchAll(/`+/g), ({ index, 0: run }) => ({
    start: start + index,
    end: start + index + run.length,
  }))
}

function pairUp(text: string, runs: readonly Span[], spans: Span[]): void {
  const nextOfLength = new Map<number, number>()
  const partners: (number | undefined)[] = []
  for (let index = runs.length - 1; index >= 0; index--) {
    const { start, end } = runs[index] as Span
    // An escaped backtick does not open; those behind it do.
    partners[index] = nextOfLength.get(end - start - (isEscaped(text, start) ? 1 : 0))
    nextOfLength.set(end - start, index)
  }
  for (let index = 0; index < runs.length;) {
    const partner = partners[index]
    if (partner !== undefined) spans.push({ start: (runs[index] as Span).start, end: (runs[partner] as Span).end })
    index = (partner ?? index) + 1
  }
}

function isEscaped(text: string, position: number): boolean {
  let slashes = position
  while (text[slashes - 1] === '\\') slashes--
  return (position - slashes) % 2 === 1
}

/** Tags on one line, whose attributes may hold anything. */
function tagsIn(text: string): Span[] {
  return Array.from(text.matchAll(/<[A-Za-z/!?][^<>\n]*>/g), ({ index, 0: tag }) => ({
    start: index,
    end: index + tag.length,
  }))
}

/** Stretches that stay as they are. Asked from the beginning of the text to its end. */
class Kept {
  readonly #spans: readonly Span[]
  #next = 0
  #end = 0

  constructor(spans: readonly Span[]) {
    this.#spans = spans.toSorted((left, right) => left.start - right.start)
  }

  /** Whether the character here lies in one; positions must not go back. */
  covers(position: number): boolean {
    for (let span = this.#spans[this.#next]; span !== undefined && span.start <= position;) {
      this.#end = Math.max(this.#end, span.end)
      this.#next += 1
      span = this.#spans[this.#next]
    }
    return position < this.#end
  }
}
