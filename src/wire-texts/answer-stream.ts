import type { Operation } from '../core/operation.ts'
import { ChoicesReader } from './choices-reader.ts'
import { MessagesReader } from './messages-reader.ts'
import { ResponsesReader } from './responses-reader.ts'
import type { StreamReader } from './stream-reader.ts'

export type { StreamEvent, StreamReader, TextPiece } from './stream-reader.ts'
export { splitFinish } from './choices-reader.ts'

/**
 * A reader for one streamed answer. null: this operation has no stream of texts that can be read (embeddings,
 * moderations), or one of another kind (images, audio).
 */
export function streamReader(operation: Operation): StreamReader | null {
  switch (operation) {
    case 'chat':
    case 'text_completion':
      return new ChoicesReader(operation)
    case 'responses':
    case 'compaction':
      return new ResponsesReader()
    case 'messages':
      return new MessagesReader()
    case 'embeddings':
    case 'moderations':
    case 'images':
    case 'audio':
      return null
  }
}
