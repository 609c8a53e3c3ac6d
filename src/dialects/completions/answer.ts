import type { Fault } from '../../core/fault.ts'
import { isJsonObject, type JsonObject, type JsonValue, ownMember } from '../../core/json.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../../providers/provider.ts'
import type { DialectRequest } from '../dialect.ts'

/** Tells a chat answer as `text_completion` objects: one, or one for each chunk that says something. */
export class CompletionsAnswer implements AnswerSink {
  readonly #request: DialectRequest
  readonly #sink: AnswerSink
  readonly #wantsUsage: boolean
  #isStream: boolean

  constructor(request: DialectRequest, sink: AnswerSink) {
    this.#request = request
    this.#sink = sink
    this.#isStream = request.stream
    const options = ownMember(request.body, 'stream_options')
    this.#wantsUsage = isJsonObject(options) && options['include_usage'] === true
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#isStream = head.stream
    this.#sink.head(head, flow)
  }

  chunk(chunk: AnswerChunk): void {
    const { value, usage } = chunk
    const choices = this.#isStream ? spokenChoices(value, 'delta') : spokenChoices(value, 'message')
    const reported = value['usage']
    const says = { ...this.#identity(value), choices }
    // Clients index `choices[0]`, so a chunk without choices goes out to those only who asked for the tokens.
    const internal = chunk.internal || (choices.length === 0 && this.#isStream && !this.#wantsUsage)
    if (internal && usage === null) return
    if (choices.length === 0 && usage === null && this.#isStream) return
    const isShown = isJsonObject(reported) && (!this.#isStream || this.#wantsUsage)
    const told: JsonObject = isShown ? { ...says, usage: reported } : says
    this.#sink.chunk({ json: JSON.stringify(told), value: told, usage, internal })
  }

  flush(): void {
    this.#sink.flush()
  }

  end(): void {
    this.#sink.end()
  }

  fail(fault: Fault): void {
    this.#sink.fail(fault)
  }

  #identity(value: JsonObject): JsonObject {
    const { model, created, system_fingerprint: fingerprint } = value
    return {
      id: `cmpl-${this.#request.requestId}`,
      object: 'text_completion',
      created: typeof created === 'number' ? created : Math.floor(this.#request.createdAt / 1000),
      model: typeof model === 'string' && model !== '' ? model : this.#request.model,
      ...(typeof fingerprint === 'string' ? { system_fingerprint: fingerprint } : {}),
    }
  }
}

/** The choices with their texts; of a stream only those that say something or end. */
function spokenChoices(value: JsonObject, where: 'delta' | 'message'): JsonObject[] {
  const choices = value['choices']
  if (!Array.isArray(choices)) return []
  return (choices as readonly JsonValue[]).filter(isJsonObject).flatMap((choice) => {
    const said = isJsonObject(choice[where]) ? choice[where] : {}
    const text = `${textOf(said['content'])}${textOf(said['refusal'])}`
    const reason = finishReasonOf(choice['finish_reason'])
    if (where === 'delta' && text === '' && reason === null) return []
    return [{ text, index: choice['index'] ?? 0, logprobs: null, finish_reason: reason }]
  })
}

/** Completions know `stop`, `length` and `content_filter`. */
function finishReasonOf(reason: JsonValue | undefined): string | null {
  if (typeof reason !== 'string') return null
  return reason === 'length' || reason === 'content_filter' ? reason : 'stop'
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
