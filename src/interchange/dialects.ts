import type { NoteBook } from './fields.ts'
import { type Piece, textPiece, toPath, writeTemplate } from './pieces.ts'

/** How other systems write holes in their texts, and what of it our templates can say. */

export interface TemplateContext {
  /** Where the text stands, for notes. */
  readonly field: string
  readonly book: NoteBook
  /** Name of another prompt as a slug of ours. */
  readonly slugOf: (name: string) => string
}

export type Dialect = (text: string, context: TemplateContext) => readonly Piece[]

/** The text as a template of ours; all that changes its meaning is in the notes. */
export function translate(text: string, dialect: Dialect, context: TemplateContext): string {
  return writeTemplate(dialect(text, context), context.field, context.book)
}

/** What stands between `open` and the next `close` is a tag; `read` says what it is, null: text like all the rest. */
function tags(text: string, pattern: RegExp, read: (whole: string, inner: string) => readonly Piece[]): Piece[] {
  const pieces: Piece[] = []
  let position = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > position) pieces.push(textPiece(text.slice(position, match.index)))
    pieces.push(...read(match[0], match.slice(1).find((group) => group !== undefined) ?? ''))
    position = match.index + match[0].length
  }
  if (position < text.length) pieces.push(textPiece(text.slice(position)))
  return pieces
}

const singleTags = /\{\{(?!\{)([^{}]*)\}\}/g
/** Three braces are Mustache's way to say: as it is. */
const doubleBraces = /\{\{\{([^{}]*)\}\}\}|\{\{((?:[^{}]|\{(?!\{)|\}(?!\}))*)\}\}/g

/** Says that the tag has no equal here, and leaves it in the text. */
function kept(whole: string, why: string, { field, book }: TemplateContext): readonly Piece[] {
  book.add('changed', field, `\`${shortened(whole)}\` stands in the text as it is: ${why}`)
  return [textPiece(whole)]
}

function variable(whole: string, name: string, context: TemplateContext): readonly Piece[] {
  const path = toPath(name, context.field, context.book)
  if (path === null) return kept(whole, 'it is not the name of a variable.', context)
  return [{ kind: 'variable', path }]
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** `{{name}}` and nothing else: OpenAI, plain files. */
export const plainBraces: Dialect = (text, context) =>
  tags(text, singleTags, (whole, inner) => variable(whole, inner, context))

/** Mustache, as Portkey has it: variables, partials, comments; sections cannot be said here. */
export const mustache: Dialect = (text, context) =>
  tags(text, doubleBraces, (whole, inner) => {
    const sign = /^\s*([#^/!>&=])/.exec(inner)?.[1]
    const rest = sign === undefined ? inner.trim() : inner.trim().slice(1).trim()
    if (sign === undefined || sign === '&') return variable(whole, rest, context)
    if (sign === '>') return [{ kind: 'partial', name: context.slugOf(rest), selector: null }]
    if (sign === '!') {
      context.book.add('dropped', context.field, `The comment \`${shortened(whole)}\` is left out.`)
      return []
    }
    return kept(whole, 'templates here have no sections. Make two prompts of it, or decide before you ask.', context)
  })

/** Handlebars as dotprompt has it, after roles were taken out: variables only. */
export const handlebars: Dialect = (text, context) =>
  tags(text, doubleBraces, (whole, inner) => {
    if (/^\s*!/.test(inner)) {
      context.book.add('dropped', context.field, `The comment \`${shortened(whole)}\` is left out.`)
      return []
    }
    if (/^\s*[#^/>]|^\s*else\s*$|^\s*[\w-]+\s+\S/.test(inner))
      return kept(whole, 'templates here have no blocks and no helpers.', context)
    return variable(whole, inner, context)
  })

const jinjaTags =
  /\{%-?\s*raw\s*-?%\}([\s\S]*?)\{%-?\s*endraw\s*-?%\}|(\{%[\s\S]*?%\})|(\{#[\s\S]*?#\})|(\{\{[\s\S]*?\}\})/g

/** Jinja and MiniJinja: variables; a filter is left out and reported, logic stays in the text and is reported. */
export const jinja: Dialect = (text, context) =>
  tags(text, jinjaTags, (whole, inner) => {
    if (/^\{%-?\s*raw\b/.test(whole)) return [textPiece(inner)]
    if (whole.startsWith('{#')) {
      context.book.add('dropped', context.field, `The comment \`${shortened(whole)}\` is left out.`)
      return []
    }
    if (whole.startsWith('{%'))
      return kept(whole, 'templates here have no logic. Make two prompts of it, or decide before you ask.', context)
    return jinjaExpression(whole, whole.slice(2, -2).replace(/^-/, '').replace(/-$/, '').trim(), context)
  })

const jinjaName = /^[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}\p{N}_]+|\[\s*(?:'[^']*'|"[^"]*"|[0-9]+)\s*\])*$/u

function jinjaExpression(whole: string, expression: string, context: TemplateContext): readonly Piece[] {
  const [name = '', ...filters] = expression.split('|').map((part) => part.trim())
  if (!jinjaName.test(name)) return kept(whole, 'it is an expression, and templates here only name variables.', context)
  if (filters.length > 0) {
    context.book.add(
      'changed',
      context.field,
      `\`${shortened(whole)}\`: the filter is left out. Send the value as it shall stand.`,
    )
  }
  return variable(whole, name, context)
}

const formatFields = /(\{\{)|(\}\})|\{([^{}]*)\}/g

/** Python's `str.format`: `{name}` is a hole, `{{` and `}}` are braces. */
export const formatString: Dialect = (text, context) =>
  tags(text, formatFields, (whole, inner) => {
    if (whole === '{{') return [textPiece('{')]
    if (whole === '}}') return [textPiece('}')]
    const [, name = '', further = ''] = /^([^!:]*)([\s\S]*)$/.exec(inner) ?? []
    if (!/^[\p{L}_]/u.test(name.trim())) return kept(whole, 'it names no variable.', context)
    if (further !== '')
      context.book.add(
        'changed',
        context.field,
        `\`${shortened(whole)}\`: the format \`${shortened(further)}\` is left out. Send the value as it shall stand.`,
      )
    return variable(whole, name, context)
  })

/** Our own language, in files that people write by hand: `{{name}}` and `{{> name@label}}`. */
export const ownTemplate: Dialect = (text, context) =>
  tags(text, singleTags, (whole, inner) => {
    const [, name, selector] = /^\s*>\s*([a-z0-9][a-z0-9_.-]*)(?:@([A-Za-z0-9][A-Za-z0-9_.-]*))?\s*$/.exec(inner) ?? []
    if (name === undefined) return variable(whole, inner, context)
    return [{ kind: 'partial', name, selector: selector ?? null }]
  })
