import { Fault } from '../../core/fault.ts'
import { isDraft } from '../chat/draft.ts'
import type { ChatReading, ReadingContext, WholeAnswer } from '../chat/reading.ts'
import { faultOfError, readProviderError } from '../errors.ts'
import { upstreamRequestId } from '../response-headers.ts'
import { ChunkStream } from './chunk-stream.ts'
import { normaliseCompletion } from './completion.ts'
import { StreamState } from './stream-state.ts'

/** Reads what OpenAI-type upstreams say: their own text is handed on, and rebuilt only where a rule of the wire steps in. */
export class OpenAiReading implements ChatReading {
  readonly #context: ReadingContext
  readonly #stream: ChunkStream

  constructor(context: ReadingContext) {
    const { call, wantsUsage, now, source, push } = context
    this.#context = context
    this.#stream = new ChunkStream(new StreamState(call.requestId, call.model, wantsUsage, now), source, push)
  }

  get complete(): boolean {
    return this.#stream.complete
  }

  event(data: string, name: string | undefined): Fault | 'done' | null {
    return data === '[DONE]' || data.trim() === '[DONE]' ? 'done' : this.#stream.event(data, name)
  }

  finish(marked: boolean): Fault | null {
    return this.#stream.finish(marked)
  }

  whole(value: unknown): WholeAnswer | Fault {
    const { call, now, source } = this.#context
    if (!isDraft(value) || (value.error !== undefined && value.error !== null)) {
      return faultOfError(readProviderError(value), source())
    }
    if (!Array.isArray(value.choices) || value.choices.length === 0) {
      const details = { upstreamRequestId: upstreamRequestId(source().headers) }
      return new Fault('upstream_error', 'The provider sent an answer without choices.', details)
    }
    const changed = normaliseCompletion(value, { requestId: call.requestId, requestedModel: call.model, now })
    return { completion: value, changed }
  }
}
