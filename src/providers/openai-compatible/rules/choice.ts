import { isDraft, type Draft } from '../../chat/draft.ts'
import type { ChoiceState, StreamState } from '../stream-state.ts'
import { completeArguments } from './tool-calls.ts'

/** Every choice has its index and a delta. A single choice may come without index; some send `message` for `delta`. */
export function choiceHasShape(choice: Draft, position: number): boolean {
  let changed = false
  if (typeof choice.index !== 'number') {
    choice.index = position
    changed = true
  }
  if (!isDraft(choice.delta)) {
    choice.delta = isDraft(choice.message) ? choice.message : {}
    delete choice.message
    changed = true
  }
  return changed
}

/**
 * The role comes exactly once per choice, on its first delta. gpustack never sends it (the JavaScript helper throws
 * "missing role"), OpenRouter sends it every time (Python's accumulation makes it "assistantassistant").
 */
export function roleOnce(delta: Draft, choice: ChoiceState): boolean {
  if (choice.roleSent) {
    if (delta.role === undefined) return false
    delete delta.role
    return true
  }
  choice.roleSent = true
  if (delta.role === 'assistant') return false
  delta.role = 'assistant'
  return true
}

/**
 * Exactly one finish_reason per choice: the first that says something. OpenRouter repeats it on the chunk that carries
 * the usage. Mistral's `model_length` is `length` everywhere else.
 */
export function oneFinishReason(choice: Draft, delta: Draft, known: ChoiceState, state: StreamState): boolean {
  const reason = choice.finish_reason
  if (reason === null || reason === undefined) return false
  if (known.finished || typeof reason !== 'string' || reason === '') {
    choice.finish_reason = null
    return true
  }
  known.finished = true
  state.open -= 1
  const filledUp = completeArguments(delta, known, state)
  if (reason !== 'model_length') return filledUp
  choice.finish_reason = 'length'
  return true
}
