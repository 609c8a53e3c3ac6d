import { filled, type Draft } from '../../chat/draft.ts'
import type { StreamState } from '../stream-state.ts'

/**
 * Same id, created, model and object on every chunk; what came first wins. xAI and Ollama move `created` along, Azure's
 * model router begins with an empty model, and SDK helpers group chunks by id.
 */
export function sameIdentity(chunk: Draft, state: StreamState): boolean {
  const identity = (state.identity ??= {
    id: filled(chunk.id) ?? `chatcmpl-${state.requestId}`,
    created: seconds(chunk.created) ?? Math.floor(state.now() / 1000),
    model: filled(chunk.model) ?? state.requestedModel,
  })
  let changed = false
  if (chunk.id !== identity.id) {
    chunk.id = identity.id
    changed = true
  }
  if (chunk.created !== identity.created) {
    chunk.created = identity.created
    changed = true
  }
  if (chunk.model !== identity.model) {
    chunk.model = identity.model
    changed = true
  }
  if (chunk.object !== 'chat.completion.chunk') {
    chunk.object = 'chat.completion.chunk'
    changed = true
  }
  return changed
}

/** Whole seconds since 1970, from a number or digits. */
export function seconds(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? Math.floor(number) : null
}
