import type { ErrorObject } from 'ajv/dist/2020.js'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { maxPatternInput, pointerSteps } from './schema-compiler.ts'

/** What is wrong with one variable: where, and a clause that follows its name. Values are never repeated: they may be secrets. */
export interface VariableProblem {
  readonly path: readonly string[]
  readonly text: string
}

/** Reads one error of the validator; none for an error that another one sums up. */
export function describeProblem(error: ErrorObject, schema: JsonObject): readonly VariableProblem[] {
  // The alternatives' own errors contradict each other; the error of the alternative as a whole says it.
  if (/\/(?:anyOf|oneOf)\/\d+\//.test(error.schemaPath) || error.keyword === 'if') return []
  // So with what no item is, and with what a name is not; a property may have these names, too.
  if (/(?<!roperties)\/(?:contains|propertyNames)\//.test(error.schemaPath)) return []
  const path = pointerSteps(error.instancePath)
  const params = error.params as Record<string, unknown>
  switch (error.keyword) {
    case 'required':
      return [
        {
          path: [...path, String(params['missingProperty'])],
          text: missingText(path, String(params['missingProperty']), schema),
        },
      ]
    case 'type':
      return [{ path, text: `must be ${typeList(params['type'])}, not ${kindOf(error.data)}` }]
    case 'enum':
      return [{ path, text: `must be one of ${valueList(params['allowedValues'])}` }]
    case 'const':
      return [{ path, text: `must be ${valueList([params['allowedValue']])}` }]
    case 'pattern':
      return [{ path, text: patternText(String(params['pattern']), error.data) }]
    case 'anyOf':
    case 'oneOf':
      return [{ path, text: alternativesText(error) }]
    case 'additionalProperties':
      return [{ path: [...path, String(params['additionalProperty'])], text: 'is not a member that may be there' }]
    case 'unevaluatedProperties':
      return [{ path: [...path, String(params['unevaluatedProperty'])], text: 'is not a member that may be there' }]
    case 'false schema':
      return [{ path, text: 'must not be given' }]
    case 'propertyNames':
      return [{ path, text: `must not have a member of the name ${shortened(String(params['propertyName']))}` }]
    case 'dependentRequired':
      return [
        {
          path: [...path, String(params['missingProperty'])],
          text: `is missing; it is required where ${shortened(String(params['property']))} is given`,
        },
      ]
    default:
      return [{ path, text: boundText(error.keyword, params['limit']) ?? plainText(error, params) }]
  }
}

/** Rules about a size, in the words of people; null: the rule is about something else. */
function boundText(keyword: string, limit: unknown): string | null {
  const words = Object.hasOwn(bounds, keyword) ? bounds[keyword] : undefined
  if (words === undefined) return null
  const [before, one, many] = words
  const what = limit === 1 ? one : many
  return `${before} ${String(limit)}${what === '' ? '' : ` ${what}`}`
}

const bounds: Readonly<Record<string, readonly [before: string, one: string, many: string]>> = {
  minLength: ['must have at least', 'character', 'characters'],
  maxLength: ['must have at most', 'character', 'characters'],
  minItems: ['must have at least', 'item', 'items'],
  maxItems: ['must have at most', 'item', 'items'],
  minProperties: ['must have at least', 'member', 'members'],
  maxProperties: ['must have at most', 'member', 'members'],
  minimum: ['must be at least', '', ''],
  maximum: ['must be at most', '', ''],
  exclusiveMinimum: ['must be more than', '', ''],
  exclusiveMaximum: ['must be less than', '', ''],
}

function plainText(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  switch (error.keyword) {
    case 'multipleOf':
      return `must be a multiple of ${String(params['multipleOf'])}`
    case 'not':
      return 'must not be what the `not` of its schema describes'
    case 'contains':
      return 'does not have as many items of the kind its schema wants (`contains`)'
    default:
      return (error.message ?? `breaks the rule \`${error.keyword}\``).replace('NOT', 'not')
  }
}

function missingText(path: readonly string[], name: string, schema: JsonObject): string {
  const properties = path.length === 0 ? ownMember(schema, 'properties') : undefined
  const property = isJsonObject(properties) ? ownMember(properties, name) : undefined
  const type = isJsonObject(property) ? ownMember(property, 'type') : undefined
  return `is missing; it is required${type === undefined ? '' : ` and must be ${typeList(type)}`}`
}

function patternText(pattern: string, value: unknown): string {
  if (typeof value === 'string' && value.length > maxPatternInput) {
    return `must have at most ${maxPatternInput} characters, to be matched against its pattern`
  }
  return `must match the pattern ${shortened(pattern)}`
}

function alternativesText(error: ErrorObject): string {
  const branches = Array.isArray(error.schema) ? (error.schema as unknown[]) : []
  const types = branches.map((branch) => (isJsonObject(branch) ? ownMember(branch, 'type') : undefined))
  const passing = (error.params as { passingSchemas?: unknown }).passingSchemas
  if (Array.isArray(passing)) return 'must meet exactly one of the alternatives of its schema, not several'
  const isOfOtherType =
    types.length > 0 && types.every((type) => typeof type === 'string' && type !== jsonType(error.data))
  return isOfOtherType
    ? `must be ${typeList(types)}, not ${kindOf(error.data)}`
    : 'must meet one of the alternatives of its schema'
}

const typeNames: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'a boolean',
  object: 'an object',
  array: 'a list',
  null: 'null',
}

function typeList(type: unknown): string {
  const types = (Array.isArray(type) ? type : [type]).map(String)
  return [...new Set(types)].map((name) => typeNames[name] ?? name).join(' or ')
}

function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value
}

function kindOf(value: unknown): string {
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction'
  return typeNames[jsonType(value)] ?? 'something else'
}

function valueList(values: unknown): string {
  if (!Array.isArray(values)) return 'the values of its schema'
  const shown = values.slice(0, 10).map((value) => shortened(JSON.stringify(value as JsonValue)))
  return shown.join(', ') + (values.length > shown.length ? ', …' : '')
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
