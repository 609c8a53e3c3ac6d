import { parse } from 'smol-toml'
import { type JsonObject, type JsonValue, isJsonObject } from '../../core/json.ts'
import { listed } from '../content.ts'
import { Fields, NoteBook } from '../fields.ts'
import type { InterchangeFile } from '../imported.ts'
import { isTooDeep } from '../json-file.ts'

/** `tensorzero.toml`, whole or in several files, and the files it names. */
export interface Configuration {
  readonly books: readonly NoteBook[]
  readonly functions: readonly (readonly [string, Fields])[]
  /** The text of the file that a field names; undefined: the field is absent, or the file is, which is said. */
  text(fields: Fields, name: string): string | undefined
  /** The JSON Schema in the file that a field names. */
  schema(fields: Fields, name: string): JsonObject | undefined
  /** A tool as chat completions have it; null: there is none of that name. */
  tool(name: string): JsonObject | null
  /** Where a model is asked for, as `provider::model`, best first. The name itself when it is not configured. */
  models(name: string | undefined): readonly string[]
  /** Reports the files and sections that nobody read. */
  finish(): void
}

export function readConfiguration(files: readonly InterchangeFile[]): Configuration {
  const books = new Map(files.map((file) => [file.path, new NoteBook(file.path)]))
  const bookOf = (path: string): NoteBook => books.get(path) ?? new NoteBook(path)
  const byPath = new Map(files.map((file) => [normal(file.path), file]))
  const used = new Set<string>()
  const tops = files
    .filter(({ path }) => path.endsWith('.toml'))
    .flatMap((file) => listed(parseToml(file, bookOf(file.path))))
  for (const { path } of files) if (path.endsWith('.toml')) used.add(normal(path))
  const sections = (name: string): readonly (readonly [string, Fields])[] =>
    tops.flatMap((top) => [...(top.object(name)?.members() ?? [])])
  const functions = sections('functions')
  const tools = new Map(sections('tools'))
  const models = new Map(sections('models'))
  const readTools = new Map<string, JsonObject | null>()
  const routes = new Map<string, readonly string[]>()

  function text(fields: Fields, name: string): string | undefined {
    const path = fields.line(name)
    if (path === undefined) return undefined
    const wanted = normal(`${folderOf(fields.book.path)}/${path}`)
    const file = byPath.get(wanted) ?? byPath.get(normal(path))
    if (file === undefined) {
      fields.book.add('dropped', fields.at(name), `The file ${path} is not among those of this import.`)
      return undefined
    }
    used.add(normal(file.path))
    return file.text
  }

  function schema(fields: Fields, name: string): JsonObject | undefined {
    const json = text(fields, name)
    if (json === undefined) return undefined
    try {
      const value = JSON.parse(json) as JsonValue
      if (isJsonObject(value) && !isTooDeep(value)) return value
    } catch {
      // Said below, like any other file that is no schema.
    }
    fields.book.add('dropped', fields.at(name), 'The file it names is no JSON Schema.')
    return undefined
  }

  function tool(name: string): JsonObject | null {
    const known = readTools.get(name)
    if (known !== undefined) return known
    const fields = tools.get(name)
    const made = fields === undefined ? null : readTool(name, fields, schema)
    readTools.set(name, made)
    return made
  }

  function modelsOf(name: string | undefined): readonly string[] {
    if (name === undefined) return []
    const fields = models.get(name)
    if (fields === undefined) return [name]
    const known = routes.get(name) ?? readModel(name, fields)
    routes.set(name, known)
    return known
  }

  return {
    books: [...books.values()],
    functions,
    text,
    schema,
    tool,
    models: modelsOf,
    finish() {
      for (const [name, fields] of tools)
        if (!readTools.has(name)) unread(fields, 'No function that was read uses this tool.')
      for (const [name, fields] of models)
        if (!routes.has(name)) unread(fields, 'No variant that was read uses this model.')
      for (const top of tops) top.rest('Of the configuration only functions, tools and models are read.')
      for (const file of files)
        if (!used.has(normal(file.path)))
          bookOf(file.path).add('dropped', '', 'No function that was read names this file.')
    },
  }
}

function unread(fields: Fields, why: string): void {
  fields.close()
  fields.book.add('dropped', fields.place, why)
}

function parseToml(file: InterchangeFile, book: NoteBook): Fields | null {
  try {
    const value = plain(parse(file.text))
    if (isJsonObject(value) && !isTooDeep(value)) return new Fields(value, '', book)
    book.add('dropped', '', 'It is nested too deeply.')
  } catch (error) {
    const [first = ''] = (error as Error).message.split('\n')
    const { line, column } = error as { line?: number; column?: number }
    book.add(
      'dropped',
      line === undefined ? '' : `line ${line}`,
      `It is not valid TOML: ${first}${column === undefined ? '' : ` (column ${column})`}.`,
    )
  }
  return null
}

/** TOML has dates and numbers without end; as JSON they are texts. */
function plain(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value as JsonValue
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
}

function readTool(name: string, fields: Fields, schema: Configuration['schema']): JsonObject {
  const description = fields.text('description')
  const parameters = schema(fields, 'parameters')
  const called = fields.line('name') ?? name
  const strict = fields.take('strict')
  fields.rest()
  return {
    type: 'function',
    function: {
      name: called,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
      ...(strict === undefined ? {} : { strict }),
    },
  }
}

function readModel(name: string, fields: Fields): readonly string[] {
  const routing = fields.texts('routing')
  const providers = new Map(fields.object('providers')?.members() ?? [])
  fields.drop(['timeouts', 'retries', 'skip_relay'], 'Set it in the version.')
  fields.rest()
  const targets = new Map(
    [...providers].map(([called, provider]) => {
      const type = provider.line('type') ?? called
      const model = provider.line('model_name') ?? provider.line('deployment_id') ?? name
      provider.drop(
        ['api_key_location', 'api_base', 'endpoint'],
        'Keys and addresses of providers are stored apart: PUT /admin/v1/providers/{provider}.',
      )
      provider.rest()
      return [called, `${type}::${model}`] as const
    }),
  )
  return (routing ?? [...targets.keys()]).flatMap((called) => {
    const target = targets.get(called)
    if (target === undefined)
      fields.book.add('dropped', fields.at('routing'), `The provider '${called}' is not configured.`)
    return listed(target)
  })
}

const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/')

/** `a/./b/../c` as `a/c`. */
function normal(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}
