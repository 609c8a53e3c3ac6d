import type { JsonObject } from '../../core/json.ts'

/** One event of a streamed message. */
export type MessageEvent = JsonObject & { readonly type: string }

/** One content block of a streamed message. */
export interface Block {
  /** As `content_block_start` shows it. */
  readonly start: JsonObject
  /** Another block may begin. */
  isDone: boolean
}

/** Of deltas that wait for their block's turn, characters of JSON text, in one message. */
const mostHeldChars = 4 * 2 ** 20

/**
 * Content blocks come one after another in Anthropic's streams, and its clients count on that; providers may mix the deltas
 * of several tool calls. The first block that is not done is told as it comes, those behind it wait.
 */
export class BlockQueue {
  readonly #emit: (event: MessageEvent) => void
  #waiting: { readonly block: Block; readonly deltas: JsonObject[] }[] = []
  #index = 0
  #heldChars = 0
  #last: Block | null = null

  constructor(emit: (event: MessageEvent) => void) {
    this.#emit = emit
  }

  /** The block that began last, while it has not been closed; null: none. */
  get last(): Block | null {
    return this.#last
  }

  begin(block: Block): void {
    this.#last = block
    this.#waiting.push({ block, deltas: [] })
    if (this.#waiting.length === 1) this.#open(block)
    else this.advance()
  }

  /** @returns false when too much is waiting, or the block has been closed. */
  delta(block: Block, delta: JsonObject): boolean {
    if (this.#waiting[0]?.block === block) {
      this.#tell(delta)
      return true
    }
    const entry = this.#waiting.find((waiting) => waiting.block === block)
    if (entry === undefined) return false
    this.#heldChars += JSON.stringify(delta).length
    entry.deltas.push(delta)
    return this.#heldChars <= mostHeldChars
  }

  /** Closes what is done as long as something waits behind it. */
  advance(): void {
    while (this.#waiting.length > 1 && this.#waiting[0]?.block.isDone === true) this.#closeFirst()
  }

  /** Tells everything that waits and closes the last block too. */
  finish(): void {
    while (this.#waiting.length > 0) this.#closeFirst()
    this.#last = null
  }

  #closeFirst(): void {
    this.#emit({ type: 'content_block_stop', index: this.#index })
    this.#index += 1
    this.#waiting.shift()
    const next = this.#waiting[0]
    if (next === undefined) return
    this.#open(next.block)
    for (const delta of next.deltas.splice(0)) this.#tell(delta)
  }

  #open(block: Block): void {
    this.#emit({ type: 'content_block_start', index: this.#index, content_block: block.start })
  }

  #tell(delta: JsonObject): void {
    this.#emit({ type: 'content_block_delta', index: this.#index, delta })
  }
}
