import { isDraft, type Draft } from '../chat/draft.ts'

interface Source {
  readonly url: string
  readonly title: string
}

/**
 * OpenAI's `annotations` for the sources of an answer: what a search found (`groundingMetadata`) and what was quoted
 * (`citationMetadata`). Google counts bytes of UTF-8, OpenAI's places are characters of the text.
 */
export function annotationsOf(grounding: unknown, citations: unknown, text: string): readonly Draft[] {
  const bytes = Buffer.from(text)
  const place = (index: unknown): number =>
    typeof index === 'number' && index > 0 ? bytes.toString('utf8', 0, index).length : 0
  return [...searchAnnotations(grounding, text.length, place), ...quoteAnnotations(citations, place)]
}

function searchAnnotations(grounding: unknown, end: number, place: (index: unknown) => number): Draft[] {
  if (!isDraft(grounding)) return []
  const sources = list(grounding.groundingChunks).map(sourceOf)
  const supports = list(grounding.groundingSupports).filter(isDraft)
  // Sources without a place stand for the whole answer.
  if (supports.length === 0) return sources.flatMap((source) => (source === null ? [] : [annotation(source, 0, end)]))
  return supports.flatMap((support) => {
    const segment: Draft = isDraft(support.segment) ? support.segment : {}
    const [from, to] = [place(segment.startIndex), place(segment.endIndex)]
    return list(support.groundingChunkIndices).flatMap((index) => {
      const source = typeof index === 'number' ? sources[index] : undefined
      return source === undefined || source === null ? [] : [annotation(source, from, to)]
    })
  })
}

function quoteAnnotations(citations: unknown, place: (index: unknown) => number): Draft[] {
  if (!isDraft(citations)) return []
  return [...list(citations.citationSources), ...list(citations.citations)].filter(isDraft).flatMap((quote) => {
    if (typeof quote.uri !== 'string') return []
    const title = typeof quote.title === 'string' ? quote.title : quote.uri
    return [annotation({ url: quote.uri, title }, place(quote.startIndex), place(quote.endIndex))]
  })
}

function sourceOf(chunk: unknown): Source | null {
  if (!isDraft(chunk)) return null
  const found = [chunk.web, chunk.retrievedContext, chunk.maps].find(isDraft)
  if (found === undefined || typeof found.uri !== 'string') return null
  return { url: found.uri, title: typeof found.title === 'string' ? found.title : found.uri }
}

function annotation(source: Source, from: number, to: number): Draft {
  return { type: 'url_citation', url_citation: { ...source, start_index: from, end_index: to } }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}
