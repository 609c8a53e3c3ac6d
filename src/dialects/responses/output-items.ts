import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { sealReasoning } from './reasoning-envelope.ts'
import { customInput } from './tools.ts'

/** Hears the events of an item; adds what all events have. */
export type EmitEvent = (type: string, members: JsonObject) => void

export type ItemStatus = 'completed' | 'incomplete'

/** One item of the output while it grows, telling each step as the API's events do. */
export interface GrowingItem {
  /** Tells the rest of it. May be called once, after which it never changes. */
  close(status: ItemStatus): JsonObject
  /** As it is now. */
  snapshot(status: ItemStatus): JsonObject
}

/** Where an item stands, and how it says so. */
abstract class Item {
  readonly id: string
  readonly #index: number
  readonly #emit: EmitEvent

  constructor(id: string, index: number, emit: EmitEvent) {
    this.id = id
    this.#index = index
    this.#emit = emit
  }

  abstract snapshot(status: ItemStatus | 'in_progress'): JsonObject

  protected added(): void {
    this.#emit('response.output_item.added', { output_index: this.#index, item: this.snapshot('in_progress') })
  }

  protected done(status: ItemStatus): JsonObject {
    const item = this.snapshot(status)
    this.#emit('response.output_item.done', { output_index: this.#index, item })
    return item
  }

  protected tell(type: string, members: JsonObject): void {
    this.#emit(type, { item_id: this.id, output_index: this.#index, ...members })
  }
}

/** Thinking: its text as a summary or as the reasoning text, and what the provider wants to see again. */
export class ReasoningItem extends Item implements GrowingItem {
  readonly #asSummary: boolean
  readonly #keeps: boolean
  readonly #details: JsonValue[] = []
  #text = ''

  constructor(id: string, index: number, emit: EmitEvent, asSummary: boolean, keeps: boolean) {
    super(id, index, emit)
    this.#asSummary = asSummary
    this.#keeps = keeps
    this.added()
  }

  addText(delta: string): void {
    if (this.#text === '') this.#tellPart('added', '')
    this.#text += delta
    this.tell(`${this.#textEvent()}.delta`, { ...this.#place(), delta })
  }

  addDetails(details: readonly JsonValue[]): void {
    for (const detail of details) this.#details.push(detail)
  }

  close(status: ItemStatus): JsonObject {
    if (this.#text !== '') {
      this.tell(`${this.#textEvent()}.done`, { ...this.#place(), text: this.#text })
      this.#tellPart('done', this.#text)
    }
    return this.done(status)
  }

  snapshot(status: ItemStatus | 'in_progress'): JsonObject {
    const parts = this.#text === '' ? [] : [this.#part(this.#text)]
    const sealed = this.#keeps ? sealReasoning({ details: this.#details, text: this.#text }) : null
    return {
      id: this.id,
      type: 'reasoning',
      status,
      summary: this.#asSummary ? parts : [],
      ...(this.#asSummary ? {} : { content: parts }),
      ...(sealed === null ? {} : { encrypted_content: sealed }),
    }
  }

  #part(text: string): JsonObject {
    return { type: this.#asSummary ? 'summary_text' : 'reasoning_text', text }
  }

  #place(): JsonObject {
    return this.#asSummary ? { summary_index: 0 } : { content_index: 0 }
  }

  #textEvent(): string {
    return this.#asSummary ? 'response.reasoning_summary_text' : 'response.reasoning_text'
  }

  #tellPart(step: 'added' | 'done', text: string): void {
    const type = this.#asSummary ? 'response.reasoning_summary_part' : 'response.content_part'
    this.tell(`${type}.${step}`, { ...this.#place(), part: this.#part(text) })
  }
}

/** What is said, in parts: text with its annotations, or a refusal. */
export class MessageItem extends Item implements GrowingItem {
  readonly #parts: Array<TextPart | RefusalPart> = []
  #open = false

  constructor(id: string, index: number, emit: EmitEvent) {
    super(id, index, emit)
    this.added()
  }

  addText(delta: string, logprobs: readonly JsonValue[]): void {
    const part = this.#textPart()
    part.text += delta
    for (const logprob of logprobs) part.logprobs.push(logprob)
    if (delta !== '') this.tell('response.output_text.delta', { content_index: this.#last(), delta, logprobs })
  }

  addAnnotation(annotation: JsonObject): void {
    const part = this.#textPart()
    part.annotations.push(annotation)
    const annotationIndex = part.annotations.length - 1
    const members = { content_index: this.#last(), annotation_index: annotationIndex, annotation }
    this.tell('response.output_text.annotation.added', members)
  }

  addRefusal(delta: string): void {
    let part = this.#parts.at(-1)
    if (part?.type !== 'refusal') {
      part = { type: 'refusal', refusal: '' }
      this.#openPart(part)
    }
    part.refusal += delta
    this.tell('response.refusal.delta', { content_index: this.#last(), delta })
  }

  close(status: ItemStatus): JsonObject {
    this.#closePart()
    return this.done(status)
  }

  snapshot(status: ItemStatus | 'in_progress'): JsonObject {
    return { id: this.id, type: 'message', status, role: 'assistant', content: this.#parts.map(copyOf) }
  }

  #last(): number {
    return this.#parts.length - 1
  }

  #textPart(): TextPart {
    const last = this.#parts.at(-1)
    if (last?.type === 'output_text') return last
    const part: TextPart = { type: 'output_text', annotations: [], logprobs: [], text: '' }
    this.#openPart(part)
    return part
  }

  #openPart(part: TextPart | RefusalPart): void {
    this.#closePart()
    this.#open = true
    this.#parts.push(part)
    this.tell('response.content_part.added', { content_index: this.#last(), part: copyOf(part) })
  }

  #closePart(): void {
    const part = this.#parts.at(-1)
    if (part === undefined || !this.#open) return
    this.#open = false
    const place = { content_index: this.#last() }
    if (part.type === 'refusal') this.tell('response.refusal.done', { ...place, refusal: part.refusal })
    else this.tell('response.output_text.done', { ...place, text: part.text, logprobs: [...part.logprobs] })
    this.tell('response.content_part.done', { ...place, part: copyOf(part) })
  }
}

interface TextPart {
  readonly type: 'output_text'
  readonly annotations: JsonObject[]
  readonly logprobs: JsonValue[]
  text: string
}

interface RefusalPart {
  readonly type: 'refusal'
  refusal: string
}

/** What is told must not change any more. */
function copyOf(part: TextPart | RefusalPart): JsonObject {
  if (part.type === 'refusal') return { ...part }
  return { ...part, annotations: [...part.annotations], logprobs: [...part.logprobs] }
}

/** How a call is written: as a function's, as a custom tool's, or as a custom tool's that went out as a function. */
export type CallKind = 'function' | 'custom' | 'custom_as_function'

/** A call of a tool of the client's. */
export class CallItem extends Item implements GrowingItem {
  readonly #kind: CallKind
  readonly #callId: string
  readonly #name: string
  readonly #extra: JsonValue | undefined
  #written = ''

  /** @param extra `extra_content` of the call, which the provider wants to see again. */
  constructor(id: string, index: number, emit: EmitEvent, kind: CallKind, call: CallIdentity) {
    super(id, index, emit)
    this.#kind = kind
    this.#callId = call.id
    this.#name = call.name
    this.#extra = call.extra
    this.added()
  }

  add(delta: string): void {
    this.#written += delta
    // The input stands inside of arguments that are not whole yet.
    if (this.#kind !== 'custom_as_function') this.tell(`${this.#event()}.delta`, { delta })
  }

  close(status: ItemStatus): JsonObject {
    if (this.#kind === 'function') {
      this.tell(`${this.#event()}.done`, { name: this.#name, arguments: this.#written })
    } else {
      const input = this.#input()
      if (this.#kind === 'custom_as_function' && input !== '') this.tell(`${this.#event()}.delta`, { delta: input })
      this.tell(`${this.#event()}.done`, { input })
    }
    return this.done(status)
  }

  snapshot(status: ItemStatus | 'in_progress'): JsonObject {
    const common = { id: this.id, status, call_id: this.#callId, name: this.#name }
    const extra = this.#extra === undefined ? {} : { extra_content: this.#extra }
    if (this.#kind === 'function') return { ...common, type: 'function_call', arguments: this.#written, ...extra }
    const input = status === 'in_progress' ? '' : this.#input()
    return { ...common, type: 'custom_tool_call', input, ...extra }
  }

  #input(): string {
    return this.#kind === 'custom_as_function' ? customInput(this.#written) : this.#written
  }

  #event(): string {
    return this.#kind === 'function' ? 'response.function_call_arguments' : 'response.custom_tool_call_input'
  }
}

export interface CallIdentity {
  readonly id: string
  readonly name: string
  readonly extra?: JsonValue | undefined
}

/** An annotation of chat as one of the Responses API; null for those that it does not know. */
export function toAnnotation(annotation: JsonValue): JsonObject | null {
  if (!isJsonObject(annotation) || annotation['type'] !== 'url_citation') return null
  const cited = isJsonObject(annotation['url_citation']) ? annotation['url_citation'] : annotation
  const { url, title, start_index: start, end_index: end } = cited
  if (typeof url !== 'string') return null
  return {
    type: 'url_citation',
    url,
    title: typeof title === 'string' ? title : '',
    start_index: typeof start === 'number' ? start : 0,
    end_index: typeof end === 'number' ? end : 0,
  }
}
