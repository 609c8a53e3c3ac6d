import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { callKey, textKey, type ThinkingMemory } from '../thinking-memory.ts'

/** A block of thinking as Anthropic sends it and wants it back, unchanged. */
export type ThinkingBlock =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }

/**
 * A shorter text is said in many conversations, and one must not be given the thinking of another. Nothing is lost by it:
 * Anthropic asks for the thinking again only where a tool was called.
 */
const shortestTextKey = 80

/** What `reasoning_details` says of where its signatures come from. */
const format = 'anthropic-claude-v1'

/** One block as an element of `reasoning_details`. */
export function detailOf(block: ThinkingBlock, index: number): JsonObject {
  if (block.type === 'redacted_thinking') return { type: 'reasoning.encrypted', data: block.data, format, index }
  return { type: 'reasoning.text', text: block.thinking, signature: block.signature, format, index }
}

/**
 * The blocks that a client sent back as `reasoning_details`. Text and signature may stand in elements of their own, one
 * after the other, as some clients keep what was streamed; text without a signature is no use and is left out.
 */
export function blocksOfDetails(details: JsonValue | undefined): ThinkingBlock[] {
  if (!Array.isArray(details)) return []
  const blocks: ThinkingBlock[] = []
  let unsigned = ''
  for (const detail of details as readonly JsonValue[]) {
    if (!isJsonObject(detail)) continue
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
}

/**
 * Keeps the thinking of a turn for the next one: under the id of a tool call when there is one, since only there it is
 * needed again, else under the turn's text.
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
  else if (isTelling(said.text)) memory.remember(partition, textKey(said.text.trim()), blocks)
}

/** The thinking that belonged to a turn; empty: none is known. */
export function recallThinking(memory: ThinkingMemory, partition: string, said: SaidBefore): ThinkingBlock[] {
  for (const id of said.callIds) {
    const blocks = memory.recall(partition, callKey(id))
    if (blocks !== null) return blocks as readonly JsonValue[] as ThinkingBlock[]
  }
  if (said.callIds.length > 0 || !isTelling(said.text)) return []
  const blocks = memory.recall(partition, textKey(said.text.trim()))
  return (blocks ?? []) as readonly JsonValue[] as ThinkingBlock[]
}

function isTelling(text: string): boolean {
  return text.trim().length >= shortestTextKey
}
