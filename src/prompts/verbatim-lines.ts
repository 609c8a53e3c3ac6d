/** One line of a text. */
export interface Line {
  /** Without its line break. */
  readonly text: string
  readonly start: number
  /** Before the line break, and before the carriage return of a line that ends in one. */
  readonly end: number
  /** Behind the line break. */
  readonly next: number
  /** Nothing but spaces and tabs. */
  readonly blank: boolean
}

/** The lines of a text, in order; the last one is what stands behind the last line break, maybe nothing. */
export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = []
  for (let start = 0; ;) {
    const feed = text.indexOf('\n', start)
    const next = feed === -1 ? text.length : feed + 1
    const beforeFeed = feed === -1 ? text.length : feed
    const end = feed > start && text[feed - 1] === '\r' ? feed - 1 : beforeFeed
    const line = text.slice(start, end)
    lines.push({ text: line, start, end, next, blank: !/[^ \t]/.test(line) })
    if (feed === -1) return lines
    start = next
  }
}

/**
 * Which lines are code or the like by what stands in them or around them: fenced and indented code, HTML whose white space
 * shows, tables with bars. They stay as they are, byte for byte. Where markdown can be read in two ways, a line stays that
 * is code in either.
 */
export function codeLines(text: string, lines: readonly Line[]): readonly boolean[] {
  const code = lines.map((line) => !line.blank && looksLikeCode(line.text))
  for (const reading of readingsOf(text, lines)) markBlocks(text, lines, reading, code)
  markBlanksInCode(lines, code)
  return code
}

/** By itself: an indented line, also behind the marker of a list or quotation; a line with the bar of a table. */
function looksLikeCode(line: string): boolean {
  return (
    line.includes('|') || /^ {0,3}\t|^ {4}/.test(line) || /(?:^|[ \t>])(?:[-+*>]|\d{1,9}[.)])(?: {5}| *\t)/.test(line)
  )
}

/** Points on which readers of markdown differ, or that only a whole parser could decide. */
interface Reading {
  /** A fence may stand deeper than three spaces, as in lists. */
  readonly deep: boolean
  /** The quotation or list item around a fence ends it. */
  readonly contained: boolean
  /** Raw HTML hides fences. */
  readonly html: boolean
}

/** All that make a difference for this text; mostly that is one, or none. */
function readingsOf(text: string, lines: readonly Line[]): readonly Reading[] {
  const fences = lines.flatMap((line) => (hasFence(line.text) ? [fenceStart.exec(line.text)?.[1] ?? ''] : []))
  const raw = hasRaw(text)
  if (fences.length === 0 && !raw) return []
  const either = [true, false]
  const deeps = fences.some(isDeep) ? either : [true]
  const containeds = fences.some((before) => before.trim() !== '') ? either : [true]
  const htmls = raw && fences.length > 0 ? either : [raw]
  return deeps.flatMap((deep) =>
    containeds.flatMap((contained) => htmls.map((html): Reading => ({ deep, contained, html }))),
  )
}

function isDeep(before: string): boolean {
  return /^ {4}|\t/.test(before)
}

interface Block {
  /** The last line of it. */
  readonly isEnd: (line: string) => boolean
  /** Already none of it. */
  readonly isBehind: (line: string) => boolean
}

/** From the line that begins fenced code or raw HTML to the line that ends it, or to the end of the text. */
function markBlocks(text: string, lines: readonly Line[], reading: Reading, code: boolean[]): void {
  const closings = reading.html ? lastClosings(text) : null
  let block = null as Block | null
  for (const [index, line] of lines.entries()) {
    if (block?.isBehind(line.text) === true) block = null
    if (block === null) {
      block = fenceOf(line.text, reading) ?? (closings === null ? null : rawOf(line, closings))
      if (block !== null || hasRaw(line.text)) code[index] = true
    } else {
      code[index] = true
      if (block.isEnd(line.text)) block = null
    }
  }
}

const fenceStart = /^([ \t]*(?:(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]))[ \t]*)*)(`{3,}|~{3,})([^]*)$/
const fenceEnd = /^((?:[ \t]*>)*[ \t]*)(`{3,}|~{3,})[ \t]*$/

function hasFence(text: string): boolean {
  return text.includes('```') || text.includes('~~~')
}

function fenceOf(line: string, { deep, contained }: Reading): Block | null {
  const opening = hasFence(line) ? fenceStart.exec(line) : null
  const [, before = '', run = '', info = ''] = opening ?? []
  // Three backticks with more of them behind are code within a line.
  if (opening === null || (run.startsWith('`') && info.includes('`'))) return null
  if (!deep && isDeep(before)) return null
  const isQuoted = before.includes('>')
  const inItem = !isQuoted && before.trim() !== ''
  return {
    isEnd: (candidate) => {
      const [, indent = '', close = ''] = (hasFence(candidate) ? fenceEnd.exec(candidate) : null) ?? []
      return close.startsWith(run) && indent.length <= before.length + 3
    },
    isBehind: (candidate) => {
      if (!contained) return false
      if (isQuoted) return !/^[ \t]*>/.test(candidate)
      return inItem && candidate.trim() !== '' && candidate.search(/[^ \t]/) < before.length
    },
  }
}

const elements = 'pre|script|style|textarea|code'
const rawStart = new RegExp(`<(?:(?:${elements})(?![\\w-])|!\\[CDATA\\[|!--)`, 'i')
const rawEnd = new RegExp(`</(?:${elements})(?![\\w-])|\\]\\]>|-->`, 'gi')

function hasRaw(text: string): boolean {
  return text.includes('<') && rawStart.test(text)
}

/** Where each end mark of raw HTML stands last. */
function lastClosings(text: string): ReadonlyMap<string, number> {
  const last = new Map<string, number>()
  for (const found of text.matchAll(rawEnd)) last.set(found[0].toLowerCase(), found.index)
  return last
}

/** An element open at the end of the line that ends further down; at the beginning of a line also one that never ends. */
function rawOf({ text, start }: Line, closings: ReadonlyMap<string, number>): Block | null {
  if (!hasRaw(text)) return null
  let open: string | null = null
  for (const found of text.matchAll(rawMark)) {
    const mark = found[0].toLowerCase()
    if (open !== null) {
      if (mark === open) open = null
      continue
    }
    if (!rawStart.test(mark)) continue
    const end = endOf(mark)
    const isBlock = /^ {0,3}$/.test(text.slice(0, found.index))
    if (isBlock || (closings.get(end) ?? -1) > start + found.index) open = end
  }
  if (open === null) return null
  const end = open
  return {
    isEnd: (candidate) => [...candidate.matchAll(rawEnd)].some((found) => found[0].toLowerCase() === end),
    isBehind: () => false,
  }
}

const rawMark = new RegExp(`${rawStart.source}|${rawEnd.source}`, 'gi')

function endOf(mark: string): string {
  if (mark === '<!--') return '-->'
  return mark.startsWith('<!') ? ']]>' : `</${mark.slice(1)}`
}

/**
 * Two lines, one below the other, with words behind a gap that begin or end at the same column, or with tabs inside: a table
 * without bars.
 */
export function columnLines(lines: readonly Line[]): readonly boolean[] {
  const columns = lines.map(() => false)
  let above = nowhere
  for (const [index, line] of lines.entries()) {
    const here = /[ \t]{2}|\t/.test(line.text) ? columnsOf(line.text) : nowhere
    if (overlap(above, here)) {
      columns[index - 1] = true
      columns[index] = true
    }
    above = here
  }
  return columns
}

const nowhere: ReadonlySet<number> = new Set()
/** Stands for "has a tab inside". */
const tabInside = -1

/** Where words begin (even numbers) and end (odd ones) that stand behind a gap of two or more inside the line. */
function columnsOf(line: string): ReadonlySet<number> {
  const columns = new Set<number>()
  const gap = /([ \t]+)([^ \t]+)/g
  gap.lastIndex = contentStart(line)
  for (const { index, 1: space = '', 2: word = '' } of line.matchAll(gap)) {
    if (space.includes('\t')) columns.add(tabInside)
    else if (space.length > 1) columns.add((index + space.length) * 2).add((index + space.length + word.length) * 2 + 1)
  }
  return columns
}

function overlap(left: ReadonlySet<number>, right: ReadonlySet<number>): boolean {
  for (const each of right) if (left.has(each)) return true
  return false
}

/** Blank lines between two lines of indented code belong to it. */
function markBlanksInCode(lines: readonly Line[], code: boolean[]): void {
  for (let index = 0; index < lines.length; index++) {
    if (lines[index]?.blank !== true) continue
    const first = index
    while (lines[index + 1]?.blank === true) index++
    if (code[first - 1] !== true || code[index + 1] !== true) continue
    code.fill(true, first, index + 1)
  }
}

/** What begins a line and says what it is: its indentation, the markers of quotations and lists, the space behind them. */
const lineStart = /(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t])))*[ \t]*/y

/** Where in a line its own words begin. */
export function contentStart(line: string): number {
  lineStart.lastIndex = 0
  lineStart.test(line)
  return lineStart.lastIndex
}

export function isSpace(text: string, position: number): boolean {
  const code = text.charCodeAt(position)
  return code === 0x20 || code === 0x09
}
