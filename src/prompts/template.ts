import type { JsonObject, JsonValue } from '../core/json.ts'
import type { Selector } from './reference.ts'
import { implicitSelector, parseSelectedId } from './selector.ts'

/**
 * The template language, whole:
 *
 *   {{name}}        value of a variable; white space inside the braces does not count
 *   {{user.city}}   member of an object value
 *   {{items.0.id}}  item of a list value, counted from 0
 *   {{> slug@label}} the text of another prompt (a partial), put in when the version is made: see `compose.ts`
 *   \{{             literal `{{`          \\{{name}}   a backslash, then the value
 *
 * There is no logic, no filter and no escaping of HTML. Names are letters (of any script), digits, `_`, `$` and
 * `-`. Only own members are reached: `constructor`, `__proto__` and the `length` of a text or list are nothing. A value is
 * never read as a template again.
 *
 * As text a string is itself, a number or boolean its JSON, an object or list compact JSON; null, and whatever is not
 * there, is nothing at all.
 */

/** Where a value is taken from: the name of a variable, then members and indexes inside its value. */
export interface TemplatePath {
  readonly variable: string
  readonly steps: readonly string[]
  /** As written, without braces: `user.city`. */
  readonly source: string
}

export type TemplatePiece = string | TemplatePath

/** Where the text of another prompt belongs. */
export interface TemplatePartial {
  /** Slug or alias. */
  readonly id: string
  readonly selector: Selector
  /** As written, with its braces. */
  readonly source: string
  /** Where it begins in the template, in UTF-16 units. */
  readonly offset: number
}

export const isPartial = (piece: TemplatePiece | TemplatePartial): piece is TemplatePartial =>
  typeof piece === 'object' && 'selector' in piece

/** A template compiled once. */
export interface Template {
  readonly pieces: readonly TemplatePiece[]
  /** Names of the variables it uses, each once, in order of first use. */
  readonly variables: readonly string[]
  render(variables: JsonObject): string
}

/** What is wrong with a template, and where. */
export class TemplateError extends Error {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number

  constructor(reason: string, template: string, offset: number) {
    const before = template.slice(0, offset)
    const line = before.split('\n').length
    const column = offset - before.lastIndexOf('\n')
    super(`${reason} (line ${line}, column ${column})`)
    this.name = 'TemplateError'
    this.line = line
    this.column = column
  }
}

const stepPattern = /^[\p{L}\p{N}\p{M}_$-]+$/u
const indexPattern = /^(?:0|[1-9][0-9]{0,9})$/
const escapeHint = 'write `\\{{` for literal braces'
const maxPathChars = 256

/** @throws TemplateError with line and column. */
export function compileTemplate(source: string): Template {
  const pieces = parseTemplate(source)
  const variables = [...new Set(pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.variable])))]
  const render = (values: JsonObject): string => {
    let text = ''
    for (const piece of pieces) text += typeof piece === 'string' ? piece : toText(valueAt(values, piece))
    return text
  }
  return { pieces, variables, render }
}

/**
 * Literal texts and paths in their order, no two literals next to each other, none empty.
 *
 * @throws TemplateError, also when a partial is left in it: what is served has none.
 */
export function parseTemplate(source: string): TemplatePiece[] {
  return parseAuthored(source).map((piece) => {
    if (!isPartial(piece)) return piece
    throw new TemplateError(
      `\`${oneLine(piece.source)}\` was not filled in when the version was made`,
      source,
      piece.offset,
    )
  })
}

/**
 * The same of a text as its author wrote it, with its partials.
 *
 * @throws TemplateError
 */
export function parseAuthored(source: string): (TemplatePiece | TemplatePartial)[] {
  const pieces: (TemplatePiece | TemplatePartial)[] = []
  let literal = ''
  let position = 0
  for (;;) {
    const open = source.indexOf('{{', position)
    if (open === -1) break
    let slashes = open
    while (slashes > position && source[slashes - 1] === '\\') slashes--
    const backslashes = open - slashes
    literal += source.slice(position, slashes) + '\\'.repeat(Math.floor(backslashes / 2))
    if (backslashes % 2 === 1) {
      literal += '{{'
      position = open + 2
      continue
    }
    const close = source.indexOf('}}', open + 2)
    if (close === -1) throw new TemplateError(`\`{{\` has no \`}}\`: close it, or ${escapeHint}`, source, open)
    if (literal !== '') pieces.push(literal)
    literal = ''
    const named = source.slice(open + 2, close).trimStart()
    pieces.push(named.startsWith('>') ? parsePartial(source, open, close) : parsePath(source, open, close))
    position = close + 2
  }
  literal += source.slice(position)
  if (literal !== '') pieces.push(literal)
  return pieces
}

function parsePartial(source: string, open: number, close: number): TemplatePartial {
  const written = source.slice(open, close + 2)
  const shown = oneLine(written)
  const selected = parseSelectedId(written.slice(2, -2).trim().slice(1).trim())
  if (typeof selected !== 'string')
    return { id: selected.id, selector: selected.selector ?? implicitSelector, source: written, offset: open }
  throw new TemplateError(
    `\`${shown}\` names no partial: it ${selected}; write \`{{> slug}}\`, \`{{> slug@label}}\`, or \`\\{{\` for literal braces`,
    source,
    open,
  )
}

/** A piece of a template inside a message: bounded, and on one line. */
export function oneLine(source: string): string {
  const text = source.replaceAll(/\s+/g, ' ')
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function parsePath(source: string, open: number, close: number): TemplatePath {
  const written = source.slice(open + 2, close).trim()
  if (written === '')
    throw new TemplateError(`\`{{}}\` names no variable: put a name between the braces, or ${escapeHint}`, source, open)
  const [variable = '', ...steps] = written.length > maxPathChars ? [] : written.split('.')
  if (![variable, ...steps].every((step) => stepPattern.test(step))) {
    const shown = written.length > 40 ? `${written.slice(0, 40)}…` : written
    // Handlebars and Jinja have them, so people expect them.
    const why = /^[#/^!&]|[|\s]/.test(written) ? ' (templates have no logic and no filters)' : ''
    throw new TemplateError(
      `\`{{${shown}}}\` is not the name of a variable${why}: use letters, digits, \`_\`, \`$\` or \`-\`, with \`.\` before a member, or ${escapeHint}`,
      source,
      open,
    )
  }
  return { variable, steps, source: written }
}

/** The value at the path; undefined when any step leads nowhere. Own members only. */
export function valueAt(variables: JsonObject, path: TemplatePath): JsonValue | undefined {
  let value: JsonValue | undefined = Object.hasOwn(variables, path.variable) ? variables[path.variable] : undefined
  for (const step of path.steps) {
    if (typeof value !== 'object' || value === null) return undefined
    // An array's `length` is an own property, but no item.
    if (!Object.hasOwn(value, step) || (Array.isArray(value) && !indexPattern.test(step))) return undefined
    value = (value as JsonObject)[step]
  }
  return value
}

/** How a value looks inside a text. */
export function toText(value: JsonValue | undefined): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
