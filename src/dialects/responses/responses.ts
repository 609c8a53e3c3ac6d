import type { Dialect } from '../dialect.ts'
import { ResponsesAnswer } from './responses-answer.ts'
import { toChat } from './to-chat.ts'

/** OpenAI's Responses API over chat, for the models of providers that do not have it. */
export const responsesDialect: Dialect = {
  toChat,
  answer: (request, sink) => new ResponsesAnswer(request, sink),
}
