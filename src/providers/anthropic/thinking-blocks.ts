import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { turnKey } from '../conversation-hash.ts'
import { callKey, type ThinkingMemory } from '../thinking-memory.ts'

/** A block of thinking as Anthropic sends it and wants it back, unchanged. */
export type ThinkingBlock =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }

/** What `reasoning_details` says of where its signatures come from. */
const format = 'anthropic-claude-v1'

/** What another provider signed or sealed is refused by Anthropic. Without a format it is taken for Anthropic's own. */
function isForeign(named: JsonValue | undefined): boolean {
  return typeof named === 'string' && named !== '' && !named.startsWith('anthropic')
}

/** One block as an element of `reasoning_details`. */
export function detailOf(block: ThinkingBlock, index: number): JsonObject {
  if (block.type === 'redacted_thinking') return { type: 'reasoning.encrypted', data: block.data, format, index }
  return { type: 'reasoning.text', text: block.thinking, signature: block.signature, format, index }
}

/**
 * The blocks that a client sent back as `reasoning_details`. Text and signature may stand in elements of their own, one
 * after the other, as some clients keep what was streamed; text without a signature is no use and is left out, and so is
 * the thinking of other providers' models.
 */
export function blocksOfDetails(details: JsonValue | undefined): ThinkingBlock[] {
  if (!Array.isArray(details)) return []
  const blocks: ThinkingBlock[] = []
  let unsigned = ''
  for (const detail of details as readonly JsonValue[]) {
    if (!isJsonObject(detail) || isForeign(detail['format'])) continue
    const { type, text, signature, data } = detail
    if (type === 'reasoning.encrypted' && typeof data === 'string' && data !== '') {
      blocks.push({ type: 'redacted_thinking', data })
      unsigned = ''
    } else if (type === 'reasoning.text') {
      unsigned += typeof text === 'string' ? text : ''
      if (typeof signature !== 'string' || signature === '') continue
      blocks.push({ type: 'thinking', thinking: unsigned, signature })
      unsigned = ''
    }
  }
  return blocks
}

/** What the memory is asked for one assistant message. */
export interface SaidBefore {
  readonly callIds: readonly string[]
  readonly text: string
  /** Digest of the messages before it; null: there is none, because no thinking is wanted back. */
  readonly conversation: string | null
}

/**
 * Keeps the thinking of a turn for the next one: under the id of a tool call when there is one, since only there it is
 * needed again, else under the turn's text and all that led to it: the same words may be said to two people, and one must
 * not be given what was thought about the other.
 */
export function rememberThinking(
  memory: ThinkingMemory,
  partition: string,
  blocks: readonly ThinkingBlock[],
  said: SaidBefore,
): void {
  const [id] = said.callIds
  if (blocks.length === 0) return
  if (id !== undefined) memory.remember(partition, callKey(id), blocks)
  else if (said.conversation !== null) memory.remember(partition, turnKey(said.conversation, said.text.trim()), blocks)
}

/** The thinking that belonged to a turn; empty: none is known. */
export function recallThinking(memory: ThinkingMemory, partition: string, said: SaidBefore): ThinkingBlock[] {
  for (const id of said.callIds) {
    const blocks = blocksIn(memory.recall(partition, callKey(id)))
    if (blocks.length > 0) return blocks
  }
  if (said.callIds.length > 0 || said.conversation === null) return []
  return blocksIn(memory.recall(partition, turnKey(said.conversation, said.text.trim())))
}

/** Other providers keep texts of theirs in the same memory, and a conversation may have begun with one of them. */
function blocksIn(remembered: JsonValue | null): ThinkingBlock[] {
  return Array.isArray(remembered) ? (remembered as readonly JsonValue[] as ThinkingBlock[]) : []
}
