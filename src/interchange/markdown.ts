import { type JsonObject } from '../core/json.ts'
import { type Reading, deepTemplate, readParameters, readTools, roleOf, someParameters, template } from './content.ts'
import { ownTemplate } from './dialects.ts'
import { finishPrompt, toBody } from './draft.ts'
import { Fields, NoteBook } from './fields.ts'
import type { InterchangeFormat, ReadOptions } from './format.ts'
import { splitFrontMatter } from './front-matter.ts'
import { type Imported, type InterchangeFile, eachFile, mergeImported } from './imported.ts'
import { toModel } from './models.ts'
import { labelOf, named, stemOf } from './slugs.ts'

/**
 * Plain files: a prompt each, named for its file. Headings `# System`, `# User` and `# Assistant` begin messages; without any
 * the text is one system message. YAML at the head may say more.
 */
export const markdown: InterchangeFormat = {
  id: 'markdown',
  title: 'Markdown and plain text files',
  reads: (files, options) => mergeImported(files.map((file) => readFile(file, options))),
  split: eachFile,
}

const metadataLines = ['description', 'category', 'use_case', 'domain', 'complexity', 'owner'] as const
const metadataLists = ['app_contexts', 'tags', 'starters', 'compliance_tags'] as const

function readFile(file: InterchangeFile, options: ReadOptions): Imported {
  const book = new NoteBook(file.path)
  const nothing = { prompts: [], notes: book.notes }
  if (!/\.(?:md|markdown|txt)$/i.test(file.path)) {
    book.add('dropped', '', 'Only files that end in .md, .markdown or .txt are read.')
    return nothing
  }
  const parts = splitFrontMatter(file.text, book)
  if (parts === null) return nothing
  const head = new Fields(parts.head, '', book)
  const reading: Reading = { dialect: ownTemplate, book, slugOf: (name) => name }
  const { slug, aliases } = named(head.line('slug') ?? stemOf(file.path), 'file name', book)
  const name = head.line('name') ?? head.line('title') ?? stemOf(file.path)
  const lines = Object.fromEntries(metadataLines.map((field) => [field, head.line(field)]))
  const lists = Object.fromEntries(metadataLists.map((field) => [field, head.texts(field)]))
  const given = head.texts('aliases') ?? []
  const labels = (head.texts('labels') ?? ['production']).flatMap((label) => labelOf(label, 'labels', book) ?? [])
  const body = toBody({
    ...readHead(head, reading, options),
    messages: readMessages(parts.body, head.line('role'), reading),
  })
  head.rest()
  const prompt = finishPrompt({
    slug,
    path: file.path,
    metadata: { name, ...lines, ...lists, aliases: [...new Set([...aliases, ...given])] },
    versions: [body],
    labels: Object.fromEntries(labels.map((label) => [label, 1])),
  })
  return { prompts: [prompt], notes: book.notes }
}

function readHead(head: Fields, reading: Reading, options: ReadOptions): JsonObject {
  const model = toModel(
    { name: head.line('model'), provider: head.line('provider'), field: 'model' },
    options.model,
    reading.book,
  )
  const inner = head.object('parameters')
  const parameters = {
    ...readParameters(head, reading),
    ...(inner === undefined ? {} : readParameters(inner, reading)),
  }
  inner?.rest()
  const format = head.plain('response_format')
  const tools = readTools(head, 'tools', reading)
  return toBody({
    model,
    fallback_models: head.texts('fallback_models'),
    variables: head.plain('variables'),
    parameters: someParameters(parameters),
    tools,
    response_format: format === undefined ? undefined : deepTemplate(format, 'response_format', reading),
    output_schema: head.plain('output_schema'),
    output_format: head.line('output_format'),
    semver: head.line('semver'),
    change_note: head.line('change_note'),
  })
}

const roleHeading =
  /^#{1,6}[ \t]+(system|developer|user|assistant)(?:[ \t]+(?:prompt|message|instructions?))?[ \t]*:?[ \t]*#*[ \t]*$/i

function readMessages(body: string, whole: string | undefined, reading: Reading): readonly JsonObject[] {
  const sections: { role: string; lines: string[] }[] = [{ role: '', lines: [] }]
  let fence: string | null = null
  for (const line of body.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (mark !== undefined && fence === null) fence = mark
    else if (mark !== undefined && fence !== null && mark.startsWith(fence)) fence = null
    const role = fence === null ? roleHeading.exec(line)?.[1] : undefined
    if (role === undefined) sections.at(-1)?.lines.push(line)
    else sections.push({ role: role.toLowerCase(), lines: [] })
  }
  const hasRoles = sections.length > 1
  return sections.flatMap(({ role, lines }) => {
    const text = lines
      .join('\n')
      .replace(/^\s*\n/, '')
      .trimEnd()
    if (text.trim() === '') return []
    if (role === '' && hasRoles)
      reading.book.add('info', 'before the first heading', 'The text is a system message here.')
    const told = role === '' ? roleOf(hasRoles ? 'system' : (whole ?? 'system'), 'role', reading.book) : role
    return told === undefined ? [] : [{ role: told, content: template(text, `${told} message`, reading) }]
  })
}
