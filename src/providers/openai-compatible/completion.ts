import { filled, isDraft, type Draft } from '../chat/draft.ts'
import { argumentText } from './rules/tool-calls.ts'
import { contentIsText, reasoningIsReadable } from './rules/message-text.ts'
import { seconds } from './rules/identity.ts'
import { ChoiceState } from './stream-state.ts'

/** What a whole answer needs besides itself to be complete. */
export interface CompletionContext {
  readonly requestId: string
  readonly requestedModel: string
  readonly now: () => number
}

/**
 * Brings a whole `chat.completion` into the form every client reads, in place: id, object, created, model, an index,
 * a role and a content (or null) per choice, tool calls with ids and arguments that parse, readable reasoning.
 * @returns whether anything was changed, so that the provider's own bytes can go out when nothing was.
 */
export function normaliseCompletion(completion: Draft, context: CompletionContext): boolean {
  let changed = false
  const id = filled(completion.id) ?? `chatcmpl-${context.requestId}`
  const created = seconds(completion.created) ?? Math.floor(context.now() / 1000)
  const model = filled(completion.model) ?? context.requestedModel
  if (completion.id !== id || completion.created !== created || completion.model !== model) {
    Object.assign(completion, { id, created, model })
    changed = true
  }
  if (completion.object !== 'chat.completion') {
    completion.object = 'chat.completion'
    changed = true
  }
  const choices = completion.choices as readonly unknown[]
  choices.forEach((choice, position) => {
    if (isDraft(choice) && normaliseChoice(choice, position, context)) changed = true
  })
  return changed
}

function normaliseChoice(choice: Draft, position: number, context: CompletionContext): boolean {
  let changed = false
  if (typeof choice.index !== 'number') {
    choice.index = position
    changed = true
  }
  if (choice.finish_reason === 'model_length') {
    choice.finish_reason = 'length'
    changed = true
  }
  if (!isDraft(choice.message)) return changed
  const message = choice.message
  if (message.role !== 'assistant') {
    message.role = 'assistant'
    changed = true
  }
  if (contentIsText(message)) changed = true
  if (message.content === undefined) {
    message.content = null
    changed = true
  }
  if (reasoningIsReadable(message)) changed = true
  if (Array.isArray(message.tool_calls)) {
    const ids = new ChoiceState(choice.index as number, context.requestId)
    ;(message.tool_calls as readonly unknown[]).forEach((call, index) => {
      if (isDraft(call) && normaliseCall(call, () => ids.callId(index))) changed = true
    })
  }
  return changed
}

function normaliseCall(call: Draft, ownId: () => string): boolean {
  let changed = false
  const id = filled(call.id) ?? ownId()
  if (call.id !== id) {
    call.id = id
    changed = true
  }
  const called = call.function
  if (!isDraft(called)) return changed
  if (call.type !== 'function') {
    call.type = 'function'
    changed = true
  }
  const text = argumentText(called.arguments)
  const whole = text === '' ? '{}' : text
  if (called.arguments !== whole) {
    called.arguments = whole
    changed = true
  }
  return changed
}
