import type { JsonObject } from '../../core/json.ts'
import { type Reading, listed } from '../content.ts'
import { plainBraces } from '../dialects.ts'
import { finishPrompt } from '../draft.ts'
import { Fields, NoteBook } from '../fields.ts'
import type { InterchangeFormat, ReadOptions } from '../format.ts'
import { type Imported, type ImportedPrompt, type InterchangeFile, allFiles } from '../imported.ts'
import { parseJsonFile } from '../json-file.ts'
import { objectsIn } from '../json-objects.ts'
import { aliasOf, stemOf, toSlug } from '../slugs.ts'
import { type CodeReference, referencesInCode } from './code.ts'
import { readVersionFields, variableNames } from './version.ts'

/**
 * OpenAI's reusable prompts: the JSON of the dashboard (one prompt, a list, or versions of one), and code that calls
 * `responses.create` with one. The id `pmpt_…` becomes an alias, so that code which sends it goes on.
 */
export const openai: InterchangeFormat = { id: 'openai', title: 'OpenAI', reads: readOpenAi, split: allFiles }

export interface FoundPrompt {
  readonly id: string | undefined
  readonly name: string | undefined
  readonly description: string | undefined
  readonly path: string
  readonly number: number | undefined
  readonly isDefault: boolean
  /** null: the input only refers to it. */
  readonly body: JsonObject | null
  /** Names of the variables that callers send. */
  readonly variables: readonly string[]
}

function readOpenAi(files: readonly InterchangeFile[], options: ReadOptions): Imported {
  const books = files.map((file) => new NoteBook(file.path))
  const found = files.flatMap((file, index) => {
    const book = books[index] ?? new NoteBook(file.path)
    return file.path.endsWith('.json') ? readJsonPrompts(file, book, options) : readCode(file, book, options)
  })
  const keys = [...new Set(found.map(keyOf))]
  const prompts = keys.map((key) => {
    const same = found.filter((one) => keyOf(one) === key)
    return assemble(same, books.find((book) => book.path === same[0]?.path) ?? new NoteBook(''))
  })
  return { prompts, notes: books.flatMap((book) => book.notes) }
}

const keyOf = (found: FoundPrompt): string => found.id ?? found.name ?? found.path

function readJsonPrompts(file: InterchangeFile, book: NoteBook, options: ReadOptions): readonly FoundPrompt[] {
  const value = parseJsonFile(file, book)
  if (value === undefined) return []
  return objectsIn(value, book).flatMap((fields) => readPrompt(fields, file, options))
}

/** A prompt with its text in it, or with its versions; or a request that refers to one. */
function readPrompt(fields: Fields, file: InterchangeFile, options: ReadOptions): readonly FoundPrompt[] {
  const reference = fields.object('prompt')
  const outer = { id: fields.line('id'), name: fields.line('name'), description: fields.line('description') }
  const refers = reference === undefined ? null : readReference(reference)
  const versions = fields.objects('versions')
  fields.leave(
    'object',
    'created_at',
    'updated_at',
    'created_by',
    'status',
    'project_id',
    'is_archived',
    'default_version',
  )
  if (versions !== undefined) {
    fields.rest()
    return versions
      .flatMap((version) => readPrompt(version, file, options))
      .map((found) => ({
        ...found,
        id: outer.id ?? found.id,
        name: outer.name ?? found.name,
        description: outer.description ?? found.description,
      }))
  }
  const written = fields.take('version')
  const number = typeof written === 'number' ? written : typeof written === 'string' ? Number(written) : Number.NaN
  const isDefault = fields.take('is_default') === true
  const reading: Reading = { dialect: plainBraces, book: fields.book, slugOf: toSlug }
  const { body, variables } = readVersionFields(fields, reading, options)
  fields.rest()
  const id = refers?.id ?? (outer.id?.startsWith('resp_') === true ? undefined : outer.id)
  return [
    {
      ...outer,
      id,
      path: file.path,
      number: refers?.number ?? (Number.isInteger(number) ? number : undefined),
      isDefault,
      body,
      variables: [...new Set([...variables, ...(refers?.variables ?? [])])],
    },
  ]
}

function readReference(fields: Fields): {
  id: string | undefined
  number: number | undefined
  variables: readonly string[]
} {
  const id = fields.line('id') ?? fields.line('prompt_id')
  const version = Number(fields.take('version') ?? Number.NaN)
  const variables = variableNames(fields).names
  fields.rest()
  return { id, number: Number.isInteger(version) ? version : undefined, variables }
}

function readCode(file: InterchangeFile, book: NoteBook, options: ReadOptions): readonly FoundPrompt[] {
  const references = referencesInCode(file.text)
  if (references.length === 0)
    book.add('dropped', '', 'There is no call of `responses.create` in it that names a prompt or has instructions.')
  return references.flatMap((reference, index) => fromCode(reference, index, file, book, options))
}

function fromCode(
  reference: CodeReference,
  index: number,
  file: InterchangeFile,
  book: NoteBook,
  options: ReadOptions,
): readonly FoundPrompt[] {
  const field = `call ${index + 1}`
  for (const name of reference.others)
    book.add('dropped', `${field}.${name}`, 'It is not read from code. Set it in the version, or go on sending it.')
  const { id, instructions, input, model, variables } = reference
  const texts: JsonObject = {
    ...(instructions === undefined ? {} : { instructions }),
    ...(input === undefined ? {} : { input }),
    ...(model === undefined ? {} : { model }),
  }
  const reading: Reading = { dialect: plainBraces, book, slugOf: toSlug }
  const hasText = id === undefined && (instructions !== undefined || input !== undefined)
  for (const name of id === undefined ? reference.computed : [])
    book.add(
      'dropped',
      `${field}.${name}`,
      'It is no plain text in the code, so it cannot be read. Write it into the version, with a variable for what changes.',
    )
  if (id === undefined && !hasText) return []
  if (!hasText)
    for (const name of Object.keys(texts))
      book.add(
        'dropped',
        `${field}.${name}`,
        'The call names a stored prompt; what it sends besides, it can go on sending.',
      )
  const body = hasText ? readVersionFields(new Fields(texts, field, book), reading, options).body : null
  const found = {
    id,
    name: undefined,
    description: undefined,
    path: file.path,
    number: reference.version,
    isDefault: false,
    body,
    variables,
  }
  return [found]
}

function assemble(found: readonly FoundPrompt[], book: NoteBook): ImportedPrompt {
  const [first] = found
  const id = found.find((one) => one.id !== undefined)?.id
  const name = found.find((one) => one.name !== undefined)?.name
  const withText = found
    .filter((one) => one.body !== null)
    .sort((left, right) => (left.number ?? Infinity) - (right.number ?? Infinity))
  const called = name ?? id ?? stemOf(first?.path ?? 'prompt')
  const slug = toSlug(called)
  const path = first?.path ?? ''
  const problems: string[] = []
  const sent = [...new Set(found.flatMap((one) => one.variables))]
  if (withText.length === 0) {
    const known = sent.length === 0 ? '' : ` Its variables are ${sent.join(', ')}.`
    problems.push(
      `${path}: the text of prompt ${called} is not in the code, it is stored at OpenAI.${known} Copy its JSON from the dashboard into a file beside it.`,
    )
  }
  for (const [index, { number }] of withText.entries())
    if (number !== undefined && number !== index + 1)
      book.add(
        'changed',
        'version',
        `Version ${number} of '${called}' is version ${index + 1} here, because others are missing before it.`,
      )
  const texts = JSON.stringify(withText.map(({ body }) => body))
  for (const one of found)
    for (const variable of one.body === null && withText.length > 0 ? one.variables : [])
      if (!texts.includes(`{{${variable}`))
        book.add('info', 'variables', `${one.path} sends the variable '${variable}', which no version uses.`)
  const production = withText.findIndex((one) => one.isDefault)
  const newest = production === -1 ? withText.length : production + 1
  return finishPrompt({
    slug,
    path,
    metadata: {
      name: name ?? called,
      description: found.find((one) => one.description !== undefined)?.description,
      aliases: id === slug ? [] : aliasOf(id, 'id', book),
    },
    versions: withText.flatMap(({ body }) => listed(body)),
    labels: newest === 0 ? {} : { production: newest },
    problems,
  })
}
