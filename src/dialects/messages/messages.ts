import type { Dialect } from '../dialect.ts'
import { MessagesAnswer } from './answer.ts'
import { messagesToChat } from './request.ts'

/** Anthropic's Messages API (`POST /v1/messages`) over chat: Claude clients get prompts and every provider. */
export const messagesDialect: Dialect = {
  toChat: messagesToChat,
  answer: (request, sink) => new MessagesAnswer(request, sink),
}
