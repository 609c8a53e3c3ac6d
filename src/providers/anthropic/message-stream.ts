import { Fault } from '../../core/fault.ts'
import type { JsonObject } from '../../core/json.ts'
import { filled, isDraft, type Draft } from '../chat/draft.ts'
import type { ReadingContext } from '../chat/reading.ts'
import type { ThinkingMemory } from '../thinking-memory.ts'
import { ChunkWriter } from './chunk-writer.ts'
import { faultOfErrorEvent } from './error-event.ts'
import type { ExpectedAnswer } from './request.ts'
import { finishReason } from './stop-reason.ts'
import { StreamedAnnotations } from './streamed-annotations.ts'
import { StreamedCalls, type StreamedCall } from './streamed-calls.ts'
import { StreamedThinking } from './streamed-thinking.ts'
import { chatUsage, MessageUsage } from './usage.ts'

/** More blocks than any answer has open at once. */
const mostOpenBlocks = 512

/** Of one block; more say nothing to anybody. */
const mostCitations = 4096

/** A block of the answer that has begun and not ended. */
type OpenBlock =
  | { readonly type: 'text'; readonly start: number; citations: unknown[] | null }
  | { readonly type: 'thinking' }
  | { readonly type: 'call'; readonly call: StreamedCall }
  | { readonly type: 'other' }

const other: OpenBlock = { type: 'other' }

/** Reads one stream of Anthropic's events into chat chunks in normal form. */
export class MessageStream {
  readonly #context: ReadingContext
  readonly #memory: ThinkingMemory
  readonly #usage = new MessageUsage()
  readonly #thinking = new StreamedThinking()
  readonly #annotations = new StreamedAnnotations(() => this.#begin())
  readonly #calls: StreamedCalls
  readonly #conversation: string | null
  readonly #blocks = new Map<number, OpenBlock>()
  #id: string | null = null
  #model: string | null = null
  #writer: ChunkWriter | null = null
  /** UTF-16 units of content so far. */
  #contentLength = 0
  #finished = false

  constructor(context: ReadingContext, expected: ExpectedAnswer, memory: ThinkingMemory) {
    this.#context = context
    this.#memory = memory
    this.#calls = new StreamedCalls(expected)
    this.#conversation = expected.conversation
  }

  get complete(): boolean {
    return this.#finished
  }

  /** Takes the data of one event. @returns a fault that ends the stream, `done` after the last event, or null. */
  event(data: string): Fault | 'done' | null {
    let value: unknown
    try {
      value = JSON.parse(data)
    } catch (cause) {
      return new Fault('upstream_error', 'The provider sent an event that is not valid JSON.', { cause })
    }
    if (!isDraft(value)) return new Fault('upstream_error', 'The provider sent an event that is not a JSON object.')
    switch (value.type) {
      case 'content_block_delta':
        // What comes after the finish reason has no place in the answer any more.
        if (!this.#finished) this.#blockDelta(value.index, value.delta)
        return this.#calls.broken
      case 'content_block_start':
        return this.#finished ? null : this.#blockStart(value.index, value.content_block)
      case 'content_block_stop':
        this.#blockStop(value.index)
        return null
      case 'message_start':
        this.#messageStart(value.message)
        return null
      case 'message_delta':
        this.#messageDelta(value)
        return null
      case 'message_stop':
        return 'done'
      default:
        // A ping, or something newer than this; but an error is one under any name.
        if (value.type !== 'error' && (value.error === undefined || value.error === null)) return null
        return faultOfErrorEvent(value, this.#context.source(), this.#writer !== null)
    }
  }

  /** The stream is over. @param marked by its end mark. */
  finish(marked: boolean): Fault | null {
    if (this.#writer === null) {
      return new Fault('upstream_interrupted', 'The provider ended its stream without an answer.')
    }
    if (!this.#finished) {
      if (!marked)
        return new Fault('upstream_interrupted', 'The provider ended its stream before the answer was finished.')
      this.#end(this.#calls.called === null ? 'end_turn' : 'tool_use')
    }
    const usage = this.#usage.total
    if (usage !== null) this.#begin().usage(usage, chatUsage(usage), !this.#context.wantsUsage)
    return null
  }

  /** May come twice, or in the middle of the answer when a proxy joined two streams: nothing begins anew. */
  #messageStart(message: unknown): void {
    if (!isDraft(message)) return
    this.#usage.add((message as JsonObject)['usage'])
    if (this.#writer !== null) return
    this.#id = filled(message.id) ?? this.#id ?? this.#context.call.requestId
    this.#model = filled(message.model) ?? this.#model
  }

  #blockStart(index: unknown, block: unknown): Fault | null {
    if (!isDraft(block)) return null
    if (block.type === 'fallback') {
      // Another model answers; it is named before there is anything to tell.
      if (isDraft(block.to)) this.#model = filled(block.to.model) ?? this.#model
      return null
    }
    const writer = this.#begin()
    if (this.#blocks.size >= mostOpenBlocks) {
      return new Fault('upstream_error', `The provider opened more than ${mostOpenBlocks} blocks of content.`)
    }
    this.#blocks.set(Number(index), this.#opened(block, writer))
    return this.#calls.broken
  }

  #opened(block: Draft, writer: ChunkWriter): OpenBlock {
    if (block.type === 'thinking' || block.type === 'redacted_thinking' || block.type === 'tool_use')
      this.#annotations.send()
    switch (block.type) {
      case 'text': {
        const start = this.#contentLength
        if (typeof block.text === 'string') this.#say(block.text, writer)
        const citations = Array.isArray(block.citations) ? [...(block.citations as readonly unknown[])] : []
        return { type: 'text', start, citations: citations.length === 0 ? null : citations }
      }
      case 'thinking':
        this.#thinking.open()
        if (typeof block.thinking === 'string') this.#think(block.thinking, writer)
        this.#thinking.sign(block.signature)
        return { type: 'thinking' }
      case 'redacted_thinking':
        this.#thinking.redacted(block.data, writer)
        return other
      case 'tool_use':
        return { type: 'call', call: this.#calls.open(block, writer) }
      default:
        return other
    }
  }

  #blockDelta(index: unknown, delta: unknown): void {
    if (!isDraft(delta)) return
    const writer = this.#writer ?? this.#begin()
    switch (delta.type) {
      case 'text_delta':
        if (typeof delta.text === 'string') this.#say(delta.text, writer)
        return
      case 'thinking_delta':
        if (typeof delta.thinking === 'string') this.#think(delta.thinking, writer)
        return
      case 'signature_delta':
        this.#thinking.sign(delta.signature)
        return
      case 'input_json_delta': {
        const block = this.#blocks.get(Number(index))
        if (block?.type === 'call' && typeof delta.partial_json === 'string')
          this.#contentLength += this.#calls.add(block.call, delta.partial_json, writer)
        return
      }
      case 'citations_delta': {
        const block = this.#blocks.get(Number(index))
        if (block?.type === 'text' && (block.citations?.length ?? 0) < mostCitations)
          (block.citations ??= []).push(delta.citation)
        return
      }
      default:
    }
  }

  #blockStop(index: unknown): void {
    const number = Number(index)
    const block = this.#blocks.get(number)
    if (block === undefined) return
    this.#blocks.delete(number)
    this.#close(block, this.#begin())
  }

  #close(block: OpenBlock, writer: ChunkWriter): void {
    if (block.type === 'thinking') this.#thinking.close(writer)
    else if (block.type === 'call') this.#contentLength += this.#calls.close(block.call, writer)
    else if (block.type === 'text' && block.citations !== null)
      this.#annotations.add(block.citations, block.start, this.#contentLength)
  }

  #messageDelta(value: Draft): void {
    this.#usage.add((value as JsonObject)['usage'])
    const reason = isDraft(value.delta) ? filled(value.delta.stop_reason) : null
    if (reason !== null && !this.#finished) this.#end(reason)
  }

  #end(stopReason: string): void {
    const writer = this.#begin()
    for (const block of this.#blocks.values()) this.#close(block, writer)
    this.#blocks.clear()
    this.#annotations.send()
    this.#finished = true
    this.#thinking.remember(this.#memory, this.#context.call.partition, this.#calls.ids, this.#conversation)
    writer.delta({}, finishReason(stopReason, this.#calls.called))
  }

  #say(text: string, writer: ChunkWriter): void {
    if (text === '') return
    this.#contentLength += text.length
    this.#thinking.said(text)
    writer.content(text)
  }

  #think(text: string, writer: ChunkWriter): void {
    if (text === '') return
    this.#thinking.add(text)
    writer.reasoning(text)
  }

  /**
   * The first chunk goes out with the first thing there is to tell rather than with `message_start`: until then another
   * model may still step in, and an error may still become another provider's answer.
   */
  #begin(): ChunkWriter {
    if (this.#writer !== null) return this.#writer
    const { call, now, push } = this.#context
    const id = `chatcmpl-${this.#id ?? call.requestId}`
    const writer = new ChunkWriter(id, Math.floor(now() / 1000), this.#model ?? call.model, push)
    this.#writer = writer
    writer.delta({ role: 'assistant', content: '' })
    return writer
  }
}
