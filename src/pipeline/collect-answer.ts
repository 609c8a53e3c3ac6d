import type { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import type { AnswerChunk, AnswerHead, AnswerSink } from '../providers/provider.ts'
import type { Answer } from './exchange.ts'
import { Tally } from './tally.ts'

/** An answer read to its end by ourselves. */
export interface CollectedAnswer {
  /** The chat completion, put together when it was streamed. */
  readonly completion: JsonObject
  /** Content of the first choice; empty when it has none. */
  readonly text: string
  /** Of the first choice. */
  readonly finishReason: string | null
}

/** Reads a chat answer to its end. Rejects with the Fault it broke off with. @param keptChars longest answer that is kept whole. */
export function collectAnswer(answer: Answer, keptChars: number): Promise<CollectedAnswer> {
  return new Promise((resolve, reject) => {
    answer.start(new CollectingSink(keptChars, resolve, reject))
  })
}

class CollectingSink implements AnswerSink {
  readonly #tally: Tally
  readonly #resolve: (answer: CollectedAnswer) => void
  readonly #reject: (fault: Fault) => void
  #stream = false

  constructor(keptChars: number, resolve: (answer: CollectedAnswer) => void, reject: (fault: Fault) => void) {
    this.#tally = new Tally({ keptChars })
    this.#resolve = resolve
    this.#reject = reject
  }

  head(head: AnswerHead): void {
    this.#stream = head.stream
  }

  chunk(chunk: AnswerChunk): void {
    this.#tally.add(chunk, this.#stream)
  }

  flush(): void {
    // Nobody waits for a part of it.
  }

  end(): void {
    const completion = JSON.parse(this.#tally.response() ?? '{}') as JsonObject
    const { text, finishReason } = firstChoice(completion)
    this.#resolve({ completion, text, finishReason })
  }

  fail(fault: Fault): void {
    this.#reject(fault)
  }
}

/** Text and finish reason of a chat completion's first choice. A content in parts is joined. */
export function firstChoice(completion: JsonObject): { readonly text: string; readonly finishReason: string | null } {
  const choices = ownMember(completion, 'choices')
  const first: JsonValue | undefined = Array.isArray(choices) ? (choices as readonly JsonValue[])[0] : undefined
  if (!isJsonObject(first)) return { text: '', finishReason: null }
  const message = ownMember(first, 'message')
  const reason = ownMember(first, 'finish_reason')
  return {
    text: isJsonObject(message) ? contentText(ownMember(message, 'content')) : '',
    finishReason: typeof reason === 'string' ? reason : null,
  }
}

function contentText(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return (content as readonly JsonValue[])
    .map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('')
}
