import type { VersionBody } from './compiled-version.ts'
import type { Selector } from './reference.ts'
import { selectorText } from './selector.ts'
import { TemplateError, type TemplatePartial, isPartial, parseAuthored } from './template.ts'
import { mapTemplateTexts } from './template-texts.ts'

/** One partial that a version names, wherever and however often. */
export interface PartialReference {
  /** Slug or alias, as written. */
  readonly id: string
  readonly selector: Selector
}

/** Cheap, and true for every text that has a partial; for some that have none, too. */
export function mayHavePartial(text: string): boolean {
  return /\{\{\s*>/.test(text)
}

export const referenceKey = ({ id, selector }: PartialReference): string => `${id}@${selectorText(selector)}`

/** The partials that the templates of a version name, each once, in order of first use. Texts that do not parse have none. */
export function partialsOf(body: VersionBody): readonly PartialReference[] {
  const found = new Map<string, PartialReference>()
  mapTemplateTexts(body, (text) => {
    for (const { id, selector } of partialsIn(text)) found.set(referenceKey({ id, selector }), { id, selector })
    return text
  })
  return [...found.values()]
}

/** The body with white space where its partials are, so that what is left keeps its place; the same body when it has none. */
export function blankPartials(body: VersionBody): VersionBody {
  return mapTemplateTexts(body, (text) => {
    let blank = ''
    let from = 0
    for (const { offset, source } of partialsIn(text)) {
      blank += text.slice(from, offset) + source.replaceAll(/[^\n]/g, ' ')
      from = offset + source.length
    }
    return blank + text.slice(from)
  })
}

function partialsIn(text: string): readonly TemplatePartial[] {
  if (!mayHavePartial(text)) return []
  try {
    return parseAuthored(text).filter(isPartial)
  } catch (error) {
    if (error instanceof TemplateError) return []
    throw error
  }
}

/** The text that a version gives as a partial: that of its one message; null when it is none. */
export function partialTextOf(body: VersionBody): string | null {
  const [message, ...others] = body.messages
  if (message === undefined || others.length > 0 || message['role'] === 'placeholder') return null
  const content = message['content']
  return typeof content === 'string' ? content : null
}
