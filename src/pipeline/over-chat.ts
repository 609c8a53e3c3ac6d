import type { Dialect } from '../dialects/dialect.ts'
import { completionsDialect, messagesDialect, responsesDialect } from '../dialects/index.ts'
import type { Operation } from '../core/operation.ts'
import type { Endpoint } from '../providers/provider.ts'
import type { Asked } from './exchange.ts'

/** The operations that can be told in chat's words when a provider has no endpoint of that kind. */
const dialects: Readonly<Partial<Record<Operation, Dialect>>> = {
  responses: responsesDialect,
  messages: messagesDialect,
  text_completion: completionsDialect,
}

/** null: the operation is chat itself, or has no meaning over chat (embeddings, images, …). */
export function dialectOf(operation: Operation): Dialect | null {
  return dialects[operation] ?? null
}

/** A provider's chat endpoint that answers in the words of a dialect. Its calls have a chat body. */
export function overChat(dialect: Dialect, asked: Asked, chat: Endpoint): Endpoint {
  return function answerInDialect(call, sink) {
    const { requestId, createdAt, stream, body } = asked
    const told = dialect.answer({ requestId, createdAt, stream, model: call.model, body }, sink)
    // Every dialect reports tokens, so the usage chunk is wanted whatever the client wrote.
    return chat({ ...call, clientWantsUsage: true }, told)
  }
}
