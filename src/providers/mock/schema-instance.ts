import { isJsonObject, ownMember, type JsonObject, type JsonValue } from '../../core/json.ts'

const deepest = 12
const mostItems = 100
/** Of one instance, about. A schema that refers to itself doubles at every level, and all of it is built in one go. */
const mostChars = 65_536
const charsOfValue = 8

interface Walk {
  readonly root: JsonObject
  /** Characters that may still be made; below 0 everything is null. */
  left: number
}

/**
 * A small value that fits a JSON Schema: required properties only, first alternatives, smallest numbers. Where the schema
 * asks for more than a mock answer may hold, the rest is null.
 */
export function schemaInstance(schema: JsonValue | undefined): JsonValue {
  return instanceOf(schema, { root: isJsonObject(schema) ? schema : {}, left: mostChars }, 0)
}

function instanceOf(schema: JsonValue | undefined, walk: Walk, depth: number): JsonValue {
  walk.left -= charsOfValue
  if (!isJsonObject(schema) || depth > deepest || walk.left < 0) return null
  const given = givenValue(schema)
  if (given !== undefined) return bounded(given, walk)
  const reference = schema['$ref']
  if (typeof reference === 'string') return instanceOf(resolve(reference, walk.root), walk, depth + 1)
  for (const name of ['anyOf', 'oneOf'] as const) {
    const alternatives = schema[name]
    if (Array.isArray(alternatives)) return instanceOf((alternatives as readonly JsonValue[])[0], walk, depth + 1)
  }
  const parts = schema['allOf']
  if (Array.isArray(parts)) {
    return instanceOf(merged(schema, parts as readonly JsonValue[], walk.root), walk, depth + 1)
  }
  return byType(schema, walk, depth)
}

/** A value that the schema itself spells out. */
function givenValue(schema: JsonObject): JsonValue | undefined {
  if (schema['const'] !== undefined) return schema['const']
  for (const name of ['enum', 'examples'] as const) {
    const values = schema[name]
    if (Array.isArray(values) && values.length > 0) return (values as readonly JsonValue[])[0]
  }
  return schema['default']
}

function bounded(value: JsonValue, walk: Walk): JsonValue {
  walk.left -= JSON.stringify(value).length
  return walk.left < 0 ? null : value
}

function byType(schema: JsonObject, walk: Walk, depth: number): JsonValue {
  const declared = schema['type']
  const type = Array.isArray(declared) ? (declared as readonly JsonValue[])[0] : declared
  switch (type ?? (schema['properties'] === undefined ? null : 'object')) {
    case 'object':
      return objectOf(schema, walk, depth)
    case 'array': {
      const count = Math.min(number(schema['minItems']) ?? 0, mostItems)
      return Array.from({ length: count }, () => instanceOf(schema['items'], walk, depth + 1))
    }
    case 'string':
      return bounded(stringOf(schema), walk)
    case 'integer':
      return Math.ceil(smallest(schema, 1))
    case 'number':
      return smallest(schema, Number.MIN_VALUE)
    case 'boolean':
      return false
    default:
      return null
  }
}

function objectOf(schema: JsonObject, walk: Walk, depth: number): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? (schema['required'] as readonly JsonValue[]) : []
  const names = required.filter((name): name is string => typeof name === 'string')
  const entries = names.map((name) => {
    walk.left -= name.length
    return [name, instanceOf(ownMember(properties, name) ?? { type: 'string' }, walk, depth + 1)] as const
  })
  return Object.fromEntries(entries)
}

const byFormat: Readonly<Record<string, string>> = {
  'date-time': '2025-01-01T00:00:00Z',
  date: '2025-01-01',
  time: '00:00:00Z',
  email: 'name@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
}

function stringOf(schema: JsonObject): string {
  const format = schema['format']
  if (typeof format === 'string' && Object.hasOwn(byFormat, format)) return byFormat[format] ?? ''
  const shortest = Math.min(number(schema['minLength']) ?? 0, 10_000)
  const longest = number(schema['maxLength']) ?? Number.POSITIVE_INFINITY
  return 'text'.padEnd(shortest, '.').slice(0, longest)
}

function smallest(schema: JsonObject, step: number): number {
  const minimum = number(schema['minimum'])
  const above = number(schema['exclusiveMinimum'])
  if (above !== null && (minimum === null || above >= minimum)) return above + Math.max(step, 1)
  if (minimum !== null) return minimum
  const maximum = number(schema['maximum'])
  return maximum !== null && maximum < 0 ? maximum : 0
}

function merged(schema: JsonObject, parts: readonly JsonValue[], root: JsonObject): JsonObject {
  const { allOf: _allOf, ...own } = schema
  let properties: JsonObject = isJsonObject(own['properties']) ? own['properties'] : {}
  let required: readonly JsonValue[] = Array.isArray(own['required']) ? (own['required'] as readonly JsonValue[]) : []
  let rest: JsonObject = own
  for (const part of parts) {
    const whole = isJsonObject(part) && typeof part['$ref'] === 'string' ? resolve(part['$ref'], root) : part
    if (!isJsonObject(whole)) continue
    if (isJsonObject(whole['properties'])) properties = { ...properties, ...whole['properties'] }
    if (Array.isArray(whole['required'])) required = [...required, ...(whole['required'] as readonly JsonValue[])]
    rest = { ...whole, ...rest }
  }
  return { ...rest, properties, required }
}

function resolve(reference: string, root: JsonObject): JsonValue | undefined {
  if (!reference.startsWith('#')) return undefined
  let value: JsonValue | undefined = root
  for (const step of reference
    .slice(1)
    .split('/')
    .filter((part) => part !== '')) {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')
    value = isJsonObject(value) ? ownMember(value, name) : undefined
  }
  return value
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

function number(value: JsonValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}
