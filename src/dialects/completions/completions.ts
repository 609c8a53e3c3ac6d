import type { Dialect } from '../dialect.ts'
import { CompletionsAnswer } from './answer.ts'
import { completionsToChat } from './request.ts'

/** OpenAI's legacy completions (`POST /v1/completions`) over chat, for providers that have none, and for prompts. */
export const completionsDialect: Dialect = {
  toChat: completionsToChat,
  answer: (request, sink) => new CompletionsAnswer(request, sink),
}
