import { type JsonObject, isJsonObject } from '../core/json.ts'
import { type Reading, deepTemplate, readParameters, readTools, roleOf, someParameters, template } from './content.ts'
import { handlebars, jinja } from './dialects.ts'
import { finishPrompt, toBody } from './draft.ts'
import { Fields, NoteBook } from './fields.ts'
import type { InterchangeFormat, ReadOptions } from './format.ts'
import { splitFrontMatter } from './front-matter.ts'
import { type Imported, type InterchangeFile, allFiles } from './imported.ts'
import { toModel } from './models.ts'
import { fromPicoschema } from './picoschema.ts'
import { named, stemOf, toSlug } from './slugs.ts'

/**
 * LiteLLM's `.prompt` files, and dotprompt's, which they follow: YAML at the head, then messages that begin with `System:`,
 * `User:`, `Assistant:` or `{{role "…"}}`. `name.v2.prompt` is version 2 of `name`.
 */
export const litellm: InterchangeFormat = {
  id: 'litellm',
  title: 'LiteLLM .prompt files',
  reads: readLiteLlm,
  split: allFiles,
}

interface FoundVersion {
  readonly name: string
  readonly number: number
  readonly description: string | undefined
  readonly body: JsonObject
  readonly book: NoteBook
}

function readLiteLlm(files: readonly InterchangeFile[], options: ReadOptions): Imported {
  const books = files.map((file) => new NoteBook(file.path))
  const found = files.flatMap((file, index) => readFile(file, books[index] ?? new NoteBook(file.path), options))
  const names = [...new Set(found.map(({ name }) => name))]
  const prompts = names.map((name) => {
    const versions = found.filter((one) => one.name === name).sort((left, right) => left.number - right.number)
    const book = versions[0]?.book ?? new NoteBook('')
    const { slug, aliases } = named(name, 'name', book)
    return finishPrompt({
      slug,
      path: book.path,
      metadata: { name, description: versions.at(-1)?.description, aliases },
      versions: versions.map(({ body }) => body),
      labels: { production: versions.length },
    })
  })
  return { prompts, notes: books.flatMap((book) => book.notes) }
}

function readFile(file: InterchangeFile, book: NoteBook, options: ReadOptions): readonly FoundVersion[] {
  if (!file.path.endsWith('.prompt')) {
    book.add('dropped', '', 'Only files that end in .prompt are read.')
    return []
  }
  const parts = splitFrontMatter(file.text, book)
  if (parts === null) return []
  const [, stem = stemOf(file.path), digits = '1'] = /^(.+?)(?:\.v(\d{1,9}))?$/.exec(stemOf(file.path)) ?? []
  const head = new Fields(parts.head, '', book)
  const isHandlebars = /\{\{\s*(?:role|history|media|#|else)\b/.test(parts.body)
  const reading: Reading = { dialect: isHandlebars ? handlebars : jinja, book, slugOf: toSlug }
  const name = head.line('name') ?? stem
  const description = head.line('description')
  const input = readInput(head, book)
  const output = readOutput(head, book)
  const model = toModel(
    { name: head.line('model'), provider: head.line('provider'), field: 'model' },
    options.model,
    book,
  )
  const config = head.object('config')
  const parameters = {
    ...readParameters(head, reading),
    ...(config === undefined ? {} : readParameters(config, reading)),
  }
  config?.rest()
  const tools = head.take('tools')
  const format = head.plain('response_format')
  if (tools !== undefined) readNamedTools(tools, book)
  const messages = isHandlebars ? byRoleTags(parts.body, reading) : byLines(parts.body, reading)
  head.rest()
  const functions = Array.isArray(tools)
    ? readTools(new Fields({ tools: tools.filter(isJsonObject) }, '', book), 'tools', reading)
    : undefined
  const body = toBody({
    model,
    messages,
    variables: input,
    parameters: someParameters(parameters),
    tools: functions,
    response_format: format === undefined ? undefined : deepTemplate(format, 'response_format', reading),
    ...output,
  })
  return [{ name, number: Number(digits), description, body, book }]
}

/** Tools may be named only; what they are stands in the application's code. */
function readNamedTools(tools: unknown, book: NoteBook): void {
  if (!Array.isArray(tools)) return book.add('dropped', 'tools', 'It should be a list, and is none.')
  for (const [index, tool] of (tools as readonly unknown[]).entries())
    if (!isJsonObject(tool))
      book.add(
        'dropped',
        `tools[${index}]`,
        `The tool ${JSON.stringify(tool)} is only named: what it is stands in your code. Add it to the version.`,
      )
}

function readInput(head: Fields, book: NoteBook): JsonObject | undefined {
  const input = head.object('input')
  if (input === undefined) return undefined
  const written = input.take('schema')
  const defaults = input.plain('default') ?? {}
  input.rest()
  const schema =
    written === undefined ? { type: 'object', properties: {} } : fromPicoschema(written, 'input.schema', book)
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {}
  const withDefaults = Object.fromEntries(
    [...new Set([...Object.keys(properties), ...Object.keys(defaults)])].map((name) => {
      const property = isJsonObject(properties[name]) ? properties[name] : {}
      return [name, Object.hasOwn(defaults, name) ? { ...property, default: defaults[name] ?? null } : property]
    }),
  )
  return Object.keys(withDefaults).length === 0 ? undefined : { ...schema, properties: withDefaults }
}

function readOutput(head: Fields, book: NoteBook): JsonObject {
  const output = head.object('output')
  if (output === undefined) return {}
  const format = output.line('format')
  const schema = output.take('schema')
  output.rest()
  if (format !== undefined && format !== 'json' && format !== 'text')
    book.add('dropped', 'output.format', `The format '${format}' is not known here.`)
  return {
    ...(format === 'json' || schema !== undefined
      ? { output_format: 'json' }
      : format === 'text'
        ? { output_format: 'text' }
        : {}),
    ...(schema === undefined ? {} : { output_schema: fromPicoschema(schema, 'output.schema', book) }),
  }
}

/** A line that begins with a role begins a message. Without any the text is one message of the user. */
function byLines(body: string, reading: Reading): readonly JsonObject[] {
  const marks = [...body.matchAll(/^(System|Developer|User|Assistant):[ \t]*/gim)]
  const first = marks[0]
  const before = first === undefined ? body : body.slice(0, first.index)
  const messages = marks.map((mark, index) => {
    const start = mark.index + mark[0].length
    return message(mark[1], body.slice(start, marks[index + 1]?.index ?? body.length), reading)
  })
  const all = before.trim() === '' ? messages : [message('user', before, reading), ...messages]
  return all.flat()
}

/** dotprompt: `{{role "system"}}` begins a message, `{{history}}` is where those of the request stand. */
function byRoleTags(body: string, reading: Reading): readonly JsonObject[] {
  const messages: JsonObject[] = []
  let role = 'user'
  let position = 0
  for (const mark of body.matchAll(/\{\{\s*(?:role\s+["']([^"']*)["']|(history))\s*\}\}/g)) {
    messages.push(...message(role, body.slice(position, mark.index), reading))
    if (mark[2] !== undefined) messages.push({ role: 'placeholder', name: 'messages' })
    else role = mark[1] ?? 'user'
    position = mark.index + mark[0].length
  }
  return [...messages, ...message(role, body.slice(position), reading)]
}

function message(written: string | undefined, text: string, reading: Reading): readonly JsonObject[] {
  const content = text.trim()
  if (content === '') return []
  const role = roleOf(written, 'role', reading.book)
  return role === undefined || role === 'tool' ? [] : [{ role, content: template(content, `${role} message`, reading) }]
}
