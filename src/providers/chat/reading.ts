import type { Fault } from '../../core/fault.ts'
import type { Usage } from '../../core/usage.ts'
import type { ErrorSource } from '../errors.ts'
import type { AnswerChunk, ProviderCall } from '../provider.ts'
import type { Draft } from './draft.ts'

/**
 * How the answer of one kind of upstream is read into OpenAI's chat shapes; one value per answer, pure, no I/O. What is
 * pushed must already be in the normal form of the wire (wire.md 1.4): `id`, `object`, `created` and `model` the same on
 * every chunk; role once per choice in its first delta; tool deltas first with index, id, type, name and `arguments: ""`,
 * then with index and `function.arguments` only; exactly one finish_reason per choice; usage at most once, in a chunk with
 * `choices: []`, marked `internal` when the client did not ask for it; readable thinking in `reasoning_content`.
 */
export interface ChatReading {
  /**
   * Takes one event of a stream.
   * @returns the fault that ends it; `done` when this was its end mark; null to go on.
   */
  event(data: string, name: string | undefined): Fault | 'done' | null
  /** Every choice is finished: nothing but usage and the end mark can be missing. */
  readonly complete: boolean
  /**
   * The stream is over; pushes what is still owed.
   * @param marked by its end mark. Without it an unfinished choice means that it broke off: `upstream_interrupted`.
   */
  finish(marked: boolean): Fault | null
  /** Takes a whole answer, which becomes this reading's own. Errors in it are faults. */
  whole(value: unknown): WholeAnswer | Fault
}

export interface WholeAnswer {
  /** A `chat.completion` in the form every client reads. */
  readonly completion: Draft
  /** It is not what the upstream's bytes say, so it has to be written anew. */
  readonly changed: boolean
  /** Tokens, when `completion.usage` says less than the upstream did; left out: they are read from there. */
  readonly usage?: Usage
}

/** What a reading gets to work with. */
export interface ReadingContext {
  readonly call: ProviderCall
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** What a fault needs to know of the response. */
  readonly source: () => ErrorSource
  /** Hears the chunks of a stream. */
  readonly push: (chunk: AnswerChunk) => void
  /** True when the usage chunk goes to the client, or into a whole answer put together from chunks. */
  readonly wantsUsage: boolean
}

export type OpenReading = (context: ReadingContext) => ChatReading
