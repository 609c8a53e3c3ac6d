import { createHash } from 'node:crypto'
import type { Draft } from '../chat/draft.ts'
import type { PartialArguments } from './partial-arguments.ts'

/** What is known of one candidate while its answer comes. */
export class Candidate {
  readonly index: number
  /** All visible text: places of sources are counted in it, and it is the key of its signature. */
  text = ''
  /** Gemini's word for how it ended, once it said so. */
  reason: string | null = null
  roleSent = false
  images = 0
  calls = 0
  /** A call whose arguments are still coming. */
  partial: PartialArguments | null = null
  /** Of a text part, the last one. */
  signature: string | null = null
  grounding: unknown = null
  citations: unknown = null
  readonly #requestId: string

  constructor(index: number, requestId: string) {
    this.index = index
    this.#requestId = requestId
  }

  get saidSomething(): boolean {
    return this.text !== '' || this.calls > 0 || this.images > 0
  }

  /** The first delta of a choice carries the role. A call has no content, anything else has at least an empty text. */
  begin(content: '' | null): Draft {
    if (this.roleSent) return {}
    this.roleSent = true
    return { role: 'assistant', content, refusal: null }
  }

  /**
   * The id of the next call. Gemini gives none, or one that is short enough to come again in another turn; ours differs
   * between requests, candidates and calls, and is of the length and alphabet that every provider takes back.
   */
  nextCallId(): string {
    const name = `${this.#requestId}:${this.index}:${this.calls}`
    return `call_${createHash('sha256').update(name).digest('hex').slice(0, 24)}`
  }
}
