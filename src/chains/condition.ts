import { RE2JS } from 're2js'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { canonicalJson } from '../prompts/canonical-json.ts'
import { maxPatternInput } from '../prompts/schema-compiler.ts'
import { TemplateError, parseTemplate, toText } from '../prompts/template.ts'
import type { Condition, Mapping } from './compiled-chain.ts'
import { type Note, type NotePath, compileMapping } from './mapping.ts'

/*
 * The language of `when`, whole:
 *
 *   "{{steps.a.output}}"                                      the value is truthy
 *   "{{steps.a.output}} == billing"                           also `!=`; quotes around a text may be there
 *   {"value": "{{…}}", "equals": "billing"}                   also `not_equals`, `contains`, `not_contains`, `matches`, `exists`
 *   {"all": [ … ]}   {"any": [ … ]}   {"not": … }             of any of these
 *
 * White space around a text does not count, because models like to add some. There is nothing to run here: a condition is
 * data, checked when the chain is saved, and costs linear time whatever a model answers. A pattern is not found in a text
 * that is too long for patterns: even linear time is too long then.
 */

/** Nobody can read what is nested deeper, or longer. */
const mostDepth = 8
const mostParts = 64
const mostPatternChars = 1_000

const operators = ['equals', 'not_equals', 'contains', 'not_contains', 'matches', 'exists'] as const
type Operator = (typeof operators)[number]
type Test = (value: JsonValue | undefined) => boolean

const shape =
  'must be a template, `{"value": "{{…}}", …}` with one of `equals`, `not_equals`, `contains`, `not_contains`, `matches` and `exists`, or one of `all`, `any` and `not`'

/** Whatever the steps said, it would hold: nobody means that. */
const alwaysTrue =
  'has text beside its `{{…}}`, so it would always hold: compare with `==` or `!=`, as in `{{steps.a.output}} == billing`, or write `{"value": "{{…}}", "contains": "…"}`'

/** Compiles a condition. What is wrong with it is noted; such a condition never holds. */
export function compileCondition(source: JsonValue, note: Note, notePath: NotePath): Condition {
  return new ConditionCompiler(note, notePath).compile(source, [])
}

const never: Condition = () => false

class ConditionCompiler {
  readonly #note: Note
  readonly #notePath: NotePath
  #parts = 0

  constructor(note: Note, notePath: NotePath) {
    this.#note = note
    this.#notePath = notePath
  }

  compile(source: JsonValue, path: readonly PropertyKey[]): Condition {
    this.#parts += 1
    if (this.#parts === mostParts + 1) return this.#wrong(`must have at most ${mostParts} parts`, [])
    if (this.#parts > mostParts) return never
    if (path.length > 2 * mostDepth) return this.#wrong(`must not be nested deeper than ${mostDepth} levels`, [])
    if (typeof source === 'string') return this.#compileText(source, path)
    if (!isJsonObject(source)) return this.#wrong(shape, path)
    return this.#compileObject(source, path)
  }

  #compileText(source: string, path: readonly PropertyKey[]): Condition {
    const [, left, operator, right] = /^(.*?)([=!]=)(.*)$/s.exec(source) ?? []
    if (left !== undefined && operator !== undefined && right !== undefined && source.includes('{{')) {
      const one = this.#mapping(operand(left), path)
      const other = this.#mapping(operand(right), path)
      return (values) => isEqual(one(values), other(values) ?? null) === (operator === '==')
    }
    const isConstant = /^\s*(?:true|false)\s*$/.test(source)
    if (!isConstant && saysSomethingItself(source)) return this.#wrong(alwaysTrue, path)
    const value = this.#mapping(source, path)
    return (values) => isTruthy(value(values))
  }

  #compileObject(source: JsonObject, path: readonly PropertyKey[]): Condition {
    const names = Object.keys(source)
    const [only] = names
    if (names.length === 1 && (only === 'all' || only === 'any')) {
      const parts = this.#list(ownMember(source, only), [...path, only])
      return only === 'all'
        ? (values) => parts.every((part) => part(values))
        : (values) => parts.some((part) => part(values))
    }
    if (names.length === 1 && only === 'not') {
      const part = this.compile(ownMember(source, 'not') ?? null, [...path, 'not'])
      return (values) => !part(values)
    }
    const operator = operators.find((name) => Object.hasOwn(source, name))
    if (names.length !== 2 || operator === undefined || !Object.hasOwn(source, 'value')) return this.#wrong(shape, path)
    const value = this.#mapping(ownMember(source, 'value') ?? null, [...path, 'value'])
    const test = this.#test(operator, ownMember(source, operator) ?? null, [...path, operator])
    return (values) => test(value(values))
  }

  #list(source: JsonValue | undefined, path: readonly PropertyKey[]): readonly Condition[] {
    if (!Array.isArray(source) || source.length === 0) {
      this.#wrong('must be a list with at least one condition', path)
      return [never]
    }
    return (source as readonly JsonValue[]).map((part, index) => this.compile(part, [...path, index]))
  }

  #test(operator: Operator, wanted: JsonValue, path: readonly PropertyKey[]): Test {
    if (operator === 'equals') return (value) => isEqual(value, wanted)
    if (operator === 'not_equals') return (value) => !isEqual(value, wanted)
    if (operator === 'exists') {
      if (typeof wanted === 'boolean') return (value) => isThere(value) === wanted
      this.#wrong('must be true or false', path)
      return () => false
    }
    if (typeof wanted !== 'string' || wanted === '') {
      this.#wrong('must be a text that is not empty', path)
      return () => false
    }
    if (operator === 'matches') return this.#pattern(wanted, path)
    return (value) => contains(value, wanted) === (operator === 'contains')
  }

  #pattern(source: string, path: readonly PropertyKey[]): Test {
    if (source.length > mostPatternChars) {
      this.#wrong(`must have at most ${mostPatternChars} characters`, path)
      return () => false
    }
    try {
      const pattern = RE2JS.compile(RE2JS.translateRegExp(source))
      return (value) => {
        const text = toText(value)
        return text.length <= maxPatternInput && pattern.test(text)
      }
    } catch (error) {
      const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
      this.#wrong(`is not a pattern that RE2 can run (no look-around, no back-references): ${why}`, path)
      return () => false
    }
  }

  #mapping(source: JsonValue, path: readonly PropertyKey[]): Mapping {
    return compileMapping(source, (message, on = []) => this.#note(message, [...path, ...on]), this.#notePath)
  }

  #wrong(message: string, path: readonly PropertyKey[]): Condition {
    this.#note(message, path)
    return never
  }
}

/** One side of `==`: quotes around a text are not a part of it, and one whole `{{…}}` keeps its type. */
function operand(text: string): string {
  const trimmed = text.trim()
  const [, , quoted] = /^(["'])(.*)\1$/s.exec(trimmed) ?? []
  return quoted ?? trimmed
}

/** Nothing, false, 0 and an empty list or object are not; of texts those that are empty, `false`, `null` or `0`. */
function isTruthy(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return !['', 'false', 'null', '0'].includes(value.trim().toLowerCase())
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** Something is there, and it is no empty text. */
function isThere(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '')
}

/** A text equals what is written like it: models answer `5` or `true` as texts. */
function isEqual(value: JsonValue | undefined, wanted: JsonValue): boolean {
  if (typeof value === 'string') return value.trim() === toText(wanted).trim()
  if (typeof wanted === 'string') return toText(value).trim() === wanted.trim()
  return canonicalJson(value ?? null) === canonicalJson(wanted)
}

/** Of a list one of its items, else a part of the text. */
function contains(value: JsonValue | undefined, wanted: string): boolean {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).some((item) => isEqual(item, wanted))
  return toText(value).includes(wanted)
}

/** Has text besides its `{{…}}`. One that does not parse is refused where it is compiled. */
function saysSomethingItself(source: string): boolean {
  try {
    return parseTemplate(source).some((piece) => typeof piece === 'string' && piece.trim() !== '')
  } catch (error) {
    if (error instanceof TemplateError) return false
    throw error
  }
}
