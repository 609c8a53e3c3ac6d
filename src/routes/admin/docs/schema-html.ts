import type { JsonSchema } from '../../../contract/admin/json-schemas.ts'
import { type Html, html, nothing, prose } from './html.ts'

/** The fields of an object schema as a table; a reference becomes a link. */
export function fieldsTable(schema: JsonSchema): Html {
  const reference = referenceOf(schema)
  if (reference !== null) return html`<p class="of">${schemaLink(reference)}</p>`
  const properties = objectOf(schema['properties'])
  const names = Object.keys(properties)
  if (names.length === 0) return html`<p class="of">${typeHtml(schema)}</p>`
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : [])
  return html`<table>
    <thead>
      <tr>
        <th>Field</th>
        <th>Type</th>
        <th></th>
      </tr>
    </thead>
    <tbody>
      ${names.map((name) => fieldRow(name, objectOf(properties[name]), required.has(name)))}
    </tbody>
  </table>`
}

export function fieldRow(name: string, schema: JsonSchema, required: boolean): Html {
  return html`<tr>
    <td><code>${name}</code>${required ? html` <span class="required">required</span>` : nothing}</td>
    <td>${typeHtml(schema)}</td>
    <td>${prose(descriptionOf(schema))}${limits(schema)}</td>
  </tr>`
}

/** A type in a few words: `text`, `list of Prompt`, `one of ok, error`. */
export function typeHtml(schema: JsonSchema): Html {
  const reference = referenceOf(schema)
  if (reference !== null) return schemaLink(reference)
  if (schema['const'] !== undefined) return html`<code>${JSON.stringify(schema['const'])}</code>`
  if (Array.isArray(schema['enum']))
    return html`one of
    ${schema['enum'].map((value, index) => html`${index > 0 ? ', ' : ''}<code>${String(value)}</code>`)}`
  const choices = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(choices))
    return html`${choices.map((choice, index) => html`${index > 0 ? ' or ' : ''}${typeHtml(objectOf(choice))}`)}`
  if (Array.isArray(schema['type']))
    return html`${schema['type'].map((type, index) => html`${index > 0 ? ' or ' : ''}${typeName(type)}`)}`
  if (schema['type'] === 'array') return html`list of ${typeHtml(objectOf(schema['items']))}`
  return html`${typeName(schema['type'])}${typeof schema['format'] === 'string' ? html` (${schema['format']})` : nothing}`
}

/** Anything that came out of the document as an object; else an empty one. */
export function objectOf(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : {}
}

export function schemaAnchor(name: string): string {
  return `schema-${name}`
}

function schemaLink(name: string): Html {
  return html`<a href="#${schemaAnchor(name)}">${name}</a>`
}

function referenceOf(schema: JsonSchema): string | null {
  const reference = schema['$ref']
  return typeof reference === 'string' ? reference.replace('#/components/schemas/', '') : null
}

function typeName(type: unknown): string {
  const names: Record<string, string> = { string: 'text', integer: 'whole number', boolean: 'true or false' }
  return typeof type === 'string' ? (names[type] ?? type) : 'anything'
}

function descriptionOf(schema: JsonSchema): string {
  return typeof schema['description'] === 'string' ? schema['description'] : ''
}

function limits(schema: JsonSchema): Html {
  const known: readonly [string, string][] = [
    ['minLength', 'at least %s characters'],
    ['maxLength', 'at most %s characters'],
    ['minimum', 'at least %s'],
    ['maximum', 'at most %s'],
    ['maxItems', 'at most %s entries'],
    ['pattern', 'matches %s'],
  ]
  const said = known.flatMap(([keyword, words]) =>
    schema[keyword] === undefined ? [] : [words.replace('%s', () => textOf(schema[keyword]))],
  )
  return said.length === 0 ? nothing : html` <small>${said.join('; ')}</small>`
}

/** A value of the document in words; objects as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
