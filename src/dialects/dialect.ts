import type { JsonObject } from '../core/json.ts'
import type { AnswerSink } from '../providers/provider.ts'

/**
 * Another API in front of the chat pipeline: Anthropic's Messages, OpenAI's Responses, the legacy completions. A request
 * becomes a chat request, and the chat answer is told in the words of the dialect. Used when the provider has no endpoint of
 * that kind, or a prompt has to be expanded in chat's terms. Pure, no I/O.
 */
export interface Dialect {
  /**
   * The request as a chat completions request.
   *
   * @param body the client's body, parsed.
   * @param text the same as the client wrote it, for raw members (`core/json-members.ts`).
   * @throws Fault `invalid_request` naming the field, for what has no meaning over chat.
   */
  toChat(body: JsonObject, text: string): ChatRequest
  /** Wraps the client's sink: chat chunks and whole completions go in, the dialect's events and objects come out. */
  answer(request: DialectRequest, sink: AnswerSink): AnswerSink
}

export interface ChatRequest {
  /** Top-level members of a chat request, raw JSON text each: `messages`, `model`, `stream`, parameters. */
  readonly members: Map<string, string>
  /** For `x-promptbox-warning`: what was dropped, by name. */
  readonly warnings: readonly string[]
}

/** What telling the answer needs of the request. */
export interface DialectRequest {
  readonly requestId: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly stream: boolean
  /** Model as the target is named; used until the answer names its own. */
  readonly model: string
  /** The client's body. */
  readonly body: JsonObject
}
