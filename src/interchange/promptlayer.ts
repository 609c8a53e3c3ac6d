import { type JsonObject, type JsonValue, isJsonObject } from '../core/json.ts'
import {
  type Reading,
  deepTemplate,
  listed,
  readMessage,
  readParameters,
  readTools,
  someParameters,
  template,
  textVariables,
} from './content.ts'
import { type Dialect, formatString, jinja } from './dialects.ts'
import { toBody } from './draft.ts'
import { Fields } from './fields.ts'
import type { InterchangeFormat, ReadOptions } from './format.ts'
import type { FoundVersion } from './group-versions.ts'
import { type Imported, type InterchangeFile, allFiles } from './imported.ts'
import { toModel } from './models.ts'
import { type Piece } from './pieces.ts'
import { readJsonExports } from './read-json-exports.ts'
import { named, stemOf, toSlug } from './slugs.ts'

/**
 * PromptLayer: what its API answers for a prompt template, chat or completion, in either of its two template languages.
 * `@@@name@@@` is another prompt that is put in.
 */
export const promptlayer: InterchangeFormat = {
  id: 'promptlayer',
  title: 'PromptLayer',
  reads: readPromptLayer,
  split: allFiles,
}

function readPromptLayer(files: readonly InterchangeFile[], options: ReadOptions): Imported {
  return readJsonExports(files, (fields, file) => readTemplate(fields, file, options))
}

function readTemplate(fields: Fields, file: InterchangeFile, options: ReadOptions): FoundVersion {
  const { book } = fields
  const called = fields.line('prompt_name') ?? fields.line('name') ?? stemOf(file.path)
  const { slug, aliases } = named(called, 'prompt_name', book)
  const number = fields.number('version')
  const inner = fields.object('prompt_template')
  const metadata = fields.object('metadata')
  const model = metadata?.object('model')
  const field = model === undefined ? fields.at('metadata.model') : model.at('name')
  const provider = model?.line('provider') ?? fields.line('provider')
  const target = toModel({ name: model?.line('name'), provider, field }, options.model, book)
  const settings = model?.object('parameters')
  const plain: Reading = { dialect: formatString, book, slugOf: toSlug }
  const asIs: Reading = { ...plain, dialect: (text) => [{ kind: 'text', text }] }
  const parameters = settings === undefined ? {} : readParameters(settings, asIs)
  const format = settings?.plain('response_format')
  settings?.rest()
  model?.leave('model_config_display_name', 'display_params', 'api_type')
  model?.rest()
  metadata?.rest('Metadata of your own: keep it where your application finds it.')
  const { content, choice } =
    inner === undefined ? { content: { messages: [] }, choice: {} } : readContent(inner, plain)
  const labels = [...(fields.texts('release_labels') ?? []), ...readLabels(fields)]
  const tags = fields.texts('tags') ?? []
  const note = fields.line('commit_message')
  fields.drop(['llm_kwargs'], 'It says the same once more, in the shape of one provider.')
  fields.drop(['snippets'], 'Snippets are prompts by themselves: import them too.')
  fields.leave(
    'id',
    'workspace_id',
    'folder_id',
    'created_at',
    'updated_at',
    'api_type',
    'base_url',
    'success',
    'provider_base_url',
    'provider_id',
  )
  fields.rest()
  return {
    key: called,
    slug,
    metadata: {
      name: called,
      tags,
      aliases,
    },
    order: number ?? 0,
    number,
    body: toBody({
      model: target,
      ...content,
      parameters: someParameters({ ...parameters, ...choice }),
      response_format:
        format === undefined ? undefined : deepTemplate(format, 'metadata.model.parameters.response_format', asIs),
      change_note: note,
    }),
    labels: labels.map((label) => (label === 'prod' ? 'production' : label)),
    book,
  }
}

/** `labels`: texts, or objects with a name. */
function readLabels(fields: Fields): readonly string[] {
  const labels = fields.list('labels') ?? []
  return labels.flatMap((label, index) => {
    if (typeof label === 'string') return [label]
    if (!isJsonObject(label)) {
      fields.book.add('dropped', fields.at(`labels[${index}]`), 'It should be a label, and is none.')
      return []
    }
    const inside = new Fields(label, fields.at(`labels[${index}]`), fields.book)
    const name = inside.line('name')
    inside.leave('id', 'prompt_id', 'prompt_version_id', 'prompt_version_number', 'created_at')
    inside.rest()
    return listed(name)
  })
}

/** Messages, tools and declared variables of a template. */
function readContent(inner: Fields, plain: Reading): { readonly content: JsonObject; readonly choice: JsonObject } {
  const type = inner.text('type')
  const whole = dialectOf(inner.line('template_format'), inner, undefined)
  const reading = { ...plain, dialect: whole }
  const messages = [
    ...(inner.objects('messages') ?? []).flatMap((message) => readOne(message, plain, whole)),
    ...readCompletion(inner, reading),
  ]
  const names = inner.texts('input_variables') ?? []
  const asIs: Reading = { ...plain, dialect: (text) => [{ kind: 'text', text }] }
  const tools = readTools(inner, 'tools', asIs) ?? readTools(inner, 'functions', asIs)
  const choice = inner.take('tool_choice')
  inner.drop(['function_call'], 'Set `tool_choice` in the parameters of the version.')
  inner.drop(['dataset_examples'], 'Make test cases or examples of them.')
  inner.leave('output_parser', '_type')
  inner.rest()
  if (type !== undefined && type !== 'chat' && type !== 'completion')
    plain.book.add('dropped', inner.at('type'), `The type '${type}' is not known.`)
  return {
    content: toBody({ messages, tools, variables: textVariables([...new Set(names)]) }),
    choice: choice === undefined ? {} : { tool_choice: choice },
  }
}

function readCompletion(inner: Fields, reading: Reading): readonly JsonObject[] {
  if (!inner.has('content') && !inner.has('template')) return []
  const legacy = inner.text('template')
  reading.book.add('info', inner.at('content'), 'The text of a completion is one message of the user here.')
  if (legacy !== undefined) return [{ role: 'user', content: template(legacy, inner.at('template'), reading) }]
  const content = inner.take('content') ?? ''
  return listed(readMessage(new Fields({ role: 'user', content }, inner.place, reading.book), reading))
}

function readOne(message: Fields, plain: Reading, whole: Dialect): readonly JsonObject[] {
  const role = message.has('role') ? undefined : 'user'
  const reading = { ...plain, dialect: dialectOf(message.line('template_format'), message, whole) }
  message.leave('raw_request_display_role', 'input_variables', 'dataset_examples', '_type')
  const prompt = message.object('prompt')
  const content = prompt === undefined ? undefined : prompt.text('template')
  prompt?.leave('input_variables', 'template_format', 'validate_template')
  prompt?.rest()
  if (message.has('additional_kwargs')) dropEmpty(message)
  const peeked = message.take('role')
  if (peeked === 'placeholder') {
    const name = message.line('name') ?? 'messages'
    message.drop(['content'], 'Whatever the request sends stands at a placeholder.')
    message.rest()
    return [{ role: 'placeholder', name: name === 'fill_in_message' ? 'messages' : name }]
  }
  const fields: Record<string, JsonValue> = { role: peeked ?? role ?? 'user' }
  for (const name of ['content', 'name', 'tool_calls', 'tool_call_id']) {
    const value = message.take(name)
    if (value !== undefined) fields[name] = value
  }
  if (content !== undefined) fields['content'] = content
  message.drop(['function_call'], 'The older form of tool calls is not read. Use `tool_calls`.')
  message.rest()
  return listed(readMessage(new Fields(fields, message.place, plain.book), reading))
}

function dropEmpty(message: Fields): void {
  const further = message.plain('additional_kwargs') ?? {}
  if (Object.keys(further).length > 0)
    message.book.add('dropped', message.at('additional_kwargs'), 'Promptbox has nothing like it.')
}

function dialectOf(format: string | undefined, fields: Fields, otherwise: Dialect | undefined): Dialect {
  if (format !== undefined && format !== 'f-string' && format !== 'jinja2')
    fields.book.add(
      'changed',
      fields.at('template_format'),
      `There is no template format '${format}'; it is read as an f-string.`,
    )
  const base =
    format === 'jinja2'
      ? jinja
      : format === undefined && otherwise !== undefined
        ? otherwise
        : withSnippets(formatString)
  return format === 'jinja2' ? withSnippets(base) : base
}

/** `@@@name@@@`, `@@@name@version_number:2@@@` and `@@@name@label:prod@@@` put in another prompt. */
function withSnippets(dialect: Dialect): Dialect {
  return (text, context) => {
    const pieces: Piece[] = []
    let position = 0
    for (const match of text.matchAll(/@@@([^@\n]+?)(?:@(version_number|label):([^@\n]+))?@@@/g)) {
      const [whole, name = '', kind, value] = match
      pieces.push(...dialect(text.slice(position, match.index), context))
      const label = kind === 'label' && value === 'prod' ? 'production' : value
      pieces.push({ kind: 'partial', name: context.slugOf(name.trim()), selector: label?.trim() ?? null })
      position = match.index + whole.length
    }
    return [...pieces, ...dialect(text.slice(position), context)]
  }
}
