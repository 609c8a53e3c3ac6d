/** The dialects in front of chat, for those who use them. */
export { completionsDialect } from './completions/completions.ts'
export { messagesDialect } from './messages/messages.ts'
export { responsesDialect } from './responses/responses.ts'
