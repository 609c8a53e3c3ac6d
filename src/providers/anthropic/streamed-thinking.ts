import { filled } from '../chat/draft.ts'
import type { ThinkingMemory } from '../thinking-memory.ts'
import type { ChunkWriter } from './chunk-writer.ts'
import { detailOf, rememberThinking, type ThinkingBlock } from './thinking-blocks.ts'

/** Characters of thinking and of the text after it that are kept until the end of a stream. */
const mostKept = 2 * 2 ** 20

/** The thinking of one stream: kept until its end, since the next turn wants it back unchanged. */
export class StreamedThinking {
  readonly #blocks: ThinkingBlock[] = []
  #thinking = ''
  #signature = ''
  #text = ''
  #kept = 0
  #seen = false

  open(): void {
    this.#seen = true
    this.#thinking = ''
    this.#signature = ''
  }

  add(text: string): void {
    this.#seen = true
    if (this.#mayKeep(text.length)) this.#thinking += text
  }

  sign(signature: unknown): void {
    if (typeof signature === 'string' && this.#mayKeep(signature.length)) this.#signature += signature
  }

  /** A block is whole: its signature goes to clients that send `reasoning_details` back. */
  close(writer: ChunkWriter): void {
    if (this.#signature !== '')
      this.#add({ type: 'thinking', thinking: this.#thinking, signature: this.#signature }, writer)
    this.#thinking = ''
    this.#signature = ''
  }

  /** Arrives whole, without deltas, and has nothing to show. */
  redacted(data: unknown, writer: ChunkWriter): void {
    const text = filled(data)
    if (text === null || !this.#mayKeep(text.length)) return
    this.#seen = true
    this.#add({ type: 'redacted_thinking', data: text }, writer)
  }

  /** Visible text, by which a turn without tool calls is found again. */
  said(text: string): void {
    if (this.#seen && this.#mayKeep(text.length)) this.#text += text
  }

  /** @param conversation digest of the messages that are answered. */
  remember(memory: ThinkingMemory, partition: string, callIds: readonly string[], conversation: string | null): void {
    if (this.#kept > mostKept) return
    rememberThinking(memory, partition, this.#blocks, { callIds, text: this.#text, conversation })
  }

  #add(block: ThinkingBlock, writer: ChunkWriter): void {
    if (this.#kept > mostKept) return
    writer.delta({ reasoning_details: [detailOf(block, this.#blocks.length)] })
    this.#blocks.push(block)
  }

  #mayKeep(length: number): boolean {
    this.#kept += length
    return this.#kept <= mostKept
  }
}
