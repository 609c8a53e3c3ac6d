import type { NoteBook } from './fields.ts'

/*
 * The templates of all systems are texts with holes. A reader takes a foreign one apart into pieces, and `writeTemplate` puts
 * the pieces together in our language (`prompts/template.ts`), whatever signs the texts between the holes are made of.
 */

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `path` as our language has it: `user.city`. */
  | { readonly kind: 'variable'; readonly path: string }
  /** Another prompt that is put in here. `selector`: a label or version number. */
  | { readonly kind: 'partial'; readonly name: string; readonly selector: string | null }

export const textPiece = (text: string): Piece => ({ kind: 'text', text })

const stepPattern = /^[\p{L}\p{N}\p{M}_$-]+$/u

/** A foreign variable as a path of ours; what our names cannot have becomes `_`, and that is said. null: it names nothing. */
export function toPath(written: string, field: string, book: NoteBook): string | null {
  const dotted = written.trim().replaceAll(/\[\s*(?:'([^']*)'|"([^"]*)"|([0-9]+))\s*\]/g, '.$1$2$3')
  const steps = dotted.split('.').map((step) => step.trim())
  if (steps.some((step) => step === '')) return null
  const ours = steps.map((step) => (stepPattern.test(step) ? step : step.replaceAll(/[^\p{L}\p{N}\p{M}_$-]+/gu, '_')))
  const path = ours.join('.')
  if (path.length > 256 || ours.every((step) => /^_*$/.test(step))) return null
  if (ours.join('.') !== steps.join('.')) {
    book.add('changed', field, `The variable '${written.trim()}' is called '${path}' here: send it by that name.`)
  }
  return path
}

/** The pieces as a template. Texts stay texts: their `{{` are escaped. */
export function writeTemplate(pieces: readonly Piece[], field: string, book: NoteBook): string {
  let template = ''
  let literal = ''
  const flush = (isBeforeTag: boolean): void => {
    const escaped = literal.replaceAll(/(\\*)\{\{/g, (_whole, slashes: string) => `${slashes}${slashes}\\{{`)
    template += isBeforeTag ? beforeTag(escaped, field, book) : escaped
    literal = ''
  }
  for (const piece of pieces) {
    if (piece.kind === 'text') {
      literal += piece.text
      continue
    }
    flush(true)
    template += piece.kind === 'variable' ? `{{${piece.path}}}` : writePartial(piece.name, piece.selector)
  }
  flush(false)
  return template
}

export function writePartial(name: string, selector: string | null): string {
  return selector === null ? `{{> ${name}}}` : `{{> ${name}@${selector}}}`
}

/** A backslash before a tag would escape it, a brace would be taken for a part of it. */
function beforeTag(text: string, field: string, book: NoteBook): string {
  const slashes = /\\*$/.exec(text)?.[0] ?? ''
  const braces = /\{*$/.exec(text)?.[0] ?? ''
  if (braces.length % 2 === 0) return text + slashes
  book.add('changed', field, 'A brace right before a variable got a space after it, because `{{{` is no template here.')
  return `${text} `
}
