import type { OutputRule } from '../prompts/validate-output.ts'
import type { AnswerText } from './answer-texts.ts'

/** An answer that does not meet its rule, in the words of whoever is told. */
interface VerdictMiss {
  /** The text that missed. */
  readonly said: string
  /** A clause about "the answer". */
  readonly problem: string
  /** For a person who reads an error. */
  readonly sentence: string
  /** A part of `x-promptbox-warning`, whose parts are separated by `; `. */
  readonly warning: string
}

export interface Verdict {
  /** null: there was nothing to check, or it missed. */
  readonly result: 'ok' | null
  readonly miss: VerdictMiss | null
}

/**
 * Every answer is checked, and the first that misses decides. One that calls a tool, refuses, or was filtered is none: it
 * is left alone, because the client is told by its finish reason.
 *
 * @param isTooLong it grew beyond what is kept, so that its texts are not whole.
 */
export function verdictOn(rule: OutputRule, texts: readonly AnswerText[], isTooLong = false): Verdict {
  let result: 'ok' | null = null
  for (const [index, { text, wasCut, isAnswer }] of texts.entries()) {
    if (!isAnswer) continue
    const problem = isTooLong ? 'is too long to be kept back and checked' : rule.check(text, wasCut)
    if (problem !== null) return { result: null, miss: missOf(text, problem, texts.length === 1 ? null : index + 1) }
    result = 'ok'
  }
  return { result, miss: null }
}

function missOf(said: string, problem: string, number: number | null): VerdictMiss {
  const which = number === null ? '' : ` (choice ${number})`
  return {
    said,
    problem,
    sentence: `The answer${which} ${problem}.`,
    warning: `the answer${which} ${problem}`.replaceAll('; ', ', '),
  }
}
