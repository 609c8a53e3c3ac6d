import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import type { Operation } from '../core/operation.ts'
import type { AnswerChunk } from '../providers/provider.ts'

/** One of the answers that a request got: a choice, the output of a response, a message. */
export interface AnswerText {
  readonly text: string
  /** The model was stopped at its limit of tokens. */
  readonly wasCut: boolean
  /** Said in full, as an answer: it calls no tool, refuses nothing, and no filter took anything out of it. */
  readonly isAnswer: boolean
}

interface Reading {
  text: string
  wasCut: boolean
  isAnswer: boolean
}

/** Puts the texts of an answer together while it flows by, in the words of its operation, within a bound. */
export class AnswerTexts {
  readonly #operation: Operation
  readonly #stream: boolean
  /** Characters of all texts together; what goes beyond is left out, but for one that shows it. */
  readonly #mostChars: number
  readonly #readings = new Map<number, Reading>()
  #chars = 0

  constructor(operation: Operation, stream: boolean, mostChars: number) {
    this.#operation = operation
    this.#stream = stream
    this.#mostChars = mostChars
  }

  add(chunk: AnswerChunk): void {
    const { value } = chunk
    switch (this.#operation) {
      case 'responses':
        if (!this.#stream) this.#addResponse(value)
        else if (isFinalResponse(value)) this.#addResponse(value['response'])
        return
      case 'messages':
        if (this.#stream) this.#addMessageEvent(value)
        else this.#addMessage(value)
        return
      default:
        this.#addChoices(value)
    }
  }

  /** Never empty: an answer without any choice is an empty one. */
  texts(): readonly AnswerText[] {
    return this.#readings.size === 0 ? [this.#reading(0)] : [...this.#readings.values()]
  }

  #reading(index: number): Reading {
    let reading = this.#readings.get(index)
    if (reading === undefined) {
      reading = { text: '', wasCut: false, isAnswer: true }
      this.#readings.set(index, reading)
    }
    return reading
  }

  #say(reading: Reading, text: JsonValue | undefined): void {
    if (typeof text !== 'string' || text === '') return
    const room = this.#mostChars + 1 - this.#chars
    if (room <= 0) return
    const kept = text.length > room ? text.slice(0, room) : text
    this.#chars += kept.length
    reading.text += kept
  }

  #finish(reading: Reading, reason: JsonValue | undefined): void {
    if (typeof reason !== 'string') return
    if (cutReasons.has(reason)) reading.wasCut = true
    else if (otherEnds.has(reason)) reading.isAnswer = false
  }

  #addChoices(value: JsonObject): void {
    for (const choice of objectsIn(value['choices'])) {
      const reading = this.#reading(typeof choice['index'] === 'number' ? choice['index'] : 0)
      this.#finish(reading, choice['finish_reason'])
      this.#say(reading, choice['text'])
      const said = choice[this.#stream ? 'delta' : 'message']
      if (!isJsonObject(said)) continue
      const { content } = said
      if (typeof content === 'string') this.#say(reading, content)
      else for (const part of objectsIn(content)) this.#say(reading, part['text'])
      const calls = said['tool_calls']
      if (
        isFilled(said['refusal']) ||
        (Array.isArray(calls) && calls.length > 0) ||
        isJsonObject(said['function_call'])
      )
        reading.isAnswer = false
    }
  }

  /** A response object; of a stream the one its last event repeats. */
  #addResponse(value: JsonValue | undefined): void {
    if (!isJsonObject(value)) return
    const reading = this.#reading(0)
    for (const item of objectsIn(value['output'])) {
      if (item['type'] === 'message') this.#addParts(reading, item['content'])
      else if (!beside.has(item['type'])) reading.isAnswer = false
    }
    const details = value['incomplete_details']
    if (value['status'] === 'incomplete' && isJsonObject(details)) this.#finish(reading, details['reason'])
    else if (value['status'] !== undefined && value['status'] !== 'completed') reading.isAnswer = false
  }

  #addMessage(value: JsonObject): void {
    const reading = this.#reading(0)
    this.#addParts(reading, value['content'])
    this.#finish(reading, value['stop_reason'])
  }

  #addMessageEvent(value: JsonObject): void {
    const reading = this.#reading(0)
    const delta = value['delta']
    if (value['type'] === 'content_block_start') this.#addParts(reading, [value['content_block'] ?? null])
    if (!isJsonObject(delta)) return
    if (value['type'] === 'content_block_delta' && delta['type'] === 'text_delta') this.#say(reading, delta['text'])
    if (value['type'] === 'message_delta') this.#finish(reading, delta['stop_reason'])
  }

  #addParts(reading: Reading, parts: JsonValue | undefined): void {
    for (const part of objectsIn(parts)) {
      const type = part['type']
      if (type === 'text' || type === 'output_text') this.#say(reading, part['text'])
      else if (type === 'refusal' || type === 'tool_use') reading.isAnswer = false
    }
  }
}

/** How the operations say that the limit of tokens was reached. */
const cutReasons: ReadonlySet<string> = new Set(['length', 'max_tokens', 'max_output_tokens'])

/** Ends of what is no answer: a tool is wanted, a filter or the model itself refused, the turn is not over. */
const otherEnds: ReadonlySet<string> = new Set([
  'content_filter',
  'tool_calls',
  'function_call',
  'tool_use',
  'refusal',
  'pause_turn',
])

/** Items of a response that stand beside an answer; any other asks the client for something. */
const beside: ReadonlySet<JsonValue | undefined> = new Set([
  'reasoning',
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
  'mcp_list_tools',
  'compaction',
])

function isFinalResponse(value: JsonObject): boolean {
  const type = ownMember(value, 'type')
  return type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed'
}

function objectsIn(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]).filter(isJsonObject) : []
}

function isFilled(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value !== ''
}
