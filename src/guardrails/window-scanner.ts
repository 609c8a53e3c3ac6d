import type { Finding, TextScanner } from './guardrail.ts'

/** How a text is cut for a detector that judges stretches of it. */
export interface Windowing {
  /** Longest window without its context, UTF-16 units; at least 2. */
  readonly windowChars: number
  /** What of the text before it a window is judged with, UTF-16 units. */
  readonly contextChars: number
}

/**
 * Judges one window: `text` from `from` to `to`, with context before it; nothing stands behind `to`. Offsets of findings
 * are those of `text`. Pure. A finding about the window as a whole spans `from` to `to`.
 */
export type JudgeWindow = (text: string, from: number, to: number) => readonly Finding[]

/**
 * A scanner that judges windows. Where a window ends depends on the text alone: after the last end of a sentence or line
 * within `windowChars`, else after the last space, else at `windowChars`. A text that fits is one window, and so is a rest
 * that fits. `push` returns the end of the last window that was judged. No window and no context begins or ends inside a
 * surrogate pair.
 */
export function windowScanner(judge: JudgeWindow, windowing: Windowing): TextScanner {
  const { windowChars, contextChars } = windowing
  /** The text from `base` on: what is not judged yet, with context before it. */
  let kept = ''
  let base = 0
  /** Where the next window begins, in `kept`. */
  let from = 0

  function judgeTo(to: number, findings: Finding[]): void {
    const first = contextStart(kept, Math.max(0, from - contextChars))
    const found = judge(kept.slice(first, to), from - first, to - first)
    const shift = base + first
    for (const each of found) findings.push({ ...each, start: each.start + shift, end: each.end + shift })
    from = to
  }

  return {
    push(piece, findings) {
      kept += piece
      // Only a text that goes on behind the longest window shows where the window ends.
      while (kept.length - from > windowChars) judgeTo(windowEnd(kept, from, windowChars), findings)
      // One more than the context, to see whether it would begin inside a pair.
      const unused = from - contextChars - 1
      if (unused > windowChars) {
        kept = kept.slice(unused)
        base += unused
        from -= unused
      }
      return base + from
    },
    end(findings) {
      if (from < kept.length) judgeTo(kept.length, findings)
    },
  }
}

/** Where the window from `from` on ends when the text goes on behind `windowChars`. */
function windowEnd(text: string, from: number, windowChars: number): number {
  const longest = from + windowChars
  let space = -1
  for (let to = longest; to > from; to--) {
    const last = text.charCodeAt(to - 1)
    if (endsLine(last) || endsWideSentence(last)) return to
    if (!isSpace(last)) continue
    if (space === -1) space = to
    if (to - 2 >= from && endsSentence(text.charCodeAt(to - 2))) return to
  }
  if (space !== -1) return space
  return isHighSurrogate(text.charCodeAt(longest - 1)) ? longest - 1 : longest
}

/** Context that would begin with half a character begins behind it. */
function contextStart(text: string, start: number): number {
  return start > 0 && isLowSurrogate(text.charCodeAt(start)) ? start + 1 : start
}

const endsLine = (unit: number): boolean => unit === 10 || unit === 13 || unit === 0x20_28 || unit === 0x20_29
const isSpace = (unit: number): boolean => unit === 32 || unit === 9 || unit === 0xa0 || unit === 0x30_00
/** `.`, `!`, `?`, `…`, and those of Arabic, Urdu and Hindi: a sentence ends there when white space follows. */
const endsSentence = (unit: number): boolean =>
  unit === 46 ||
  unit === 33 ||
  unit === 63 ||
  unit === 0x20_26 ||
  unit === 0x06_1f ||
  unit === 0x06_d4 ||
  unit === 0x09_64
/** Chinese and Japanese set no white space behind theirs. */
const endsWideSentence = (unit: number): boolean =>
  unit === 0x30_02 || unit === 0xff_01 || unit === 0xff_1f || unit === 0xff_61
const isHighSurrogate = (unit: number): boolean => unit >= 0xd8_00 && unit <= 0xdb_ff
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc_00 && unit <= 0xdf_ff
