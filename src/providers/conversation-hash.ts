import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts'
import { textKey } from './thinking-memory.ts'

/**
 * Grows with a conversation and tells what stands in it from every other. Two people may get the same answer; what was
 * thought on the way to one of them must not reach the other, so an answer is remembered together with all that led to it.
 */
export class ConversationHash {
  readonly #hash = createHash('sha256')

  add(message: JsonObject): void {
    const { role, tool_call_id: id } = message
    this.#hash.update(`${typeof role === 'string' ? role : ''}\0${typeof id === 'string' ? id : ''}\0`)
    this.#hash.update(visibleText(message['content'])).update('\0')
    this.#hash.update(marksOfFiles(message['content']))
  }

  /** What was added so far. */
  digest(): string {
    return this.#hash.copy().digest('base64url')
  }
}

/** Characters of a file's data that stand for all of them: hashing megabytes would hold up every other request. */
const markChars = 512

/** What tells apart the images, sounds and documents beside the text: how long each is and how it ends. */
function marksOfFiles(content: JsonValue | undefined): string {
  if (!Array.isArray(content)) return ''
  let marks = ''
  for (const part of content as readonly JsonValue[]) {
    if (!isJsonObject(part) || typeof part['text'] === 'string') continue
    for (const value of Object.values(part)) {
      const inner = isJsonObject(value) ? Object.values(value) : [value]
      for (const text of inner) if (typeof text === 'string') marks += `${text.length} ${text.slice(-markChars)}\0`
    }
  }
  return marks
}

/** Key of an answer by its visible text and by what led to it. */
export function turnKey(conversation: string, text: string): string {
  return textKey(`${conversation} ${text}`)
}

/** The text of a message, whichever way its content is written. */
export function visibleText(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return (content as readonly JsonValue[])
    .map((part) => (isJsonObject(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('')
}
