import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { ProviderCall } from '../provider.ts'

/**
 * What has to be understood of an answer that is forwarded in its own shapes (Responses, Messages, completions, images, …):
 * the tokens, and whether it is whole. One value per kind, pure and without state.
 */
export interface Forwarding {
  /** The data of the event after which nothing comes, when it is no JSON; null: a terminal event ends the stream. */
  readonly endMark: '[DONE]' | null
  /** Tokens of an answer in one piece. */
  readonly wholeUsage: (value: JsonObject) => Usage | null
  /** Looks at one event of a stream. */
  readonly event: (value: JsonObject, name: string | undefined) => SeenEvent
  /** Answers that are neither JSON nor events are handed on byte for byte. Left out: they are an error. */
  readonly raw?: boolean
  /** An answer in one piece as the JSON text the client is to get; null: its own bytes. */
  readonly rewriteWhole?: (value: JsonObject, call: ProviderCall) => string | null
  /** The events of a stream for an upstream that answered one in one piece. Left out: that is an error. */
  readonly wholeAsEvents?: (value: JsonObject) => readonly JsonObject[]
}

export interface SeenEvent {
  /** Tokens so far, when this event carries them; the last one seen counts. null: none. */
  readonly usage: Usage | null
  /**
   * `open`: more is to come. `last`: the answer is whole with it (further events may follow until the end). `failed`: the
   * provider says that it failed; the event goes to the client and the exchange is an error.
   */
  readonly state: 'open' | 'last' | 'failed'
  /** The event carries tokens and nothing else: a client that did not ask for them does not get it. */
  readonly usageOnly?: boolean
}
