import { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import { isNestedDeeper } from '../core/nesting.ts'
import { schemaCheck } from './schema-check.ts'
import { namePattern } from './schema-compiler.ts'
import type { VariableProblem } from './variable-problem.ts'

/**
 * The variables of one version. With a JSON Schema its types, defaults and `required` hold; a variable it does not require
 * and that has no default is empty when it is not given. Without one every variable that the templates use is required,
 * of any type.
 */
export interface Variables {
  /**
   * The values to render with: those given and known, and the defaults. Never the object given, which stays as it is.
   *
   * @throws Fault `invalid_variables`, param `variables.<name>`, for what is missing or breaks a rule.
   */
  read(given: JsonObject): { readonly values: JsonObject; readonly unknown: readonly string[] }
}

/** Deeper values serve no template, and recursion over them would be an attack on the stack. */
export const maxValueDepth = 64
const maxListed = 5

/**
 * The schema is compiled at the first read.
 *
 * @param used names that occur in the templates.
 * @param placeholders names of variables that hold messages: known, whether the schema declares them or not, and required
 *   only when it says so.
 */
export function compileVariables(
  schema: JsonObject | null,
  used: readonly string[],
  placeholders: readonly string[] = [],
): Variables {
  if (schema === null) return undeclaredVariables(used, placeholders)
  return declaredVariables(withPlaceholders(schema, placeholders), [...used, ...placeholders])
}

/** With a property for each that has none, so that `additionalProperties` has nothing to say about it. */
function withPlaceholders(schema: JsonObject, names: readonly string[]): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const missing = names.filter((name) => !Object.hasOwn(properties, name))
  if (missing.length === 0) return schema
  return { ...schema, properties: { ...properties, ...Object.fromEntries(missing.map((name) => [name, true])) } }
}

function undeclaredVariables(used: readonly string[], placeholders: readonly string[]): Variables {
  const known = exactly([...used, ...placeholders])
  return {
    read(given) {
      const taken = takeKnown(given, known, false)
      refuse(
        used
          .filter((name) => !Object.hasOwn(taken.values, name))
          .map((name) => ({
            path: [name],
            text: 'is missing; the prompt uses it and declares no default, so it is required',
          })),
      )
      return taken
    },
  }
}

function declaredVariables(schema: JsonObject, used: readonly string[]): Variables {
  const known = knownNames(schema, used)
  const copies = hasDefaultInside(schema)
  const check = schemaCheck(schema, { fillsDefaults: true })
  return {
    read(given) {
      const taken = takeKnown(given, known, copies)
      refuse(check(taken.values))
      return taken
    },
  }
}

/** Which names are variables. */
interface KnownNames {
  readonly has: (name: string) => boolean
  /** None of them is a name that every object has, such as `toString`. */
  readonly ordinary: boolean
}

function exactly(names: Iterable<string>): KnownNames {
  const set = new Set(names)
  return { has: (name) => set.has(name), ordinary: ![...set].some((name) => name in Object.prototype) }
}

interface Taken {
  readonly values: Record<string, JsonValue>
  readonly unknown: string[]
}

/** The members that are known, in an object of their own. */
function takeKnown(given: JsonObject, known: KnownNames, copies: boolean): Taken {
  const names = Object.keys(given)
  // A copy in one piece takes a tenth of the time, and this is what nearly every request gives.
  if (known.ordinary && !copies && names.every((name) => known.has(name) && isFlat(given[name])))
    return { values: { ...(given as Record<string, JsonValue>) }, unknown: [] }
  // Without prototype, so that `toString` is a name like any other.
  const values = Object.create(null) as Record<string, JsonValue>
  const unknown: string[] = []
  for (const name of names) {
    const value = given[name]
    if (value === undefined) continue
    if (!known.has(name)) {
      unknown.push(name)
      continue
    }
    if (typeof value === 'object' && isNestedDeeper(value, maxValueDepth)) {
      refuse([{ path: [name], text: `must not be nested deeper than ${maxValueDepth} levels` }])
    }
    values[name] = copies ? copied(value) : value
  }
  return { values, unknown }
}

function isFlat(value: JsonValue | undefined): boolean {
  return typeof value === 'object' ? !isNestedDeeper(value, maxValueDepth) : value !== undefined
}

function refuse(problems: readonly VariableProblem[]): void {
  const [first] = problems
  if (first === undefined) return
  const listed = problems
    .slice(0, maxListed)
    .map(({ path, text }) =>
      path.length === 0 ? `The variables ${text}` : `The variable \`${pathText(path)}\` ${text}`,
    )
  const more = problems.length > maxListed ? ` There are ${problems.length - maxListed} more problems.` : ''
  const path = pathText(first.path)
  throw new Fault(
    'invalid_variables',
    `${listed.join('. ')}.${more} Give each variable its value in the variables of the request.`,
    {
      param: path === '' ? 'variables' : `variables.${path}`,
    },
  )
}

/** Names come from outside: bounded, and nothing in them breaks a line. */
function pathText(path: readonly string[]): string {
  const text = path.join('.').replace(/[\p{Cc}\p{Surrogate}`]/gu, '?')
  return text.length > 128 ? `${text.slice(0, 128)}…` : text
}

const listsOfSchemas = ['allOf', 'anyOf', 'oneOf'] as const
const nestedSchemas = ['if', 'then', 'else', 'not'] as const

/** Names a schema speaks of at its top level, wherever it does; null when it refers elsewhere, so that any name may count. */
export function declaredNames(schema: JsonObject): ReadonlySet<string> | null {
  const names = new Set<string>()
  return collectNames(schema, names) ? names : null
}

function collectNames(schema: JsonValue | undefined, names: Set<string>): boolean {
  if (!isJsonObject(schema)) return true
  if (schema['$ref'] !== undefined || schema['$dynamicRef'] !== undefined) return false
  for (const keyword of ['properties', 'dependentSchemas', 'dependentRequired']) {
    const member = schema[keyword]
    if (isJsonObject(member)) for (const name of Object.keys(member)) names.add(name)
  }
  const lists = [
    schema['required'],
    ...Object.values(isJsonObject(schema['dependentRequired']) ? schema['dependentRequired'] : {}),
  ]
  for (const list of lists)
    if (Array.isArray(list)) for (const name of list) if (typeof name === 'string') names.add(name)
  const dependent = isJsonObject(schema['dependentSchemas']) ? Object.values(schema['dependentSchemas']) : []
  const inner = [
    ...listsOfSchemas.flatMap((keyword) =>
      Array.isArray(schema[keyword]) ? (schema[keyword] as readonly JsonValue[]) : [],
    ),
    ...nestedSchemas.map((keyword) => schema[keyword]),
    ...dependent,
  ]
  return inner.every((each) => collectNames(each, names))
}

function knownNames(schema: JsonObject, used: readonly string[]): KnownNames {
  const declared = declaredNames(schema)
  if (declared === null) return { has: () => true, ordinary: false }
  const known = exactly([...declared, ...used])
  const patternProperties = schema['patternProperties']
  const patterns = isJsonObject(patternProperties) ? Object.keys(patternProperties).map(namePattern) : []
  if (patterns.length === 0) return known
  return { has: (name) => known.has(name) || patterns.some((matches) => matches(name)), ordinary: false }
}

/** Ajv writes defaults into the value itself; below the top level that would be the client's object. */
function hasDefaultInside(schema: JsonObject): boolean {
  const properties = schema['properties']
  if (Object.entries(schema).some(([keyword, value]) => keyword !== 'properties' && mentionsDefault(value))) return true
  if (!isJsonObject(properties)) return false
  return Object.values(properties).some(
    (property) =>
      isJsonObject(property) &&
      Object.entries(property).some(([keyword, value]) => keyword !== 'default' && mentionsDefault(value)),
  )
}

function mentionsDefault(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(value, 'default') || Object.values(value).some(mentionsDefault)
}

function copied(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(copied)
  if (typeof value !== 'object' || value === null) return value
  // fromEntries defines own members, so that `__proto__` is a name like any other.
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copied(member)]))
}
