import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Json } from '../admin-client.ts'
import { type Command, type Context, type Invocation, exitCodes, usageError } from '../command.ts'
import { textTable } from '../text-table.ts'
import { promptPath } from './prompt-path.ts'

const filters = {
  q: 'words in its name, description, tags or messages',
  category: 'of this category',
  'use-case': 'for this use case',
  domain: 'of this domain',
  complexity: 'of this complexity',
  owner: 'that this person or team answers for',
  tag: 'with this tag',
  'compliance-tag': 'that fall under this rule',
  'app-context': 'used in this part of an application',
  label: 'that have this label',
  agent: 'that this agent uses',
} as const

export const listPrompts: Command = {
  name: 'prompts list',
  summary: 'List prompts',
  remote: true,
  options: {
    ...Object.fromEntries(
      Object.entries(filters).map(([name, description]) => [name, { type: 'string', description } as const]),
    ),
    archived: { type: 'boolean', description: 'archived ones instead of live ones' },
  },
  examples: ['prompts list --category support --json'],
  async run(invocation, { admin }) {
    const query = Object.fromEntries(
      Object.keys(filters).map((name) => [name.replaceAll('-', '_'), invocation.value(name)]),
    )
    const archived = invocation.flag('archived') ? 'true' : undefined
    const rows = await admin.all('/prompts', { ...query, archived })
    const cells = rows.map((row) => [row['slug'], row['name'], row['latest_version'], labelsText(row['labels'])])
    return { json: { data: rows }, text: textTable(['SLUG', 'NAME', 'LATEST', 'LABELS'], cells) || 'No prompts.\n' }
  },
}

export const showPrompt: Command = {
  name: 'prompts show',
  summary: 'Show a prompt, or one of its versions',
  remote: true,
  operands: [{ name: 'slug' }, { name: 'version', optional: true }],
  details: ['VERSION is a number, a semantic version, `latest`, or a label.'],
  examples: ['prompts show support-reply', 'prompts show support-reply production --json'],
  async run(invocation, { admin }) {
    const slug = invocation.operand('slug') ?? ''
    const wanted = invocation.operand('version')
    if (wanted !== undefined) {
      const version = await admin.send({ method: 'GET', path: promptPath(slug, 'versions', wanted) })
      return { json: version, text: `${JSON.stringify(version, null, 2)}\n` }
    }
    const prompt = await admin.send({ method: 'GET', path: promptPath(slug) })
    const versions = await admin.all(promptPath(slug, 'versions'))
    const cells = versions.map((row) => [
      row['version'],
      row['status'],
      row['model'],
      row['labels'],
      row['change_note'],
    ])
    const about = typeof prompt['description'] === 'string' ? `${prompt['description']}\n` : ''
    const head = `${slug}  ${String(prompt['name'])}\n${about}`
    return {
      json: { ...prompt, versions },
      text: `${head}\n${textTable(['VERSION', 'STATUS', 'MODEL', 'LABELS', 'NOTE'], cells)}`,
    }
  },
}

export const diffPrompt: Command = {
  name: 'prompts diff',
  summary: 'Compare two versions of a prompt',
  remote: true,
  operands: [{ name: 'slug' }, { name: 'from' }, { name: 'to', optional: true }],
  details: ['FROM and TO are numbers, semantic versions, `latest`, or labels. Left out, TO is `latest`.'],
  options: {
    'fail-on-breaking': { type: 'boolean', description: 'exit 1 when something breaks callers' },
    'fail-on-change': { type: 'boolean', description: 'exit 1 when anything differs' },
  },
  examples: ['prompts diff support-reply production latest --fail-on-breaking'],
  async run(invocation, { admin }) {
    const slug = invocation.operand('slug') ?? ''
    const from = invocation.operand('from') ?? ''
    const to = invocation.operand('to') ?? 'latest'
    const diff = await admin.send({ method: 'GET', path: promptPath(slug, 'diff'), query: { from, to } })
    const breaking = diff['breaking'] as readonly Json[]
    const lines = diffLines(diff)
    const fails =
      (invocation.flag('fail-on-breaking') && breaking.length > 0) ||
      (invocation.flag('fail-on-change') && lines.length > 0)
    const text = lines.length === 0 ? 'Nothing differs.\n' : lines.map((line) => `${line}\n`).join('')
    return { json: diff, text, exitCode: fails ? exitCodes.negative : exitCodes.done }
  },
}

export const renderPrompt: Command = {
  name: 'prompts render',
  summary: 'Show what a prompt would send, without sending it',
  remote: true,
  operands: [{ name: 'prompt' }],
  details: ['PROMPT is a slug, with @ and a version, a semantic version or a label when it is not `production`.'],
  options: {
    var: { type: 'string', multiple: true, value: 'NAME=VALUE', description: 'a variable; VALUE is JSON, else a text' },
    variables: { type: 'string', value: 'FILE', description: 'all variables as a JSON object; - for standard input' },
    locale: { type: 'string', value: 'TAG', description: 'language to render in' },
  },
  examples: ['prompts render support-reply@latest --var question="Where is my parcel?"'],
  async run(invocation, context) {
    const [prompt = '', selector] = (invocation.operand('prompt') ?? '').split('@')
    const locale = invocation.value('locale')
    const body = {
      prompt,
      variables: await readVariables(invocation, context),
      ...selected(selector),
      ...(locale === undefined ? {} : { locale }),
    }
    const rendered = await context.admin.send({ method: 'POST', path: '/render', body })
    const messages = rendered['messages'] as readonly Json[]
    const shown = messages.map((message) => `[${String(message['role'])}]\n${contentText(message['content'])}\n`)
    return { json: rendered, text: `${String(rendered['model'])}\n\n${shown.join('\n')}` }
  },
}

function selected(selector: string | undefined): Json {
  if (selector === undefined) return {}
  return selector === 'latest' || /^v?\d/.test(selector) ? { version: selector } : { label: selector }
}

async function readVariables(invocation: Invocation, context: Context): Promise<Json> {
  const file = invocation.value('variables')
  const text = file === undefined ? '{}' : await variablesText(file, context)
  const variables = new Map<string, unknown>()
  try {
    const parsed = JSON.parse(text) as Json
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('it is no object')
    for (const [name, value] of Object.entries(parsed)) variables.set(name, value)
  } catch (error) {
    throw usageError(`--variables must name a JSON object: ${error instanceof Error ? error.message : String(error)}.`)
  }
  for (const pair of invocation.values('var')) {
    const mark = pair.indexOf('=')
    if (mark < 1) throw usageError(`--var takes NAME=VALUE, not \`${pair}\`.`)
    variables.set(pair.slice(0, mark), jsonOrText(pair.slice(mark + 1)))
  }
  return Object.fromEntries(variables)
}

async function variablesText(file: string, { directory, readInput }: Context): Promise<string> {
  if (file === '-') return readInput()
  try {
    return await readFile(resolve(directory, file), 'utf8')
  } catch (error) {
    throw usageError(`--variables: ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A plain word: that is what it means.
    return text
  }
}

function contentText(content: unknown): string {
  return typeof content === 'string' ? content : JSON.stringify(content, null, 2)
}

function labelsText(labels: unknown): string {
  return Object.entries(labels as Readonly<Record<string, number>>)
    .map(([label, version]) => `${label}=${version}`)
    .join(' ')
}

function diffLines(diff: Json): string[] {
  const changes = (name: string): readonly Json[] => diff[name] as readonly Json[]
  return [
    ...changes('messages').flatMap((message) => [
      `message ${String(message['index'])} ${String(message['change'])}`,
      ...((message['lines'] ?? []) as readonly Json[])
        .filter(({ change }) => change !== 'same')
        .map(({ change, text }) => `  ${change === 'added' ? '+' : '-'} ${String(text)}`),
    ]),
    ...changes('variables').map(({ name, change }) => `variable ${String(name)} ${String(change)}`),
    ...changes('parameters').map((each) => fieldLine('parameter', each)),
    ...changes('fields').map((each) => fieldLine('field', each)),
    ...changes('breaking').map(({ message }) => `BREAKING: ${String(message)}`),
  ]
}

function fieldLine(what: string, { field, from, to }: Json): string {
  return `${what} ${String(field)}: ${JSON.stringify(from) ?? 'none'} -> ${JSON.stringify(to) ?? 'none'}`
}
