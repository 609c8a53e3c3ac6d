import type { Operation } from '../core/operation.ts'
import { type PlaceholderVault, longestPlaceholder } from '../guardrails/placeholder-vault.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../providers/provider.ts'
import { streamReader } from '../wire-texts/answer-stream.ts'
import { mapAnswerTexts } from '../wire-texts/whole-answer.ts'
import type { Answer, Answered } from './exchange.ts'
import { asksForJson } from './asks-for-json.ts'
import { type ChannelFilter, RewritingSink } from './rewriting-sink.ts'

/**
 * Gives the client its own values back where the answer has their placeholders. The last thing that happens to an answer:
 * whoever records it has seen the placeholders only.
 */
export function restoreAnswer(answer: Answer, answered: Answered, vault: PlaceholderVault): Answer {
  if (!vault.restores || answer.opening.raw !== undefined) return answer
  const { asked } = answered.planned
  const json = asksForJson(answered)
  const open = (sink: AnswerSink): AnswerSink => {
    if (!answer.opening.stream) return new RestoringSink(sink, asked.operation, json, vault)
    const reader = streamReader(asked.operation)
    if (reader === null) return sink
    return new RewritingSink(sink, {
      reader,
      open: ({ field }) => restoringFilter(vault, field === 'arguments' || (json && field === 'content')),
      isBlocked: () => false,
      onBlocked: () => undefined,
      onBroken: () => answer.flow.abort(),
      onRead: () => undefined,
      whenOver: () => null,
    })
  }
  return {
    opening: answer.opening,
    flow: answer.flow,
    start: (sink) => {
      answer.start(open(sink))
    },
  }
}

/** Holds back only what may be the beginning of a placeholder. */
function restoringFilter(vault: PlaceholderVault, escaped: boolean): ChannelFilter {
  let held = ''
  return {
    push: (text) => {
      held += text
      const open = unfinished(held)
      const ready = open === -1 ? held : held.slice(0, open)
      held = open === -1 ? '' : held.slice(open)
      return vault.restore(ready, escaped)
    },
    end: () => {
      const rest = vault.restore(held, escaped)
      held = ''
      return rest
    },
  }
}

/** Where a placeholder may have begun that is not over; -1: nowhere. */
function unfinished(text: string): number {
  const start = text.lastIndexOf('<')
  if (start === -1 || text.length - start > longestPlaceholder) return -1
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    const isPart = (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === 0x5f
    if (!isPart) return -1
  }
  return start
}

/** An answer in one piece. */
class RestoringSink implements AnswerSink {
  readonly #sink: AnswerSink
  readonly #operation: Operation
  readonly #json: boolean
  readonly #vault: PlaceholderVault

  /** @param json the content is JSON. */
  constructor(sink: AnswerSink, operation: Operation, json: boolean, vault: PlaceholderVault) {
    this.#sink = sink
    this.#operation = operation
    this.#json = json
    this.#vault = vault
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#sink.head(head, flow)
  }

  chunk(chunk: AnswerChunk): void {
    const value = chunk.internal
      ? chunk.value
      : mapAnswerTexts(this.#operation, chunk.value, (text, { field }) =>
          this.#vault.restore(text, this.#json && field === 'content'),
        )
    this.#sink.chunk(value === chunk.value ? chunk : { ...chunk, json: JSON.stringify(value), value })
  }

  flush(): void {
    this.#sink.flush()
  }

  end(): void {
    this.#sink.end()
  }

  fail(fault: Parameters<AnswerSink['fail']>[0]): void {
    this.#sink.fail(fault)
  }
}
