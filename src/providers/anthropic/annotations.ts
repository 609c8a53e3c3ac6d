import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/**
 * A citation as the one kind of annotation that OpenAI's chat has and strict clients accept, `url_citation`; all that
 * Anthropic said of it stands beside in `citation`. A place in a document that was sent along has no address of its own and
 * gets one of the form `document:<its number>#char=<from>,<to>` (or `page=`, `block=`).
 *
 * @param start offset in the whole text of the answer, UTF-16, where the cited passage begins.
 * @param end where it ends, exclusive.
 * @returns null for what is no citation.
 */
export function annotationOf(citation: JsonValue | undefined, start: number, end: number): JsonObject | null {
  if (!isJsonObject(citation)) return null
  const url = text(citation['url']) ?? text(citation['source']) ?? placeOf(citation)
  const title = text(citation['title']) ?? text(citation['document_title']) ?? ''
  return { type: 'url_citation', url_citation: { start_index: start, end_index: end, url, title }, citation }
}

function placeOf(citation: JsonObject): string {
  const document = Number(citation['document_index'] ?? 0)
  switch (citation['type']) {
    case 'page_location':
      return `document:${document}#page=${range(citation, 'page_number')}`
    case 'content_block_location':
      return `document:${document}#block=${range(citation, 'block_index')}`
    default:
      return `document:${document}#char=${range(citation, 'char_index')}`
  }
}

function range(citation: JsonObject, what: string): string {
  return `${Number(citation[`start_${what}`] ?? 0)},${Number(citation[`end_${what}`] ?? 0)}`
}

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
