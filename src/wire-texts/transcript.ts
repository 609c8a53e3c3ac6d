import { type JsonObject, isJsonObject, ownMember } from '../core/json.ts'
import type { Look } from './answer-place.ts'
import { emptied, mapMember, mapObjects, mapTextMember, objectsIn, textIn } from './members.ts'
import { placeOf } from './output-item.ts'

/**
 * A transcription says its text again in segments, words and tokens. Segments are visited by themselves; when anything
 * became another, words and the probabilities of tokens go, the tokens of a changed segment too, and all segments when
 * together they say something else than the text (what was found may lie across two of them).
 */
export function mapTranscript(value: JsonObject, look: Look): JsonObject {
  const text = mapTextMember(value, 'text', (own) => look.visit(own, placeOf('text', 'content')))
  const mapped = mapObjects(text, 'segments', (segment, index) => {
    const told = mapTextMember(segment, 'text', (own) => look.visit(own, placeOf(`segments/${index}/text`, 'content')))
    return told === segment ? segment : emptied(emptied(told, 'tokens'), 'words')
  })
  if (mapped === value) return value
  const agrees = typeof ownMember(value, 'text') !== 'string' || spelled(mapped) === spelling(textIn(mapped, 'text'))
  const segments = agrees ? mapped : emptied(mapped, 'segments')
  const kept = mapMember(segments, 'logprobs', (logprobs) => (isJsonObject(logprobs) ? null : logprobs))
  return emptied(emptied(kept, 'words'), 'logprobs')
}

function spelled(value: JsonObject): string {
  return spelling(
    objectsIn(value, 'segments')
      .map((segment) => textIn(segment, 'text'))
      .join(''),
  )
}

function spelling(text: string): string {
  return text.replaceAll(/\s+/g, '')
}
