import { createHash } from 'node:crypto'
import type { JsonValue } from '../core/json.ts'

export interface ThinkingMemoryLimits {
  readonly maxEntries: number
  /** Of all values together, characters of their JSON text and of their keys, which hold ids that providers made up. */
  readonly maxChars: number
}

/**
 * What a provider wants to see again in the next turn, and chat clients drop because OpenAI's API has no place for it:
 * signed thinking, thought signatures. Bounded; what was used longest ago goes first. In this process only: behind several
 * replicas a turn may miss, and the mappers then do what the provider allows without it.
 */
export class ThinkingMemory {
  readonly #limits: ThinkingMemoryLimits
  readonly #entries = new Map<string, string>()
  #chars = 0

  constructor(limits: ThinkingMemoryLimits) {
    this.#limits = limits
  }

  /** @param partition the tenant: nobody else may see it again. */
  remember(partition: string, key: string, value: JsonValue): void {
    const name = `${partition} ${key}`
    const text = JSON.stringify(value)
    this.#forget(name)
    const chars = name.length + text.length
    if (chars > this.#limits.maxChars) return
    this.#entries.set(name, text)
    this.#chars += chars
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.maxEntries && this.#chars <= this.#limits.maxChars) break
      this.#forget(oldest)
    }
  }

  recall(partition: string, key: string): JsonValue | null {
    const name = `${partition} ${key}`
    const text = this.#entries.get(name)
    if (text === undefined) return null
    // Moved to the end: it was used just now.
    this.#entries.delete(name)
    this.#entries.set(name, text)
    return JSON.parse(text) as JsonValue
  }

  #forget(name: string): void {
    const text = this.#entries.get(name)
    if (text === undefined) return
    this.#entries.delete(name)
    this.#chars -= name.length + text.length
  }
}

/** Key of a turn that called a tool: the id of its call, which every client sends back. */
export function callKey(toolCallId: string): string {
  return `call:${toolCallId}`
}

/** Key of a turn by its visible text. */
export function textKey(text: string): string {
  return `text:${createHash('sha256').update(text).digest('base64url')}`
}
