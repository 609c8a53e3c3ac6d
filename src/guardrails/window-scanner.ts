import type { Finding, TextScanner } from './guardrail.ts'

/** How a text is cut for a detector that judges stretches of it. */
export interface Windowing {
  /** Longest window without its context, characters. */
  readonly windowChars: number
  /** What of the text before it a window is judged with, characters. */
  readonly contextChars: number
}

/**
 * Judges one window: `text` from `from` to `to`, with context before it. Pure. A finding about the window as a whole spans
 * `from` to `to`.
 */
export type JudgeWindow = (text: string, from: number, to: number) => readonly Finding[]

/**
 * A scanner that judges windows. Where a window ends depends on the text alone: after the last end of a sentence or line
 * within `windowChars`, else after the last space, else at `windowChars`. A text that fits is one window.
 */
export declare function windowScanner(judge: JudgeWindow, windowing: Windowing): TextScanner
