import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/** Limits that Anthropic's grammar cannot enforce; told to the model in words instead. */
const told = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'uniqueItems',
  'contains',
  'minContains',
  'maxContains',
  'minProperties',
  'maxProperties',
  'patternProperties',
  'propertyNames',
  'prefixItems',
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'if',
  'then',
  'else',
  'not',
  'examples',
])
/** Say nothing about the value. */
const left = new Set(['$schema', '$id', '$comment', 'readOnly', 'writeOnly', 'deprecated', 'nullable'])
const formats = new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'])
/** Deeper ones are nobody's; a bound for the recursion. */
const deepest = 200

/**
 * A JSON Schema as Anthropic's structured output takes it: unsupported keywords move into `description`, `oneOf` becomes
 * `anyOf`, and objects are closed.
 */
export function enforceableSchema(schema: JsonObject): JsonObject {
  return enforceable(schema, 0)
}

function enforceable(schema: JsonObject, depth: number): JsonObject {
  const kept: [string, JsonValue][] = []
  const words: string[] = []
  for (const [name, value] of Object.entries(schema)) {
    if (left.has(name) || name === 'description' || name === 'additionalProperties') continue
    if (name === 'minItems' && (value === 0 || value === 1)) kept.push([name, value])
    else if (told.has(name)) words.push(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    else if (name === 'format' && !(typeof value === 'string' && formats.has(value)))
      words.push(`format: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    else kept.push([name === 'oneOf' ? 'anyOf' : name, inner(name, value, depth)])
  }
  const additional = schema['additionalProperties']
  if (isJsonObject(additional)) words.push(`additionalProperties: ${JSON.stringify(additional)}`)
  const description = joinedText(schema['description'], words.length === 0 ? '' : `(${words.join('; ')})`)
  if (description !== '') kept.push(['description', description])
  if (schema['type'] === 'object' || schema['properties'] !== undefined) kept.push(['additionalProperties', false])
  return Object.fromEntries(kept)
}

/** Where a keyword holds schemas, they are treated likewise. */
function inner(name: string, value: JsonValue, depth: number): JsonValue {
  if (depth > deepest) return value
  switch (name) {
    case 'properties':
    case '$defs':
    case 'definitions':
      if (!isJsonObject(value)) return value
      return Object.fromEntries(Object.entries(value).map(([key, schema]) => [key, innerSchema(schema, depth)]))
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return Array.isArray(value) ? value.map((schema: JsonValue) => innerSchema(schema, depth)) : value
    case 'items':
      return innerSchema(value, depth)
    default:
      return value
  }
}

function innerSchema(schema: JsonValue, depth: number): JsonValue {
  return isJsonObject(schema) ? enforceable(schema, depth + 1) : schema
}

/**
 * The schema of a tool's input: always of type object, and without the choices at its top that Anthropic refuses, whose
 * properties are united instead.
 * @returns the schema, and what was taken out of it in words for the tool's description; null: nothing.
 */
export function inputSchema(parameters: JsonValue | undefined): { schema: JsonObject; taken: string | null } {
  if (!isJsonObject(parameters)) return { schema: { type: 'object', properties: {} }, taken: null }
  const choices = ['anyOf', 'oneOf', 'allOf'].filter((name) => Array.isArray(parameters[name]))
  const typed = { ...parameters, type: 'object' }
  if (choices.length === 0) {
    if (parameters['type'] === 'object') {
      return {
        schema: isJsonObject(parameters['properties']) ? parameters : { ...parameters, properties: {} },
        taken: null,
      }
    }
    return { schema: isJsonObject(parameters['properties']) ? typed : { ...typed, properties: {} }, taken: null }
  }
  const variants = choices.flatMap((name) => parameters[name] as readonly JsonValue[]).filter(isJsonObject)
  const properties = [...variants, parameters].flatMap(({ properties }) =>
    isJsonObject(properties) ? Object.entries(properties) : [],
  )
  const rest = Object.entries(typed).filter(([name]) => !choices.includes(name) && name !== 'properties')
  const taken = choices.map((name) => `${name}: ${JSON.stringify(parameters[name])}`).join('; ')
  const united: JsonObject = Object.fromEntries(properties)
  return { schema: { ...Object.fromEntries(rest), properties: united }, taken }
}

/** A description with a sentence after it; empty when there is neither. */
export function joinedText(description: JsonValue | undefined, sentence: string): string {
  const said = typeof description === 'string' ? description : ''
  return said === '' || sentence === '' ? said + sentence : `${said} ${sentence}`
}
