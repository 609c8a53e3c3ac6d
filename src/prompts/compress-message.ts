import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import { compressText } from './compress.ts'

/** A message as raw JSON text with its texts compressed, and those that became another, before and after. */
export interface CompressedMessage {
  readonly raw: string
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** Whose texts are prose; what a tool said is data. */
const proseRoles: ReadonlySet<JsonValue | undefined> = new Set(['system', 'developer', 'user', 'assistant'])

/**
 * Compresses the texts of one message: its content, or the text parts of it. Everything else (tool calls, images, names)
 * stays, and so does the whole raw text when nothing changes.
 *
 * @param raw a message as JSON.
 */
export function compressMessage(raw: string): CompressedMessage {
  const before: string[] = []
  const after: string[] = []
  const compressed = (text: string): string => {
    const shorter = compressText(text)
    if (shorter === text) return text
    before.push(text)
    after.push(shorter)
    return shorter
  }
  const message = JSON.parse(raw) as JsonObject
  const content = message['content']
  if (!proseRoles.has(message['role'])) return { raw, before, after }
  let changed: JsonValue | undefined
  if (typeof content === 'string') changed = compressed(content)
  else if (Array.isArray(content)) {
    changed = (content as readonly JsonValue[]).map((part) =>
      isJsonObject(part) && part['type'] === 'text' && typeof part['text'] === 'string'
        ? { ...part, text: compressed(part['text']) }
        : part,
    )
  }
  if (after.length === 0 || changed === undefined) return { raw, before, after }
  return { raw: JSON.stringify({ ...message, content: changed }), before, after }
}
