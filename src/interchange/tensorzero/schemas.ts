import { type JsonObject, type JsonValue, isJsonObject } from '../../core/json.ts'
import { listed } from '../content.ts'
import type { Fields } from '../fields.ts'
import type { Configuration } from './configuration.ts'

/**
 * The variables of a function: those of its system schema and those of its user schema, in one. A name that both declare
 * keeps the declaration of the first.
 */
export function mergedVariables(fields: Fields, configuration: Configuration): JsonObject | undefined {
  const nested = fields.object('schemas')
  const schemas = ['system', 'user'].flatMap((role) => {
    const named = nested?.object(role)
    const found =
      configuration.schema(fields, `${role}_schema`) ??
      (named === undefined ? undefined : configuration.schema(named, 'path'))
    named?.rest()
    return listed(found)
  })
  fields.drop(['assistant_schema'], 'Messages of the assistant are sent as they are here.')
  nested?.rest('Only the schemas `system` and `user` declare variables here.')
  const [only] = schemas
  if (only === undefined) return undefined
  if (schemas.length === 1) return { ...only, type: 'object' }
  const properties: Record<string, JsonValue> = {}
  const required = new Set<string>()
  const definitions: Record<string, JsonValue> = {}
  for (const schema of schemas) {
    take(schema['properties'], properties, fields)
    take(schema['$defs'], definitions, fields)
    const names = schema['required']
    if (Array.isArray(names))
      for (const name of names as readonly JsonValue[]) if (typeof name === 'string') required.add(name)
    for (const name of Object.keys(schema))
      if (!['type', 'properties', 'required', '$defs', '$schema'].includes(name))
        fields.book.add(
          'dropped',
          `${fields.place}: ${name}`,
          'The schemas of system and user become one, which does not keep this.',
        )
  }
  return {
    type: 'object',
    properties,
    ...(required.size === 0 ? {} : { required: [...required] }),
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  }
}

function take(members: JsonValue | undefined, into: Record<string, JsonValue>, fields: Fields): void {
  for (const [name, schema] of Object.entries(isJsonObject(members) ? members : {})) {
    if (Object.hasOwn(into, name) && JSON.stringify(into[name]) !== JSON.stringify(schema))
      fields.book.add(
        'changed',
        `${fields.place}: ${name}`,
        'System and user declare it differently; the first declaration holds.',
      )
    else into[name] = schema
  }
}

/** What a variant does not use, its callers need not send. */
export function requiredWhereUsed(
  variables: JsonObject | undefined,
  messages: readonly JsonObject[],
  fields: Fields,
): JsonObject | undefined {
  const required = variables?.['required']
  if (variables === undefined || !Array.isArray(required)) return variables
  const texts = JSON.stringify(messages)
  const used = required.filter((name) => typeof name === 'string' && texts.includes(`{{${name}`))
  if (used.length === required.length) return variables
  fields.book.add('changed', fields.place, 'Variables that its templates do not use need not be sent.')
  const { required: _required, ...rest } = variables
  return used.length === 0 ? rest : { ...rest, required: used }
}
