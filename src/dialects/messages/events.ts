import { Fault } from '../../core/fault.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { DialectRequest } from '../dialect.ts'
import { type Block, BlockQueue, type MessageEvent } from './block-queue.ts'
import { messageId, stopReasonOf, usageToMessages } from './closing.ts'
import { CompleteJson } from './complete-json.ts'
import { type ReasoningDetail, readDetails, reasoningText, textOf } from './reasoning.ts'
import { refusesThinking } from './thinking.ts'

/** Hears the events of a message in their order; `usage` is given with the one that closes it. */
export type TellEvent = (event: MessageEvent, usage: Usage | null) => void

export type { MessageEvent }

interface ToolBlock extends Block {
  readonly input: CompleteJson
}

/** Turns chat chunks in normal form into the events of one message; of several choices the first is told. */
export class MessageEvents {
  readonly #request: DialectRequest
  readonly #tell: TellEvent
  readonly #blocks: BlockQueue
  readonly #tools = new Map<number, ToolBlock>()
  readonly #hidesThinking: boolean
  #isStarted = false
  #hasReasoningText = false
  /** A signature ends its block: what is thought next is another one. */
  #signed: Block | null = null
  #hasRefusal = false
  #finishReason: string | null = null

  constructor(request: DialectRequest, tell: TellEvent) {
    this.#request = request
    this.#tell = tell
    this.#hidesThinking = refusesThinking(request.body)
    this.#blocks = new BlockQueue((event) => {
      tell(event, null)
    })
  }

  get isStarted(): boolean {
    return this.#isStarted
  }

  /** @returns the fault that ends the answer; null to go on. */
  chunk(chunk: JsonObject): Fault | null {
    this.#start(textOf(chunk['model']))
    const choices = chunk['choices']
    if (!Array.isArray(choices)) return null
    for (const choice of (choices as readonly JsonValue[]).filter(isJsonObject)) {
      if ((choice['index'] ?? 0) !== 0) continue
      const fault = isJsonObject(choice['delta']) ? this.#delta(choice['delta']) : null
      if (fault !== null) return fault
      if (typeof choice['finish_reason'] !== 'string') continue
      this.#finishReason = choice['finish_reason']
      this.#blocks.finish()
    }
    return null
  }

  finish(usage: Usage | null): void {
    this.#start('')
    this.#blocks.finish()
    const stopReason = stopReasonOf(this.#finishReason, this.#tools.size > 0, this.#hasRefusal)
    const delta = { stop_reason: stopReason, stop_sequence: null, stop_details: null }
    this.#tell({ type: 'message_delta', delta, usage: usageToMessages(usage) }, usage)
    this.#tell({ type: 'message_stop' }, null)
  }

  #start(model: string): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const message = {
      id: messageId(this.#request.requestId),
      type: 'message',
      role: 'assistant',
      model: model || this.#request.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: usageToMessages(null),
    }
    this.#tell({ type: 'message_start', message }, null)
  }

  #delta(delta: JsonObject): Fault | null {
    let isTold = true
    if (!this.#hidesThinking) isTold = this.#reasoning(delta)
    isTold = this.#text(textOf(delta['content'])) && isTold
    const refusal = textOf(delta['refusal'])
    if (refusal !== '') this.#hasRefusal = true
    isTold = this.#text(refusal) && isTold
    const calls = delta['tool_calls']
    if (Array.isArray(calls)) {
      for (const call of (calls as readonly JsonValue[]).filter(isJsonObject)) isTold = this.#call(call) && isTold
    }
    return isTold
      ? null
      : new Fault('upstream_error', 'The provider mixed its tool calls in a way that cannot be streamed.')
  }

  #reasoning(delta: JsonObject): boolean {
    const text = reasoningText(delta)
    if (text !== '') this.#hasReasoningText = true
    let isTold = this.#thinking(text)
    for (const detail of readDetails(delta['reasoning_details'])) isTold = this.#detail(detail) && isTold
    return isTold
  }

  #detail(detail: ReasoningDetail): boolean {
    if (detail.kind === 'sealed') {
      this.#blocks.begin({ start: { type: 'redacted_thinking', data: detail.data }, isDone: true })
      return true
    }
    // Where there is readable thinking as well, the details repeat it.
    const isTold = this.#hasReasoningText || this.#thinking(detail.text)
    if (detail.signature === '') return isTold
    const block = this.#openOf('thinking') ?? this.#begin({ type: 'thinking', thinking: '', signature: '' })
    const isSigned = this.#blocks.delta(block, { type: 'signature_delta', signature: detail.signature })
    this.#signed = block
    return isTold && isSigned
  }

  #thinking(text: string): boolean {
    if (text === '') return true
    const block = this.#openOf('thinking') ?? this.#begin({ type: 'thinking', thinking: '', signature: '' })
    return this.#blocks.delta(block, { type: 'thinking_delta', thinking: text })
  }

  #text(text: string): boolean {
    if (text === '') return true
    const block = this.#openOf('text') ?? this.#begin({ type: 'text', text: '' })
    return this.#blocks.delta(block, { type: 'text_delta', text })
  }

  #call(call: JsonObject): boolean {
    const index = typeof call['index'] === 'number' ? call['index'] : 0
    const called = isJsonObject(call['function']) ? call['function'] : {}
    let block = this.#tools.get(index)
    if (block === undefined) {
      const start = { type: 'tool_use', id: textOf(call['id']), name: textOf(called['name']), input: {} }
      block = { start, isDone: false, input: new CompleteJson() }
      this.#tools.set(index, block)
      this.#blocks.begin(block)
    }
    const piece = textOf(called['arguments'])
    if (piece === '') return true
    block.input.feed(piece)
    const isTold = this.#blocks.delta(block, { type: 'input_json_delta', partial_json: piece })
    block.isDone = block.input.isComplete
    this.#blocks.advance()
    // White space behind a call that has been closed says nothing.
    return isTold || piece.trim() === ''
  }

  /** The last block, if more of this kind belongs to it. */
  #openOf(type: string): Block | null {
    const { last } = this.#blocks
    return last !== null && last !== this.#signed && last.start['type'] === type ? last : null
  }

  #begin(start: JsonObject): Block {
    const block = { start, isDone: true }
    this.#blocks.begin(block)
    return block
  }
}
