import { Fault } from '../../core/fault.ts'
import { isJsonObject } from '../../core/json.ts'
import type { ChatReading, ReadingContext, WholeAnswer } from '../chat/reading.ts'
import { upstreamRequestId } from '../response-headers.ts'
import type { ThinkingMemory } from '../thinking-memory.ts'
import { completionOf } from './completion.ts'
import { faultOfErrorEvent } from './error-event.ts'
import { MessageStream } from './message-stream.ts'
import type { ExpectedAnswer } from './request.ts'
import { rememberThinking } from './thinking-blocks.ts'

/** Reads what Anthropic says into the shapes of OpenAI's chat. */
export class AnthropicReading implements ChatReading {
  readonly #context: ReadingContext
  readonly #expected: ExpectedAnswer
  readonly #memory: ThinkingMemory
  readonly #stream: MessageStream

  /** @param memory where thinking is kept for the next turn. */
  constructor(context: ReadingContext, expected: ExpectedAnswer, memory: ThinkingMemory) {
    this.#context = context
    this.#expected = expected
    this.#memory = memory
    this.#stream = new MessageStream(context, expected, memory)
  }

  get complete(): boolean {
    return this.#stream.complete
  }

  event(data: string): Fault | 'done' | null {
    return this.#stream.event(data)
  }

  finish(marked: boolean): Fault | null {
    return this.#stream.finish(marked)
  }

  whole(value: unknown): WholeAnswer | Fault {
    const { call, now, source } = this.#context
    if (!isJsonObject(value) || value['type'] === 'error' || isJsonObject(value['error'])) {
      return faultOfErrorEvent(value, source(), false)
    }
    if (!Array.isArray(value['content'])) {
      const details = { upstreamRequestId: upstreamRequestId(source().headers) }
      return new Fault('upstream_error', 'The provider sent an answer without content.', details)
    }
    const told = completionOf(value, {
      requestId: call.requestId,
      requestedModel: call.model,
      now,
      expected: this.#expected,
    })
    const { callIds, text } = told
    const { conversation } = this.#expected
    rememberThinking(this.#memory, call.partition, told.thinking, { callIds, text, conversation })
    return { completion: told.completion, changed: true, ...(told.usage === null ? {} : { usage: told.usage }) }
  }
}
