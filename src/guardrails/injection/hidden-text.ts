/** Text that a reader does not see and a model reads. */
export interface HiddenText {
  readonly start: number
  readonly end: number
  /** What it says; empty when that cannot be told. */
  readonly says: string
  /** How sure that somebody hides something, 0 to 1. */
  readonly score: number
}

const mayHide = /[\u200b-\u200f]|[\u2060-\u2064]|[\ufe00-\ufe0f]|\ufeff|\udb40/
const tags = /(?:\udb40[\udc00-\udc7f]){4,4000}/g
const selectors = /(?:[\ufe00-\ufe0f]|\udb40[\udd00-\uddef]){8,4000}/g
const zeroWidth = /[\u200b-\u200d\u2060-\u2064\ufeff]{16,4000}/g
/** A flag of a region is written with tags behind a black flag. */
const blackFlag = '\u{1f3f4}'
const mostFound = 8

/**
 * Runs of characters that nothing shows: Unicode tags and variation selectors that spell out text, long runs of zero-width
 * characters. What emoji, Persian and Indic text needs of them is shorter. Linear.
 */
export function hiddenTexts(text: string): HiddenText[] {
  if (!mayHide.test(text)) return []
  const found: HiddenText[] = []
  for (const match of text.matchAll(tags)) {
    if (found.length >= mostFound) return found
    const says = fromTags(match[0])
    const isFlag = text.slice(Math.max(0, match.index - 2), match.index) === blackFlag && match[0].length <= 14
    if (!isFlag && says.length >= 3) found.push({ ...span(match), says, score: 0.99 })
  }
  for (const match of text.matchAll(selectors)) {
    if (found.length >= mostFound) return found
    found.push({ ...span(match), says: fromSelectors(match[0]), score: 0.97 })
  }
  for (const match of text.matchAll(zeroWidth)) {
    if (found.length >= mostFound) return found
    found.push({ ...span(match), says: '', score: 0.9 })
  }
  return found
}

function span(match: RegExpExecArray): { start: number; end: number } {
  return { start: match.index, end: match.index + match[0].length }
}

/** Tags stand for ASCII, shifted. */
function fromTags(run: string): string {
  let says = ''
  for (let index = 1; index < run.length; index += 2) {
    const code = run.charCodeAt(index) - 0xdc00
    if (code >= 0x20 && code < 0x7f) says += String.fromCharCode(code)
  }
  return says
}

/** Selectors stand for bytes: the first sixteen in one block, the others in the next. */
function fromSelectors(run: string): string {
  const bytes: number[] = []
  for (let index = 0; index < run.length; index++) {
    const unit = run.charCodeAt(index)
    if (unit >= 0xfe00 && unit <= 0xfe0f) bytes.push(unit - 0xfe00)
    else if (unit >= 0xdd00 && unit <= 0xddef) bytes.push(unit - 0xdd00 + 16)
  }
  return Buffer.from(bytes).toString('utf8')
}
