import type { JsonObject } from '../core/json.ts'
import type { Operation } from '../core/operation.ts'
import { type Look, requireLookable, type VisitAnswerText } from './answer-place.ts'
import { mapChat } from './chat-choice.ts'
import { mapObjects, mapTextMember } from './members.ts'
import { mapBlock } from './message-block.ts'
import { mapResponse, placeOf } from './output-item.ts'
import { mapTranscript } from './transcript.ts'

export type { VisitAnswerText }

/**
 * Calls `visit` for every text in an answer that came whole, once each and in order, and gives back the answer with what it
 * returned: the very same object when nothing became another. Arguments of tool calls are visited string by string, with the names in them that are
 * not ordinary. Members that nobody knows are looked through for every text. Empty texts are not visited. Embeddings and moderations have no texts.
 *
 * What says a changed text a second time does not stay: its choice's `logprobs` become null, the `logprobs` and the
 * `annotations` (whose offsets no longer hold) of its message or part an empty list, spoken `audio` falls silent,
 * `output_text` and a second copy of the reasoning follow, and of a transcription the `words` go.
 *
 * @param value parsed, never changed. What has a wrong type passes untouched.
 * @throws Fault `upstream_error` when it is nested too deeply to be looked through and written again.
 */
export function mapAnswerTexts(operation: Operation, value: JsonObject, visit: VisitAnswerText): JsonObject {
  if (operation === 'embeddings' || operation === 'moderations') return value
  requireLookable(value)
  const look: Look = { visit, argumentsAs: 'strings', counts: new Map() }
  switch (operation) {
    case 'chat':
    case 'text_completion':
      return mapChat(value, 'message', look)
    case 'responses':
    case 'compaction':
      return mapResponse(value, look)
    case 'messages':
      return mapMessage(value, look)
    case 'images':
      return mapObjects(value, 'data', (image, index) =>
        mapTextMember(image, 'revised_prompt', (text) =>
          visit(text, placeOf(`data/${index}/revised_prompt`, 'content')),
        ),
      )
    case 'audio':
      return mapTranscript(value, look)
  }
}

/** The texts of a whole message of the Messages API. */
export function mapMessage(message: JsonObject, look: Look): JsonObject {
  return mapObjects(message, 'content', (block, index) => mapBlock(block, index, look))
}
