import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { DialectRequest } from '../dialect.ts'
import {
  CallItem,
  MessageItem,
  ReasoningItem,
  toAnnotation,
  type CallKind,
  type EmitEvent,
  type GrowingItem,
} from './output-items.ts'
import { responseObject, tellingOf, type ResponseState, type ResponseStatus, type Telling } from './response-object.ts'

/** Takes an event of the stream as it goes out, `type` and `sequence_number` in it. */
export type HearEvent = (type: string, event: JsonObject) => void

/**
 * Grows a response out of what a chat says, chunk by chunk, telling each step. A whole completion is the same with one
 * chunk and nobody listening, so that both say the same. Only the first choice is told: the API knows no others.
 */
export class ResponseBuilder {
  readonly #request: DialectRequest
  readonly #telling: Telling
  readonly #hear: HearEvent
  readonly #emit: EmitEvent
  #sequence = 0
  #begun = false
  #model: string
  #serviceTier: string | null = null
  #finishReason: string | null = null
  /** In the order of the output. */
  readonly #items: GrowingItem[] = []
  readonly #closed = new Map<GrowingItem, JsonObject>()
  /** Thinking or text that goes on with the next delta of its kind. */
  #current: ReasoningItem | MessageItem | null = null
  /** By the index of the call: calls may grow side by side. */
  readonly #calls = new Map<number, CallItem>()

  constructor(request: DialectRequest, hear: HearEvent) {
    this.#request = request
    this.#telling = tellingOf(request)
    this.#hear = hear
    this.#model = request.model
    this.#emit = (type, members) => {
      this.#hear(type, { type, sequence_number: this.#sequence++, ...members })
    }
  }

  /** One chunk of a stream in the normal form of the wire. */
  addChunk(chunk: JsonObject): void {
    this.#readTop(chunk)
    this.#begin()
    const choice = firstChoice(chunk)
    if (choice !== null) this.#addChoice(choice, choice['delta'])
  }

  /** A whole completion. */
  addCompletion(completion: JsonObject): void {
    this.#readTop(completion)
    const choice = firstChoice(completion)
    if (choice !== null) this.#addChoice(choice, choice['message'])
  }

  /** The answer is over. @returns the whole response, which the last event has told. */
  finish(usage: Usage | null): JsonObject {
    this.#begin()
    const reason = incompleteReason(this.#finishReason)
    // An answer that says nothing still says so, because clients look into the first item.
    if (this.#items.length === 0 && reason === null) this.#message().addText('', [])
    this.#closeAll(reason === null ? 'completed' : 'incomplete')
    const status = reason === null ? 'completed' : 'incomplete'
    const response = this.#response(status, { reason, usage })
    this.#emit(`response.${status}`, { response })
    return response
  }

  /** What there is of it when it fails: nothing is told. */
  failed(code: string, message: string, usage: Usage | null): JsonObject {
    return this.#response('failed', { usage, error: { code, message } })
  }

  #readTop(value: JsonObject): void {
    const { model, service_tier: tier } = value
    if (typeof model === 'string' && model !== '' && !this.#begun) this.#model = model
    if (typeof tier === 'string') this.#serviceTier = tier
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    this.#emit('response.created', { response: this.#response('in_progress') })
    this.#emit('response.in_progress', { response: this.#response('in_progress') })
  }

  #addChoice(choice: JsonObject, said: JsonValue | undefined): void {
    if (isJsonObject(said)) {
      this.#addReasoning(said)
      this.#addText(said, choice)
      if (typeof said['refusal'] === 'string' && said['refusal'] !== '') this.#message().addRefusal(said['refusal'])
      const calls = said['tool_calls']
      if (Array.isArray(calls))
        (calls as readonly JsonValue[]).forEach((call, at) => {
          this.#addCall(call, at)
        })
    }
    if (typeof choice['finish_reason'] === 'string') this.#finishReason = choice['finish_reason']
  }

  #addReasoning(said: JsonObject): void {
    const { reasoning_content: text, reasoning_details: details } = said
    if (typeof text === 'string' && text !== '') this.#reasoning().addText(text)
    if (!this.#telling.keepsReasoning || !Array.isArray(details) || details.length === 0) return
    this.#reasoning().addDetails(details as readonly JsonValue[])
  }

  #addText(said: JsonObject, choice: JsonObject): void {
    const { content, annotations } = said
    const logprobs = this.#telling.logprobs ? logprobsOf(choice) : []
    if (typeof content === 'string' && content !== '') this.#message().addText(content, logprobs)
    if (!Array.isArray(annotations)) return
    for (const annotation of annotations as readonly JsonValue[]) {
      const known = toAnnotation(annotation)
      if (known !== null) this.#message().addAnnotation(known)
    }
  }

  #addCall(delta: JsonValue, at: number): void {
    if (!isJsonObject(delta)) return
    const index = typeof delta['index'] === 'number' ? delta['index'] : at
    const isCustom = isJsonObject(delta['custom'])
    const called = isCustom ? delta['custom'] : delta['function']
    if (!isJsonObject(called)) return
    let item = this.#calls.get(index)
    if (item === undefined) {
      const name = typeof called['name'] === 'string' ? called['name'] : ''
      const callId = typeof delta['id'] === 'string' ? delta['id'] : ''
      const kind = isCustom ? 'custom' : this.#telling.customTools.has(name) ? 'custom_as_function' : 'function'
      item = this.#openCall(kind, callId, name, delta['extra_content'])
      this.#calls.set(index, item)
    }
    const written = called[isCustom ? 'input' : 'arguments']
    if (typeof written === 'string' && written !== '') item.add(written)
  }

  #openCall(kind: CallKind, callId: string, name: string, extra: JsonValue | undefined): CallItem {
    this.#closeCurrent()
    const id = this.#itemId(kind === 'function' ? 'fc' : 'ctc')
    const item = new CallItem(id, this.#items.length, this.#emit, kind, { id: callId, name, extra })
    this.#items.push(item)
    return item
  }

  #reasoning(): ReasoningItem {
    if (this.#current instanceof ReasoningItem) return this.#current
    this.#closeCurrent()
    const { asSummary, keepsReasoning } = this.#telling
    return this.#open(new ReasoningItem(this.#itemId('rs'), this.#items.length, this.#emit, asSummary, keepsReasoning))
  }

  #message(): MessageItem {
    if (this.#current instanceof MessageItem) return this.#current
    this.#closeCurrent()
    return this.#open(new MessageItem(this.#itemId('msg'), this.#items.length, this.#emit))
  }

  #open<Kind extends ReasoningItem | MessageItem>(item: Kind): Kind {
    this.#items.push(item)
    this.#current = item
    return item
  }

  #closeCurrent(): void {
    if (this.#current === null) return
    this.#closed.set(this.#current, this.#current.close('completed'))
    this.#current = null
  }

  /** What was being said when it ended is as whole as the answer is. */
  #closeAll(status: 'completed' | 'incomplete'): void {
    this.#current = null
    for (const [index, item] of this.#items.entries()) {
      if (this.#closed.has(item)) continue
      this.#closed.set(item, item.close(index === this.#items.length - 1 ? status : 'completed'))
    }
  }

  #itemId(prefix: string): string {
    return `${prefix}_${this.#telling.idBase}${this.#items.length.toString(16).padStart(4, '0')}`
  }

  #response(status: ResponseStatus, said: Partial<Pick<ResponseState, 'reason' | 'usage' | 'error'>> = {}): JsonObject {
    return responseObject(this.#telling, {
      id: `resp_${this.#telling.idBase}`,
      createdAt: Math.floor(this.#request.createdAt / 1000),
      model: this.#model,
      status,
      reason: said.reason ?? null,
      error: said.error ?? null,
      output: this.#items.map((item) => this.#closed.get(item) ?? item.snapshot('incomplete')),
      usage: said.usage ?? null,
      serviceTier: this.#serviceTier,
    })
  }
}

function firstChoice(value: JsonObject): JsonObject | null {
  const choices = value['choices']
  if (!Array.isArray(choices)) return null
  const first = (choices as readonly JsonValue[]).find((choice) => isJsonObject(choice) && (choice['index'] ?? 0) === 0)
  return isJsonObject(first) ? first : null
}

function incompleteReason(finishReason: string | null): ResponseState['reason'] {
  if (finishReason === 'length') return 'max_output_tokens'
  return finishReason === 'content_filter' ? 'content_filter' : null
}

function logprobsOf(choice: JsonObject): readonly JsonValue[] {
  const logprobs = choice['logprobs']
  const content = isJsonObject(logprobs) ? logprobs['content'] : null
  return Array.isArray(content) ? (content as readonly JsonValue[]) : []
}
