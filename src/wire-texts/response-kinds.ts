import type { JsonObject } from '../core/json.ts'
import type { AnswerField } from './answer-place.ts'
import { indexIn } from './members.ts'

/** A text of a response that comes in `….delta` events and is repeated in a `….done`. */
export interface TextKind {
  /** Where in its item it stands; with the number of the part that `index` names. */
  readonly place: string
  readonly index: 'content_index' | 'summary_index' | null
  readonly field: AnswerField
  /** Member of the `….done` event that has the whole text; null: it is not known. */
  readonly whole: string | null
}

const inContent = { place: 'content', index: 'content_index' } as const
const written = { index: null, field: 'arguments' } as const
const plain = { index: null, field: 'input' } as const

/** By the type of its events, without their last word. */
const kinds: Readonly<Record<string, TextKind>> = {
  'response.output_text': { ...inContent, field: 'content', whole: 'text' },
  'response.refusal': { ...inContent, field: 'refusal', whole: 'refusal' },
  'response.reasoning_text': { ...inContent, field: 'reasoning', whole: 'text' },
  'response.reasoning_summary_text': {
    place: 'summary',
    index: 'summary_index',
    field: 'reasoning',
    whole: 'text',
  },
  'response.function_call_arguments': { ...written, place: 'arguments', whole: 'arguments' },
  'response.mcp_call_arguments': { ...written, place: 'arguments', whole: 'arguments' },
  'response.custom_tool_call_input': { ...plain, place: 'input', whole: 'input' },
  'response.code_interpreter_call_code': { ...plain, place: 'code', whole: 'code' },
}

/** Deltas that are bytes, not text. */
const bytes: ReadonlySet<string> = new Set(['response.audio', 'response.output_audio'])

/** The kind of text that events of this name are about; null for bytes. One that is not known is a text like any other. */
export function textKind(base: string): TextKind | null {
  if (bytes.has(base)) return null
  if (Object.hasOwn(kinds, base)) return kinds[base] ?? null
  return { place: base, index: null, field: 'content', whole: null }
}

/** The channel of an event that is about one text. */
export function channelOfEvent(event: JsonObject, kind: TextKind): string {
  const base = `output/${indexIn(event, 'output_index')}/${kind.place}`
  return kind.index === null ? base : `${base}/${indexIn(event, kind.index)}`
}

/** Names of the events that tell that a part is over: of its text, and of the part itself; and where its text stands. */
export interface PartKind {
  readonly text: string
  readonly part: string
  readonly member: 'text' | 'refusal'
}

/** null: a part that does not come in pieces. */
export function partKind(type: unknown): PartKind | null {
  switch (type) {
    case 'output_text':
      return { text: 'response.output_text', part: 'response.content_part', member: 'text' }
    case 'refusal':
      return { text: 'response.refusal', part: 'response.content_part', member: 'refusal' }
    case 'reasoning_text':
      return { text: 'response.reasoning_text', part: 'response.content_part', member: 'text' }
    case 'summary_text':
      return { text: 'response.reasoning_summary_text', part: 'response.reasoning_summary_part', member: 'text' }
    case undefined:
    default:
      return null
  }
}
