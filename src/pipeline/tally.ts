import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { AnswerChunk } from '../providers/provider.ts'
import { type EventSays, finishOf, readEvent, wholeSays } from './tally-events.ts'

/** Text of an answer that is kept for the record and for counting tokens, characters per answer. Beyond it nothing is kept. */
export interface TallyLimits {
  readonly keptChars: number
}

/** Of an id or a model, characters: a provider's word for it goes into columns and labels. */
const longestName = 512

interface ChoiceTally {
  role: string
  content: string
  reasoning: string
  refusal: string
  toolCalls: Map<number, { id: string; name: string; arguments: string }>
  finishReason: string | null
}

/**
 * Adds an answer up as it flows by: usage, finish reasons, model, id and, within a bound, the text of every choice. One
 * for streams and whole answers, so that both leave the same record.
 */
export class Tally {
  usage: Usage | null = null
  responseId: string | null = null
  responseModel: string | null = null
  truncated = false
  #whole: string | Uint8Array | null = null
  #created = 0
  #kept = 0
  readonly #choices = new Map<number, ChoiceTally>()
  readonly #limits: TallyLimits

  constructor(limits: TallyLimits) {
    this.#limits = limits
  }

  /** `stream`: the chunk is one of many; else it is the whole answer. */
  add(chunk: AnswerChunk, stream: boolean): void {
    if (chunk.usage !== null) this.usage = chunk.usage
    const value = chunk.value
    if (this.responseId === null) {
      const id = ownMember(value, 'id')
      if (typeof id === 'string' && id !== '') this.responseId = id.slice(0, longestName)
    }
    if (this.responseModel === null) {
      const model = ownMember(value, 'model')
      if (typeof model === 'string' && model !== '') this.responseModel = model.slice(0, longestName)
    }
    const choices = value['choices']
    if (!stream) this.#addWhole(chunk)
    else if (this.#created === 0 && typeof value['created'] === 'number') this.#created = value['created']
    if (!Array.isArray(choices)) {
      if (stream) this.#addEvent(value)
      return
    }
    for (const choice of choices as readonly JsonValue[]) {
      if (isJsonObject(choice))
        this.#addChoice(choice, (stream ? choice['delta'] : choice['message']) ?? textChoice(choice))
    }
  }

  /** In the order of the choices; only those that were given. */
  finishReasons(): readonly string[] {
    const reasons: string[] = []
    for (const { finishReason } of this.#choices.values()) if (finishReason !== null) reasons.push(finishReason)
    return reasons
  }

  /** All text that was generated, for counting tokens. */
  outputText(): string {
    return [...this.#choices.values()]
      .map((choice) =>
        [
          choice.reasoning,
          choice.content,
          choice.refusal,
          ...[...choice.toolCalls.values()].map((call) => `${call.name}${call.arguments}`),
        ]
          .filter((part) => part !== '')
          .join('\n'),
      )
      .join('\n')
  }

  /** The answer as one chat completion object, JSON text. null: nothing arrived. */
  response(): string | null {
    const whole = this.#whole
    if (typeof whole === 'string') return whole
    // A view, not a copy: the bytes are decoded right here.
    if (whole !== null) return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8')
    if (this.#choices.size === 0) return null
    return JSON.stringify({
      id: this.responseId,
      object: 'chat.completion',
      created: this.#created,
      model: this.responseModel,
      choices: [...this.#choices.entries()].map(([index, choice]) => completionChoice(index, choice)),
    })
  }

  /** Speech and files are too large and of no use as text: only their JSON is kept. */
  #addWhole(chunk: AnswerChunk): void {
    if (Object.keys(chunk.value).length === 0) return
    this.#whole = chunk.json
    if (Array.isArray(chunk.value['choices'])) return
    const reason = finishOf(chunk.value)
    if (reason !== null) this.#choice(0).finishReason = reason
    // Only whoever has to count the tokens needs the words.
    if (chunk.usage === null) for (const said of wholeSays(chunk.value)) this.#addSaid(said)
  }

  /** An event of the Responses API or of Messages. */
  #addEvent(value: JsonObject): void {
    const says = readEvent(value)
    if (says.id !== undefined) this.responseId ??= says.id.slice(0, longestName)
    if (says.model !== undefined) this.responseModel ??= says.model.slice(0, longestName)
    if (says.whole !== undefined) this.#whole = JSON.stringify(says.whole)
    if (says.finishReason !== undefined) this.#choice(0).finishReason = says.finishReason
    this.#addSaid(says)
  }

  #addSaid({ text, reasoning }: EventSays): void {
    if (text !== undefined) this.#choice(0).content += this.#keep(text)
    if (reasoning !== undefined) this.#choice(0).reasoning += this.#keep(reasoning)
  }

  #choice(index: number): ChoiceTally {
    let tally = this.#choices.get(index)
    if (tally === undefined) {
      tally = { role: 'assistant', content: '', reasoning: '', refusal: '', toolCalls: new Map(), finishReason: null }
      this.#choices.set(index, tally)
    }
    return tally
  }

  #addChoice(choice: JsonObject, part: JsonValue | undefined): void {
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0
    const tally = this.#choice(index)
    if (typeof choice['finish_reason'] === 'string') tally.finishReason = choice['finish_reason']
    if (!isJsonObject(part)) return
    tally.content += this.#keep(part['content'])
    tally.reasoning += this.#keep(part['reasoning_content'])
    tally.refusal += this.#keep(part['refusal'])
    const calls = part['tool_calls']
    if (Array.isArray(calls)) (calls as readonly JsonValue[]).forEach((call, at) => this.#addToolCall(tally, call, at))
  }

  #addToolCall(choice: ChoiceTally, call: JsonValue, at: number): void {
    if (!isJsonObject(call)) return
    const index = typeof call['index'] === 'number' ? call['index'] : at
    let tally = choice.toolCalls.get(index)
    if (tally === undefined) {
      tally = { id: '', name: '', arguments: '' }
      choice.toolCalls.set(index, tally)
    }
    if (typeof call['id'] === 'string') tally.id = call['id']
    const called = call['function']
    if (!isJsonObject(called)) return
    if (typeof called['name'] === 'string') tally.name = called['name']
    tally.arguments += this.#keep(called['arguments'])
  }

  #keep(text: JsonValue | undefined): string {
    if (typeof text !== 'string' || text === '') return ''
    const room = this.#limits.keptChars - this.#kept
    if (text.length > room) this.truncated = true
    const kept = text.length > room ? text.slice(0, Math.max(0, room)) : text
    this.#kept += kept.length
    return kept
  }
}

/** A choice of the legacy completions has its text in itself. */
function textChoice(choice: JsonObject): JsonObject | undefined {
  return typeof choice['text'] === 'string' ? { content: choice['text'] } : undefined
}

function completionChoice(index: number, choice: ChoiceTally): JsonObject {
  const calls = [...choice.toolCalls.values()]
  return {
    index,
    message: {
      role: choice.role,
      content: choice.content === '' && calls.length > 0 ? null : choice.content,
      ...(choice.reasoning === '' ? {} : { reasoning_content: choice.reasoning }),
      refusal: choice.refusal === '' ? null : choice.refusal,
      ...(calls.length === 0
        ? {}
        : {
            tool_calls: calls.map((call) => ({
              id: call.id,
              type: 'function',
              function: { name: call.name, arguments: call.arguments },
            })),
          }),
    },
    finish_reason: choice.finishReason,
  }
}
