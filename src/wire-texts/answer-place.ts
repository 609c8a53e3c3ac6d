import { Fault } from '../core/fault.ts'
import type { JsonValue } from '../core/json.ts'
import { deepestNesting, isNestedDeeper } from '../core/nesting.ts'
import { mapJsonText, mapJsonValue } from './leaves.ts'

/** `arguments` of a call are JSON, which a program reads; `input` is what a tool is called with in plain text, such as code. */
export type AnswerField = 'content' | 'reasoning' | 'refusal' | 'arguments' | 'input'

/** Where in an answer a text stands. */
export interface AnswerPlace {
  /** Index of the choice; 0 where an answer is only one. */
  readonly choice: number
  /**
   * Tells texts apart that have nothing to do with each other: `0/content`, `0/tool_calls/1/arguments`,
   * `output/2/content/0`, `content/1/text`. The same in a stream and in a whole answer. Only the strings in the arguments
   * of one call share theirs.
   */
  readonly channel: string
  readonly field: AnswerField
  /** It never comes in pieces: in a stream it is over with the event that brings it. */
  readonly isWhole?: boolean
}

/** Gives back what is to stand in place of the text. */
export type VisitAnswerText = (text: string, place: AnswerPlace) => string

/** How an answer, or one event of it, is gone through. */
export interface Look {
  readonly visit: VisitAnswerText
  /**
   * `strings`: arguments are visited string by string. `raw`: as the model wrote them, which is how they come in pieces and
   * how the events repeat them.
   */
  readonly argumentsAs: 'strings' | 'raw'
  /** How many whole texts there were, by where they stand; so that those of a stream are counted over all of its events. */
  readonly counts?: Map<string, number>
}

/**
 * Arguments of a call: JSON as a text, or the value itself.
 *
 * @throws Fault `upstream_error` for a value that is nested too deeply.
 */
export function lookAtArguments(written: JsonValue, place: AnswerPlace, look: Look): JsonValue {
  if (typeof written !== 'string') {
    requireLookable(written)
    // What stands in a value is no JSON any more.
    const inside: AnswerPlace = look.argumentsAs === 'raw' ? { ...place, field: 'input' } : place
    return mapJsonValue(written, (text) => look.visit(text, inside))
  }
  const visit = (text: string): string => look.visit(text, place)
  if (look.argumentsAs === 'strings') return mapJsonText(written, visit)
  return written === '' ? written : visit(written)
}

/** @throws Fault `upstream_error` when what a provider sent is nested too deeply to be looked through and written again. */
export function requireLookable(value: JsonValue): void {
  if (!isNestedDeeper(value)) return
  throw new Fault(
    'upstream_error',
    `The provider answered with JSON that is nested deeper than ${deepestNesting} levels, in which no text can be looked at.`,
  )
}
