import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { RE2JS } from 're2js'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { canonicalJson } from './canonical-json.ts'
import { compareByJson } from './compare-by-json.ts'

/**
 * JSON Schema 2020-12 as prompt authors may write it, made safe for values that strangers send: a pattern runs in linear
 * time (RE2, so no look-around and no back-references), `uniqueItems` in linear time too, values are compared by what they say
 * and never asked for it, nothing is ever fetched, and `format` only describes.
 */

export type SchemaProblem = { readonly path: readonly PropertyKey[]; readonly message: string }
export type Validate = ValidateFunction & { errors?: ErrorObject[] | null }

/** A longer text does not match any pattern: even linear time is too long then. */
export const maxPatternInput = 100_000

/** An Ajv instance keeps something of every schema it compiled, so it is replaced from time to time. */
const schemasPerCompiler = 200

interface Compiler {
  readonly ajv: Ajv2020
  uses: number
}
const compilers = new Map<string, Compiler>()
let metaCompiler: Ajv2020 | null = null

/**
 * @param thorough finds all errors instead of the first. Only for small values: there may be one error for each item.
 * @param fillsDefaults writes defaults into the value, so that what has one is never missing.
 * @throws Error with a message for the author when a pattern or a reference cannot be used.
 */
export function compileSchema(schema: JsonObject, thorough: boolean, fillsDefaults = true): Validate {
  const { $schema: _, ...rest } = schema
  // A schema that names itself or its parts would be seen by every other schema of the same compiler.
  if (JSON.stringify(rest).includes('"$id"')) return newCompiler(thorough, fillsDefaults).compile(rest)
  const name = `${thorough} ${fillsDefaults}`
  let compiler = compilers.get(name)
  if (compiler === undefined || compiler.uses >= schemasPerCompiler) {
    compiler = { ajv: newCompiler(thorough, fillsDefaults), uses: 0 }
    compilers.set(name, compiler)
  }
  compiler.uses++
  try {
    return compiler.ajv.compile(rest)
  } finally {
    compiler.ajv.removeSchema(rest)
  }
}

/** Objects and lists that the schemas of one version may have together: compiling them holds up the event loop. */
export const maxSchemaParts = 2_000

/** How many objects and lists a schema has; stops counting above `most`. The body it stands in is no deeper than 64 levels. */
export function countParts(value: JsonValue, most: number): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 1
  for (const member of Object.values(value)) {
    if (count > most) return count
    count += countParts(member, most - count)
  }
  return count
}

/** What is wrong with a schema as such; empty when it can be used. Bound its parts first. */
export function schemaProblems(schema: JsonObject): readonly SchemaProblem[] {
  if (schema['$async'] !== undefined)
    return [{ path: ['$async'], message: 'must not be there: a schema cannot be asynchronous' }]
  const { $schema: _, ...rest } = schema
  metaCompiler ??= new Ajv2020({ strict: false, logger: false, allErrors: true, validateFormats: false })
  if (metaCompiler.validateSchema(rest) !== true) {
    const errors = metaCompiler.errors ?? []
    const seen = new Map<string, SchemaProblem>()
    for (const error of errors) {
      const path = pointerSteps(error.instancePath)
      if (!seen.has(error.instancePath))
        seen.set(error.instancePath, { path, message: `is no valid JSON Schema: ${schemaRule(error)}` })
    }
    return [...seen.values()].slice(0, 10)
  }
  try {
    compileSchema(schema, false)(Object.create(null))
  } catch (error) {
    if (error instanceof RangeError)
      return [{ path: [], message: 'is nested too deeply, or refers to itself without end' }]
    return [{ path: [], message: `cannot be used: ${error instanceof Error ? error.message : String(error)}` }]
  }
  return []
}

/** What Ajv says, with the values where there is a choice: "the allowed values" alone helps nobody who mistyped one. */
function schemaRule({ message, keyword, params }: ErrorObject): string {
  const allowed: unknown = params['allowedValues']
  if (!Array.isArray(allowed)) return message ?? keyword
  return `must be one of ${allowed.map((value) => `\`${String(value)}\``).join(', ')}`
}

/** `/a/0/b` to `['a', '0', 'b']`. */
export function pointerSteps(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function newCompiler(allErrors: boolean, useDefaults: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors,
    // Gives each error the value it is about, to say what kind of value it was.
    verbose: true,
    useDefaults,
    coerceTypes: false,
    ownProperties: true,
    validateFormats: false,
    validateSchema: false,
    meta: false,
    logger: false,
    code: { regExp: linearRegExp },
  })
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    errors: false,
    validate: (unique: boolean, items: readonly JsonValue[]) =>
      !unique || new Set(items.map(canonicalJson)).size === items.length,
    error: { message: 'must not have the same item twice' },
  })
  compareByJson(ajv)
  return ajv
}

/** Ajv's own interface for another engine; it tells two of them apart by `toString`. */
function makeLinearRegExp(pattern: string): { test(text: string): boolean; toString(): string } {
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(RE2JS.translateRegExp(pattern))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^error parsing regexp: /, '') : String(cause)
    throw new Error(
      `the pattern ${JSON.stringify(pattern)} is not one RE2 can run (no look-around, no back-references): ${why}`,
      { cause },
    )
  }
  return {
    test: (text) => text.length <= maxPatternInput && compiled.test(text),
    toString: () => pattern,
  }
}
const linearRegExp = Object.assign(makeLinearRegExp, { code: 'linearRegExp' })

/** A matcher for names by a schema's `patternProperties`. */
export function namePattern(pattern: string): (name: string) => boolean {
  const compiled = makeLinearRegExp(pattern)
  return (name) => compiled.test(name)
}
