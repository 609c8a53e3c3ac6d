import type { CacheEntry } from '../cache/answer-cache.ts'
import type { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import { CompletionBuilder } from '../providers/chat/chunks-to-completion.ts'
import type { Draft } from '../providers/chat/draft.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../providers/provider.ts'
import type { Answer, Target } from './exchange.ts'

export interface KeepOptions {
  /** Who answers. */
  readonly target: Target
  /** The request itself bounds the length of the answer. */
  readonly boundsLength: boolean
  /** Of the answer as JSON, bytes. */
  readonly maxBytes: number
}

/**
 * The same answer with somebody who listens along and puts a copy together. `onOver` is called once, before the end is
 * passed on: with the entry, or with null when the answer broke off or is not one to be served again. It is never called
 * for an answer nobody hears to its end.
 */
export function keepAnswer(answer: Answer, options: KeepOptions, onOver: (entry: CacheEntry | null) => void): Answer {
  return {
    opening: answer.opening,
    flow: answer.flow,
    start: (sink) => {
      answer.start(new KeepingSink(sink, new Copy(answer.opening, options), onOver))
    },
  }
}

class KeepingSink implements AnswerSink {
  readonly #sink: AnswerSink
  readonly #copy: Copy
  readonly #onOver: (entry: CacheEntry | null) => void

  constructor(sink: AnswerSink, copy: Copy, onOver: (entry: CacheEntry | null) => void) {
    this.#sink = sink
    this.#copy = copy
    this.#onOver = onOver
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#sink.head(head, flow)
  }

  chunk(chunk: AnswerChunk): void {
    this.#copy.add(chunk)
    this.#sink.chunk(chunk)
  }

  flush(): void {
    this.#sink.flush()
  }

  end(): void {
    this.#onOver(this.#copy.entry())
    this.#sink.end()
  }

  fail(fault: Fault): void {
    this.#onOver(null)
    this.#sink.fail(fault)
  }
}

/** An answer being put together, for as long as it is one that may be kept. */
class Copy {
  readonly #options: KeepOptions
  readonly #opening: AnswerHead
  #whole: JsonObject | null = null
  #builder: CompletionBuilder | null = null
  #usage: Usage | null = null
  #rawUsage: JsonValue | undefined
  #given = 0
  #nextLook: number

  constructor(opening: AnswerHead, options: KeepOptions) {
    this.#opening = opening
    this.#options = options
    this.#nextLook = options.maxBytes
    if (opening.stream && opening.status === 200) this.#builder = new CompletionBuilder()
  }

  add(chunk: AnswerChunk): void {
    if (chunk.usage !== null) {
      this.#usage = chunk.usage
      this.#rawUsage = chunk.value['usage'] ?? this.#rawUsage
    }
    if (chunk.internal) return
    if (!this.#opening.stream) {
      const isFit = this.#opening.status === 200 && this.#opening.raw === undefined
      this.#whole = isFit && chunk.json.length <= this.#options.maxBytes ? chunk.value : null
    } else if (!Array.isArray(chunk.value['choices'])) {
      this.#builder = null
    } else if (this.#builder !== null) {
      // Parsed once more: the builder lets lists grow in place, and these values are not ours to change.
      this.#builder.add(JSON.parse(textOf(chunk.json)) as Draft)
      this.#look(chunk.json.length)
    }
  }

  entry(): CacheEntry | null {
    const completion = this.#whole ?? (this.#builder?.build() as JsonObject | undefined)
    if (completion === undefined || !isWorthKeeping(completion, this.#options.boundsLength)) return null
    const usage =
      ownMember(completion, 'usage') ?? this.#rawUsage ?? (this.#usage === null ? null : usageJson(this.#usage))
    const { target, maxBytes } = this.#options
    const whole = usage === null ? completion : { ...completion, usage }
    if (Buffer.byteLength(JSON.stringify(whole)) > maxBytes) return null
    return {
      provider: target.provider.id,
      model: target.model,
      completion: whole,
      usage: this.#usage,
      warnings: this.#opening.warnings ?? [],
    }
  }

  /**
   * A stream is many times longer than the answer it adds up to, so the copy itself is measured: again when it may have
   * grown by what is left, or by a quarter of the bound, so that all measuring together is in proportion to the stream.
   */
  #look(given: number): void {
    this.#given += given
    if (this.#builder === null || this.#given < this.#nextLook) return
    const { maxBytes } = this.#options
    const size = JSON.stringify(this.#builder.build()).length
    if (size > maxBytes) this.#builder = null
    else this.#nextLook = this.#given + Math.max(maxBytes - size, maxBytes / 4)
  }
}

/**
 * Complete and said in full. A `length` is complete only when the request set the bound itself; an answer that a filter cut,
 * that refuses or that says nothing is one to be asked again.
 */
function isWorthKeeping(completion: JsonObject, boundsLength: boolean): boolean {
  const choices = ownMember(completion, 'choices')
  if (!Array.isArray(choices) || choices.length === 0) return false
  return (choices as readonly JsonValue[]).every((choice) => {
    if (!isJsonObject(choice)) return false
    const reason = ownMember(choice, 'finish_reason')
    const isOver = reason === 'stop' || reason === 'tool_calls' || reason === 'function_call'
    const message = ownMember(choice, 'message')
    return (isOver || (reason === 'length' && boundsLength)) && isJsonObject(message) && saysSomething(message)
  })
}

function saysSomething(message: JsonObject): boolean {
  if (isFilled(message['refusal'])) return false
  return isFilled(message['content']) || isFilled(message['tool_calls']) || isJsonObject(message['function_call'])
}

function isFilled(value: JsonValue | undefined): boolean {
  return (typeof value === 'string' || Array.isArray(value)) && value.length > 0
}

/** For an answer whose tokens were told only beside it. */
export function usageJson(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cacheReadInputTokens,
      cache_write_tokens: usage.cacheCreationInputTokens,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningOutputTokens },
  }
}

function textOf(json: string | Uint8Array): string {
  return typeof json === 'string' ? json : Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8')
}
