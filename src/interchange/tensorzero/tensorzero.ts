import { type JsonObject, isJsonObject } from '../../core/json.ts'
import { type Reading, listed, readParameters, someParameters, template } from '../content.ts'
import { jinja } from '../dialects.ts'
import { finishPrompt, toBody } from '../draft.ts'
import type { Fields } from '../fields.ts'
import type { InterchangeFormat, ReadOptions } from '../format.ts'
import { type Imported, type ImportedPrompt, type InterchangeFile, allFiles } from '../imported.ts'
import { toModel } from '../models.ts'
import { labelOf, named, toSlug } from '../slugs.ts'
import { type Configuration, readConfiguration } from './configuration.ts'
import { mergedVariables, requiredWhereUsed } from './schemas.ts'

/**
 * TensorZero: `tensorzero.toml` with the templates and schemas it names. A function is a prompt, each of its variants a
 * version; weights are an experiment, which has to be set up here.
 */
export const tensorzero: InterchangeFormat = {
  id: 'tensorzero',
  title: 'TensorZero',
  reads: readTensorZero,
  split: allFiles,
}

function readTensorZero(files: readonly InterchangeFile[], options: ReadOptions): Imported {
  const configuration = readConfiguration(files)
  const prompts = configuration.functions.map(([name, fields]) => readFunction(name, fields, configuration, options))
  configuration.finish()
  return { prompts, notes: configuration.books.flatMap((book) => book.notes) }
}

function readFunction(
  name: string,
  fields: Fields,
  configuration: Configuration,
  options: ReadOptions,
): ImportedPrompt {
  const { book } = fields
  const type = fields.line('type')
  const description = fields.line('description')
  const variables = mergedVariables(fields, configuration)
  const schema = configuration.schema(fields, 'output_schema')
  const tools = readTools(fields, configuration)
  const choice = fields.take('tool_choice')
  const parallel = fields.take('parallel_tool_calls')
  if (type !== undefined && type !== 'chat' && type !== 'json')
    book.add('dropped', fields.at('type'), `The type '${type}' is not known.`)
  fields.drop(['experimentation'], 'Make an experiment of it: its variants are the versions of this prompt.')
  fields.drop(['evaluators'], 'Make test cases of them.')
  const variants = [...(fields.object('variants')?.members() ?? [])]
  fields.rest()
  const shared: JsonObject = toBody({
    tools,
    ...(type === 'json' ? { output_format: 'json' as const } : {}),
    ...(schema === undefined ? {} : { output_schema: schema }),
  })
  const common = {
    ...(choice === undefined ? {} : { tool_choice: choice }),
    ...(parallel === undefined ? {} : { parallel_tool_calls: parallel }),
  }
  const read = variants.flatMap(([variant, inside]) =>
    listed(readVariant(variant, inside, configuration, options, { shared, variables, common, schema, name })),
  )
  if (variants.length === 0)
    book.add('dropped', fields.place, 'The function has no variants, so there is nothing to ask.')
  const { slug, aliases } = named(name, fields.place, book)
  const heaviest = read.reduce((best, one, index) => (one.weight > (read[best]?.weight ?? -1) ? index : best), 0)
  const labels: Record<string, number> = read.length === 0 ? {} : { production: heaviest + 1 }
  for (const [index, { variant, place }] of read.entries()) {
    const label = read.length > 1 ? labelOf(variant, place, book) : null
    if (label !== null && label !== 'production') labels[label] = index + 1
  }
  return finishPrompt({
    slug,
    path: book.path,
    metadata: { name, description, aliases },
    versions: read.map(({ body }) => body),
    labels,
    problems: read.length === 0 ? [`${book.path}: function ${name} has no variant that could be read.`] : [],
  })
}

interface FunctionParts {
  readonly shared: JsonObject
  readonly variables: JsonObject | undefined
  readonly common: JsonObject
  readonly schema: JsonObject | undefined
  readonly name: string
}

interface FoundVariant {
  readonly variant: string
  readonly place: string
  readonly weight: number
  readonly body: JsonObject
}

function readVariant(
  variant: string,
  fields: Fields,
  configuration: Configuration,
  options: ReadOptions,
  { shared, variables, common, schema, name }: FunctionParts,
): FoundVariant | null {
  const { book } = fields
  const type = fields.line('type') ?? 'chat_completion'
  if (type !== 'chat_completion') {
    fields.close()
    book.add('dropped', fields.place, `A variant of type \`${type}\` is more than one call. Make a chain of it.`)
    return null
  }
  const reading: Reading = { dialect: jinja, book, slugOf: toSlug }
  const weight = fields.number('weight')
  if (weight !== undefined)
    book.add(
      'changed',
      fields.at('weight'),
      'A weight is no property of a version: make an experiment of the versions with these weights.',
    )
  const models = configuration.models(fields.line('model'))
  const target = (one: string | undefined): string =>
    toModel({ name: one, field: fields.at('model') }, options.model, book)
  const messages = readTemplates(fields, configuration, reading)
  const retries = fields.object('retries')
  const count = retries?.number('num_retries')
  retries?.rest('Promptbox decides by itself how long to wait.')
  const format = jsonMode(fields, schema, name)
  const parameters = { ...common, ...readParameters(fields, reading) }
  fields.drop(['extra_body', 'extra_headers'], 'What only one provider knows can be set in `parameters` by hand.')
  fields.drop(['timeouts'], 'Set `timeout_ms` of the version.')
  fields.rest()
  return {
    variant,
    place: fields.place,
    weight: weight ?? 0,
    body: toBody({
      ...shared,
      variables: requiredWhereUsed(variables, messages, fields),
      model: target(models[0]),
      fallback_models: models.length > 1 ? models.slice(1).map(target) : undefined,
      messages,
      parameters: someParameters(parameters),
      response_format: format,
      retries: count === undefined ? undefined : Math.min(count, 10),
      change_note: `Variant ${variant}`,
    }),
  }
}

/** `system_template` and `user_template`, or the same under `templates`, become messages. */
function readTemplates(fields: Fields, configuration: Configuration, reading: Reading): readonly JsonObject[] {
  const nested = fields.object('templates')
  const messages = (['system', 'user'] as const).flatMap((role) => {
    const own = configuration.text(fields, `${role}_template`)
    const named = nested?.object(role)
    const other = named === undefined ? undefined : configuration.text(named, 'path')
    named?.rest()
    return listed(own ?? other).map((text) => ({
      role,
      content: template(text.replace(/\n$/, ''), `${fields.place}.${role}_template`, reading),
    }))
  })
  fields.drop(['assistant_template'], 'Messages of the assistant are sent as they are here.')
  nested?.rest('Only the templates `system` and `user` become messages.')
  fields.drop(['input_wrappers'], 'Promptbox has nothing like it.')
  return messages
}

function jsonMode(fields: Fields, schema: JsonObject | undefined, name: string): JsonObject | undefined {
  const mode = fields.line('json_mode')
  if (mode === undefined || mode === 'off') return undefined
  if (mode === 'on') return { type: 'json_object' }
  if (mode === 'strict' && schema !== undefined)
    return {
      type: 'json_schema',
      json_schema: { name: toSlug(name).replaceAll('.', '-').slice(0, 64), schema, strict: true },
    }
  fields.book.add('changed', fields.at('json_mode'), `The mode '${mode}' is asked for as JSON here.`)
  return { type: 'json_object' }
}

function readTools(fields: Fields, configuration: Configuration): readonly JsonObject[] | undefined {
  const names = fields.texts('tools')
  const tools = names?.flatMap((name) => {
    const tool = configuration.tool(name)
    if (tool === null) fields.book.add('dropped', fields.at('tools'), `The tool '${name}' is not in these files.`)
    return listed(tool)
  })
  return tools === undefined || tools.length === 0 || !tools.every(isJsonObject) ? undefined : tools
}
