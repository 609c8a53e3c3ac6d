import type { Usage } from '../../../core/usage.ts'
import { readUsage } from '../../usage.ts'
import { isDraft, type Draft } from '../../chat/draft.ts'
import type { StreamState } from '../stream-state.ts'

/** Tokens of a chunk that has choices, and whether the chunk was changed. */
export interface PlacedUsage {
  readonly usage: Usage | null
  readonly changed: boolean
}

const none: PlacedUsage = { usage: null, changed: false }

/**
 * Usage is readable exactly once by a client that asked for it. It may stay on the chunk that finishes the answer
 * (DeepSeek, Mistral, OpenRouter); a running count before that, a second one, or one that only stands in Groq's
 * `x_groq` is taken out or kept, and said once at the end. A client that did not ask may see it on a chunk with choices.
 */
export function usageOnce(chunk: Draft, state: StreamState): PlacedUsage {
  const own = chunk.usage
  const raw = own === null || own === undefined ? usageOfGroq(chunk) : own
  if (raw === null) return none
  const usage = readUsage(raw as Parameters<typeof readUsage>[0])
  if (usage === null || !state.clientWantsUsage) return { usage, changed: false }
  if (raw === own) {
    if (state.complete && !state.usageSent) {
      state.usageSent = true
      state.heldUsage = null
      return { usage, changed: false }
    }
    chunk.usage = null
    if (!state.usageSent) state.heldUsage = raw
    return { usage, changed: true }
  }
  if (!state.usageSent) state.heldUsage = raw
  return { usage, changed: false }
}

/** The raw usage of a chunk, wherever it stands, or null. */
export function rawUsage(chunk: Draft): unknown {
  return chunk.usage ?? usageOfGroq(chunk)
}

function usageOfGroq(chunk: Draft): unknown {
  return isDraft(chunk.x_groq) ? (chunk.x_groq.usage ?? null) : null
}
