import type { JsonObject, JsonValue } from '../core/json.ts'
import {
  type Reading,
  deepTemplate,
  listed,
  readMessage,
  readParameters,
  readTools,
  someParameters,
  template,
} from './content.ts'
import type { Dialect } from './dialects.ts'
import { plainBraces } from './dialects.ts'
import { toBody } from './draft.ts'
import { type Fields, objectsOf } from './fields.ts'
import { type Imported, type InterchangeFile, allFiles } from './imported.ts'
import type { ReadOptions, InterchangeFormat } from './format.ts'
import type { FoundVersion } from './group-versions.ts'
import { toModel } from './models.ts'
import type { Piece } from './pieces.ts'
import { readJsonExports } from './read-json-exports.ts'
import { labelOf, named, toSlug } from './slugs.ts'

/**
 * Langfuse: what its public API answers for a prompt, one object for each version, alone, in a list, or under `data` or
 * `prompts`. Chat and text prompts, placeholders, prompts within prompts, labels, tags, `config`.
 */
export const langfuse: InterchangeFormat = { id: 'langfuse', title: 'Langfuse', reads: readLangfuse, split: allFiles }

function readLangfuse(files: readonly InterchangeFile[], options: ReadOptions): Imported {
  return readJsonExports(files, (fields) => readVersion(fields, options))
}

const composition = /@@@langfusePrompt:((?:(?!@@@)[\s\S])*)@@@/g

/** `{{name}}`, and other prompts as `@@@langfusePrompt:name=…|label=…@@@`. */
const langfuseText: Dialect = (text, context) => {
  const pieces: Piece[] = []
  let position = 0
  for (const match of text.matchAll(composition)) {
    pieces.push(...plainBraces(text.slice(position, match.index), context))
    const parts = new Map((match[1] ?? '').split('|').map((part) => splitOnce(part)))
    const name = parts.get('name')
    position = match.index + match[0].length
    if (name === undefined) {
      context.book.add(
        'changed',
        context.field,
        `\`${match[0].slice(0, 60)}\` names no prompt, and stands in the text as it is.`,
      )
      pieces.push({ kind: 'text', text: match[0] })
      continue
    }
    const label = parts.get('label')
    const selector = parts.get('version') ?? (label === undefined ? null : labelOf(label, context.field, context.book))
    for (const further of parts.keys())
      if (!['name', 'label', 'version'].includes(further))
        context.book.add('dropped', context.field, `\`${further}\` of the prompt within the prompt is not known.`)
    pieces.push({ kind: 'partial', name: context.slugOf(name), selector })
  }
  return [...pieces, ...plainBraces(text.slice(position), context)]
}

function splitOnce(part: string): readonly [string, string] {
  const at = part.indexOf('=')
  return at === -1 ? [part.trim(), ''] : [part.slice(0, at).trim(), part.slice(at + 1).trim()]
}

function readVersion(fields: Fields, options: ReadOptions): readonly FoundVersion[] {
  const { book } = fields
  const reading: Reading = { dialect: langfuseText, book, slugOf: toSlug }
  const name = fields.line('name')
  const number = fields.number('version')
  const type = fields.text('type')
  const messages = readPrompt(fields, reading)
  const config = fields.object('config')
  const labels = fields.texts('labels') ?? []
  const tags = fields.texts('tags') ?? []
  const note = fields.line('commitMessage')
  fields.leave('id', 'createdAt', 'updatedAt', 'createdBy', 'projectId', 'isActive', 'resolutionGraph', 'lastUpdatedAt')
  fields.rest()
  if (name === undefined) {
    book.add('dropped', fields.place, 'The prompt has no `name`, so it is left out.')
    return []
  }
  if (type !== undefined && type !== 'chat' && type !== 'text')
    book.add('dropped', fields.at('type'), `The type '${type}' is not known.`)
  const body = toBody({
    ...(note === undefined ? {} : { change_note: note }),
    ...readConfig(config, fields.at('config'), reading, options),
    messages,
  })
  const { slug, aliases } = named(name, fields.at('name'), book)
  const metadata = { name, tags, aliases }
  return [{ key: name, slug, metadata, order: number ?? Number.MAX_SAFE_INTEGER, number, body, labels, book }]
}

function readPrompt(fields: Fields, reading: Reading): readonly JsonObject[] {
  const prompt = fields.take('prompt')
  if (typeof prompt === 'string') {
    reading.book.add('info', fields.at('prompt'), 'The text is one message of the user here.')
    return [{ role: 'user', content: template(prompt, fields.at('prompt'), reading) }]
  }
  if (!Array.isArray(prompt)) {
    reading.book.add('dropped', fields.at('prompt'), 'It should be a text or a list of messages, and is neither.')
    return []
  }
  return objectsOf(prompt as readonly JsonValue[], fields.at('prompt'), reading.book).flatMap(
    (message): readonly JsonObject[] => {
      const type = message.text('type')
      if (type !== 'placeholder') return listed(readMessage(message, reading))
      const name = message.line('name')
      message.rest()
      if (name !== undefined) return [{ role: 'placeholder', name }]
      reading.book.add('dropped', message.place, 'The placeholder has no name, so it is left out.')
      return []
    },
  )
}

/** `config` is anybody's own; what most put there is known by name, all else is reported. */
function readConfig(config: Fields | undefined, field: string, reading: Reading, options: ReadOptions): JsonObject {
  const { book } = reading
  const provider = config?.line('provider')
  const model = toModel(
    { name: config?.line('model'), provider, field: config === undefined ? field : config.at('model') },
    options.model,
    book,
  )
  if (config === undefined) return { model }
  const fallback = config
    .texts('fallback_models')
    ?.map((name) => toModel({ name, field: config.at('fallback_models') }, options.model, book))
  const tools = readTools(config, 'tools', reading)
  const format = config.plain('response_format')
  const parameters = someParameters(readParameters(config, reading))
  config.rest(
    '`config` is free to hold anything, and nothing here reads this. Keep it where your application finds it.',
  )
  return toBody({
    model,
    fallback_models: fallback,
    parameters,
    tools,
    response_format: format === undefined ? undefined : deepTemplate(format, config.at('response_format'), reading),
  })
}
