import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import type { NoteBook } from './fields.ts'

/**
 * JSON Schema from the short form of dotprompt: `name: string, what it is`, `name?: integer`, `tags(array, what): string`,
 * `kind(enum): [a, b]`, `address(object): {…}`. What is a JSON Schema already stays one.
 */
export function fromPicoschema(schema: JsonValue, field: string, book: NoteBook): JsonObject {
  if (typeof schema === 'string') return scalar(schema, field, book)
  if (!isJsonObject(schema)) {
    book.add('dropped', field, 'It should be a schema, and is none.')
    return {}
  }
  if (schema['type'] !== undefined || schema['$ref'] !== undefined || isJsonObject(schema['properties']))
    return { type: 'object', ...schema }
  return object(schema, field, book)
}

const scalars = new Set(['string', 'number', 'integer', 'boolean', 'null'])

function scalar(text: string, field: string, book: NoteBook): JsonObject {
  const [, type = '', description] = /^\s*([^,]*?)\s*(?:,\s*([\s\S]*?)\s*)?$/.exec(text) ?? []
  const told = description === undefined || description === '' ? {} : { description }
  if (scalars.has(type)) return { type, ...told }
  if (type !== 'any') book.add('changed', field, `There is no type '${type}' here, so any value is taken.`)
  return told
}

function object(members: JsonObject, field: string, book: NoteBook): JsonObject {
  const properties: [string, JsonObject][] = []
  const required: string[] = []
  let further: JsonObject | undefined
  for (const [key, value] of Object.entries(members)) {
    const [, name = key, optional, kind, description] =
      /^\s*([^?(]+?)\s*(\?)?\s*(?:\(\s*(\*|\w+)\s*(?:,\s*([\s\S]*?)\s*)?\))?\s*$/.exec(key) ?? []
    const place = `${field}.${key}`
    if (key.trim() === '(*)') {
      further = fromPicoschema(value, place, book)
      continue
    }
    const schema = { ...member(kind, value, place, book), ...(description === undefined ? {} : { description }) }
    properties.push([name, optional === undefined ? schema : nullable(schema)])
    if (optional === undefined) required.push(name)
  }
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    ...(further === undefined ? {} : { additionalProperties: further }),
  }
}

function member(kind: string | undefined, value: JsonValue, place: string, book: NoteBook): JsonObject {
  if (kind === 'array') return { type: 'array', items: fromPicoschema(value, place, book) }
  if (kind === 'enum' && Array.isArray(value)) return { enum: value }
  if (kind !== undefined && kind !== 'object') book.add('changed', place, `\`(${kind})\` is not known, and left out.`)
  return fromPicoschema(value, place, book)
}

/** What may be left out may also be null there. */
function nullable(schema: JsonObject): JsonObject {
  return typeof schema['type'] === 'string' ? { ...schema, type: [schema['type'], 'null'] } : schema
}
