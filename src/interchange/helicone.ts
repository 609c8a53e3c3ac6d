import type { JsonObject, JsonValue } from '../core/json.ts'
import {
  type Reading,
  deepTemplate,
  listed,
  readMessage,
  readParameters,
  readTools,
  someParameters,
} from './content.ts'
import type { Dialect } from './dialects.ts'
import { toBody } from './draft.ts'
import type { Fields, NoteBook } from './fields.ts'
import type { InterchangeFormat, ReadOptions } from './format.ts'
import type { FoundVersion } from './group-versions.ts'
import { type Imported, type InterchangeFile, allFiles } from './imported.ts'
import { toModel } from './models.ts'
import { type Piece, textPiece, toPath } from './pieces.ts'
import { readJsonExports } from './read-json-exports.ts'
import { aliasOf, stemOf, toSlug } from './slugs.ts'

/**
 * Helicone: the body of a prompt (a chat request with `{{hc:name:type}}` in it), alone or as `prompt_body` of a version, in a
 * prompt with `versions` or in lists. `{{hcp:id:index:environment}}` is a prompt of that id here.
 */
export const helicone: InterchangeFormat = { id: 'helicone', title: 'Helicone', reads: readHelicone, split: allFiles }

function readHelicone(files: readonly InterchangeFile[], options: ReadOptions): Imported {
  return readJsonExports(files, (fields, file) => readPrompt(fields, file, options))
}

interface Owner {
  readonly id: string | undefined
  readonly name: string | undefined
  readonly tags: readonly string[]
}

/** A prompt with its versions, a version with its body, or the body alone. */
function readPrompt(fields: Fields, file: InterchangeFile, options: ReadOptions): readonly FoundVersion[] {
  const versions = fields.objects('versions')
  const inner = fields.object('prompt')
  const promptId = fields.line('prompt_id')
  const ownId = fields.line('id')
  const owner: Owner = {
    id: promptId ?? inner?.line('id') ?? (fields.has('prompt_body') ? undefined : ownId),
    name: fields.line('name') ?? inner?.line('name'),
    tags: [...(fields.texts('tags') ?? []), ...(inner?.texts('tags') ?? [])],
  }
  inner?.leave('created_at')
  inner?.rest()
  if (versions === undefined) return [readVersion(fields, owner, file, options)]
  fields.leave('created_at', 'updated_at')
  fields.rest()
  return versions.map((version) => {
    version.leave('id', 'prompt_id', 'name')
    return readVersion(version, owner, file, options)
  })
}

function readVersion(fields: Fields, owner: Owner, file: InterchangeFile, options: ReadOptions): FoundVersion {
  const { book } = fields
  const body = fields.object('prompt_body') ?? fields
  const types = new Map<string, string>()
  const reading: Reading = { dialect: heliconeText(types), book, slugOf: toSlug }
  const messages = (body.objects('messages') ?? []).flatMap((message) => listed(readMessage(message, reading)))
  const tools = readTools(body, 'tools', reading)
  const format = body.plain('response_format')
  const parameters = readParameters(body, reading)
  const name = body.line('model')
  const outer = body === fields ? undefined : fields.line('model')
  const model = toModel({ name: name ?? outer, field: body.at('model') }, options.model, book)
  const major = fields.number('major_version')
  const minor = fields.number('minor_version')
  const environments = [...(fields.texts('environments') ?? []), ...listed(fields.line('environment'))]
  const note = fields.line('commit_message')
  fields.leave('created_at', 'updated_at', 's3_url', 'created_by', 'version_id')
  if (body !== fields) body.rest()
  fields.rest()
  const id = owner.id ?? owner.name ?? stemOf(file.path)
  const slug = toSlug(owner.name ?? id)
  const aliases = owner.id === undefined || owner.id === slug ? [] : aliasOf(owner.id, 'id', book)
  return {
    key: id,
    slug,
    metadata: { name: owner.name ?? id, tags: owner.tags, aliases },
    order: (major ?? 0) * 1_000_000 + (minor ?? 0),
    number: undefined,
    body: toBody({
      model,
      messages,
      variables: variablesOf(types, book),
      parameters: someParameters(parameters),
      tools,
      response_format: format === undefined ? undefined : deepTemplate(format, body.at('response_format'), reading),
      semver: major === undefined ? undefined : `${major}.${minor ?? 0}.0`,
      change_note: note,
    }),
    labels: environments.length === 0 && major === undefined ? ['production'] : environments,
    book,
  }
}

const heliconeTags = /\{\{\s*hc:([^:{}]+)(?::([^{}]*))?\}\}|\{\{\s*hcp:([^:{}]+)(?::([^:{}]*))?(?::([^{}]*))?\}\}/g

/** Whatever else is between braces is text there, and so it is here. */
function heliconeText(types: Map<string, string>): Dialect {
  return (text, context) => {
    const pieces: Piece[] = []
    let position = 0
    for (const match of text.matchAll(heliconeTags)) {
      const [whole, name, type, partial, index, environment] = match
      if (match.index > position) pieces.push(textPiece(text.slice(position, match.index)))
      position = match.index + whole.length
      if (partial !== undefined) {
        if (index !== undefined && index.trim() !== '' && index.trim() !== '0')
          context.book.add(
            'changed',
            context.field,
            `\`${whole}\` takes message ${index.trim()} of the prompt. Make that message a prompt of its own, and name it here.`,
          )
        const selector = environment === undefined || environment.trim() === '' ? null : toSlug(environment)
        pieces.push({ kind: 'partial', name: context.slugOf(partial.trim()), selector })
        continue
      }
      const path = toPath(name ?? '', context.field, context.book)
      if (path === null)
        context.book.add('changed', context.field, `\`${whole}\` names no variable, and stands in the text as it is.`)
      else types.set(path.split('.')[0] ?? path, type?.trim() ?? 'string')
      pieces.push(path === null ? textPiece(whole) : { kind: 'variable', path })
    }
    return position < text.length ? [...pieces, textPiece(text.slice(position))] : pieces
  }
}

const knownTypes: Readonly<Record<string, JsonObject>> = {
  string: { type: 'string' },
  number: { type: 'number' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  object: { type: 'object' },
  array: { type: 'array' },
  any: {},
}

function variablesOf(types: ReadonlyMap<string, string>, book: NoteBook): JsonObject | undefined {
  if (types.size === 0) return undefined
  const properties = [...types].map(([name, type]): readonly [string, JsonValue] => {
    const known = Object.hasOwn(knownTypes, type) ? knownTypes[type] : undefined
    if (known === undefined)
      book.add('changed', `variable ${name}`, `There is no type '${type}' here, so any value is taken.`)
    return [name, known ?? {}]
  })
  return { type: 'object', properties: Object.fromEntries(properties), required: [...types.keys()] }
}
