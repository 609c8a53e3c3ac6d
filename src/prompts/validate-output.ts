import { findJsonMistake } from '../contract/admin/json-position.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { isNestedDeeper } from '../core/nesting.ts'
import type { VersionBody } from './compiled-version.ts'
import { type SchemaCheck, schemaCheck } from './schema-check.ts'
import type { VariableProblem } from './variable-problem.ts'

/** Longer texts are not checked, characters: parsing and checking hold up the event loop. */
export const longestCheckedText = 1_000_000

/** What a version asks of the answers to it. */
export interface OutputRule {
  /** What an answer has to be. */
  readonly format: CheckedFormat
  /**
   * What is wrong with one answer: a clause about "the answer", which people and models understand. null: nothing.
   *
   * @param wasCut the model was stopped at its limit of tokens.
   */
  check(text: string, wasCut: boolean): string | null
  /** What a model is told to do that has missed. */
  readonly wanted: string
}

type CheckedFormat = 'json' | 'structured' | 'markdown' | 'code'

/**
 * The rule of a version, by its `output_schema` and `output_format`; a schema makes it `structured`, whatever the format
 * says. null: there is nothing to check. The schema is compiled when the first answer is checked.
 */
export function compileOutputRule(body: Pick<VersionBody, 'output_schema' | 'output_format'>): OutputRule | null {
  const schema = body.output_schema ?? null
  const format = schema === null ? (body.output_format ?? 'text') : 'structured'
  switch (format) {
    case 'text':
      return null
    case 'json':
    case 'structured':
      return jsonRule(format, schema)
    case 'markdown':
      return { format, check: bounded(markdownProblem), wanted: 'Say the whole answer again in Markdown.' }
    case 'code':
      return { format, check: bounded(codeProblem), wanted: 'Say the whole code again, in one closed code fence.' }
  }
}

type Check = OutputRule['check']

function bounded(check: Check): Check {
  return (text, wasCut) => {
    if (text.length <= longestCheckedText) return check(text, wasCut)
    return `is too long to be checked: it has more than ${longestCheckedText} characters`
  }
}

function jsonRule(format: 'json' | 'structured', schema: JsonObject | null): OutputRule {
  const meets = schema === null ? null : schemaCheck(schema, { fillsDefaults: false })
  const again = 'Say the whole JSON again and nothing else: no explanation, no code fence.'
  const told = schema === null ? '' : JSON.stringify(schema)
  return {
    format,
    check: bounded((text, wasCut) => jsonProblem(text, wasCut, meets)),
    wanted:
      told === '' || told.length > longestToldSchema ? again : `${again} It has to meet this JSON Schema: ${told}`,
  }
}

/** A longer schema costs more tokens than it is worth to a model that is told which rule it broke. */
const longestToldSchema = 16_000

function jsonProblem(text: string, wasCut: boolean, meets: SchemaCheck | null): string | null {
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return notJson(text, wasCut)
  }
  if (meets === null) return null
  if (isNestedDeeper(value)) return 'is nested too deeply to be checked'
  const problems = meets(value)
  return problems.length === 0 ? null : problemsText(problems)
}

/** Where and why it is no JSON, without a word of it: it may hold secrets, and engines word this differently. */
function notJson(text: string, wasCut: boolean): string {
  const said = text.trim()
  if (said === '') return wasCut ? 'was cut at the limit of tokens before it began' : 'is empty, and not JSON'
  if (wasCut) return 'is not whole JSON: it was cut at the limit of tokens'
  if (fenceOf(said) !== null) return 'is not JSON: it stands in a code fence'
  const mistake = findJsonMistake(text)
  if (mistake === null) return 'is not JSON'
  if (mistake.offset === text.length - text.trimStart().length) return 'is not JSON: it begins with other text'
  const { line, column, expected } = mistake
  return `is not JSON: at line ${line}, column ${column}, ${expected} was expected`
}

const maxListed = 5

function problemsText(problems: readonly VariableProblem[]): string {
  const listed = problems.slice(0, maxListed).map(({ path, text }) => {
    return path.length === 0 ? `it ${text}` : `\`${placeText(path)}\` ${text}`
  })
  const more = problems.length > maxListed ? `; and ${problems.length - maxListed} more` : ''
  return `does not meet its schema: ${listed.join('; ')}${more}`
}

/** `items[0].price`. Names come from a model: bounded, and nothing in them breaks a line. */
function placeText(path: readonly string[]): string {
  let place = ''
  for (const step of path) {
    if (/^\d+$/.test(step)) place += `[${step}]`
    else place += place === '' ? step : `.${step}`
  }
  const safe = place.replace(/[\p{Cc}\p{Surrogate}`]/gu, '?')
  return safe.length > 128 ? `${safe.slice(0, 128)}…` : safe
}

/** Not empty, no code fence that is left open (the rest would be shown as code), and not another format in disguise. */
function markdownProblem(text: string, wasCut: boolean): string | null {
  const said = text.trim()
  if (said === '') return 'is empty'
  if (hasOpenFence(said)) return wasCut ? 'was cut at the limit of tokens inside a code fence' : openFence
  if (/^(?:<!doctype html|<html[\s>])/i.test(said)) return 'is an HTML document, and not Markdown'
  return isJsonContainer(said) ? 'is JSON, and not Markdown' : null
}

/** Code as such or in fences; with fences, they are closed and something stands in one of them. */
function codeProblem(text: string, wasCut: boolean): string | null {
  const said = text.trim()
  if (said === '') return 'is empty'
  if (wasCut) return 'is not whole: it was cut at the limit of tokens'
  const fences = readFences(said)
  if (fences.isOpen) return openFence
  return fences.blocks > 0 && !fences.isFilled ? 'has a code fence with nothing in it' : null
}

const openFence = 'has a code fence that is not closed'

function hasOpenFence(text: string): boolean {
  return readFences(text).isOpen
}

interface Fences {
  readonly blocks: number
  /** The last one is not closed. */
  readonly isOpen: boolean
  /** Something stands in at least one. */
  readonly isFilled: boolean
}

/** Code fences as Markdown knows them, at any indentation: they stand in lists too. */
function readFences(text: string): Fences {
  let opener: string | null = null
  let blocks = 0
  let isFilled = false
  for (const line of text.split('\n')) {
    const fence = fenceOf(line.trimStart())
    if (opener === null) {
      if (fence === null) continue
      opener = fence
      blocks += 1
    } else if (fence !== null && fence[0] === opener[0] && fence.length >= opener.length && line.trim() === fence) {
      opener = null
    } else if (line.trim() !== '') {
      isFilled = true
    }
  }
  return { blocks, isOpen: opener !== null, isFilled }
}

/** The marks of the fence that a line begins with; null: it begins with none. */
function fenceOf(line: string): string | null {
  const mark = line[0]
  if (mark !== '`' && mark !== '~') return null
  let length = 1
  while (line[length] === mark) length += 1
  if (length < 3) return null
  const end = line.indexOf('\n')
  // What stands in backticks in one line is code in a sentence.
  const rest = line.slice(length, end === -1 ? undefined : end)
  return mark === '`' && rest.includes('`') ? null : mark.repeat(length)
}

function isJsonContainer(text: string): boolean {
  if (!text.startsWith('{') && !text.startsWith('[')) return false
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
