import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { interchangeFormats } from '../../interchange/index.ts'
import { type Bundle, toBundleJson, toBundleYaml, toDirectory } from '../../interchange/promptbox/bundle.ts'
import type { AdminClient, Json } from '../admin-client.ts'
import { type Command, type Context, type Option, type Result, exitCodes, usageError } from '../command.ts'
import { textTable } from '../text-table.ts'
import { readFiles, writeFiles } from './files.ts'
import { promptPath } from './prompt-path.ts'

const formats = interchangeFormats.map(({ id }) => id)

const importOptions = {
  'dry-run': { type: 'boolean', description: 'say what would change, and change nothing' },
  'on-conflict': {
    type: 'string',
    value: 'WHAT',
    description: 'of a prompt that exists: `add_version` (the default), `skip`, or `error`',
  },
} as const satisfies Readonly<Record<string, Option>>

export const importCommand: Command = {
  name: 'import',
  summary: 'Import prompts of Promptbox or of other systems; exit 1 when one is refused',
  remote: true,
  operands: [{ name: 'path' }],
  details: ['PATH is a file, or a directory that is read with all below it.'],
  options: {
    format: { type: 'string', value: 'FORMAT', description: `one of ${formats.join(', ')} (promptbox)` },
    model: { type: 'string', value: 'MODEL', description: 'model of versions for which the input names none' },
    ...importOptions,
  },
  examples: ['import exported.json --format langfuse --dry-run', 'import prompts/'],
  async run(invocation, context) {
    const format = invocation.value('format') ?? 'promptbox'
    if (!formats.includes(format)) throw usageError(`--format must be one of ${formats.join(', ')}, not \`${format}\`.`)
    const report = await sendImport(context, invocation.operand('path') ?? '', {
      format,
      model: invocation.value('model'),
      dry_run: invocation.flag('dry-run') ? 'true' : undefined,
      on_conflict: invocation.value('on-conflict'),
    })
    return reportResult(report)
  },
}

export const pushPrompts: Command = {
  name: 'prompts push',
  summary: 'Send prompts in files of Promptbox to the server; exit 1 when one is refused',
  remote: true,
  operands: [{ name: 'path' }],
  details: ['What is there already is not sent twice: pushing again changes nothing.'],
  options: {
    ...importOptions,
    label: { type: 'string', description: 'point this label to the latest version of each prompt afterwards' },
    reason: { type: 'string', description: 'why, for the timeline' },
  },
  examples: ['prompts push prompts/ --dry-run', 'prompts push prompts/support-reply --label staging'],
  async run(invocation, context) {
    const dryRun = invocation.flag('dry-run')
    const report = await sendImport(context, invocation.operand('path') ?? '', {
      format: 'promptbox',
      dry_run: dryRun ? 'true' : undefined,
      on_conflict: invocation.value('on-conflict'),
    })
    const result = reportResult(report)
    const label = invocation.value('label')
    if (label === undefined || dryRun || result.exitCode !== exitCodes.done) return result
    const slugs = (report['prompts'] as readonly Json[]).map(({ slug }) => String(slug))
    const moved = await labelLatest(context.admin, slugs, label, invocation.value('reason') ?? null)
    return {
      ...result,
      json: { ...report, label, labelled: moved },
      text: `${result.text}${label} points to the latest version of ${moved.length} prompts.\n`,
    }
  },
}

export const exportCommand: Command = {
  name: 'export',
  summary: 'Write prompts with all their versions into files',
  remote: true,
  operands: [{ name: 'path' }],
  details: ['PATH ending in .json or .yaml is one file; else a directory, with one directory for each prompt.'],
  options: {
    ...Object.fromEntries(
      ['label', 'tag', 'category', 'owner', 'q'].map((name) => [
        name,
        { type: 'string', description: `only prompts with this ${name === 'q' ? 'text' : name}` } as const,
      ]),
    ),
    'dry-run': { type: 'boolean', description: 'say which files would change; exit 1 when any would' },
  },
  examples: ['export prompts/', 'export all.yaml --label production'],
  async run(invocation, context) {
    const names = ['label', 'tag', 'category', 'owner', 'q']
    const query = Object.fromEntries(names.map((name) => [name, invocation.value(name)]))
    const bundle = await fetchBundle(context.admin, query)
    return writeBundle(context, invocation.operand('path') ?? '', bundle, invocation.flag('dry-run'))
  },
}

export const pullPrompts: Command = {
  name: 'prompts pull',
  summary: 'Bring prompts from the server into a directory, one directory for each',
  remote: true,
  operands: [{ name: 'directory' }, { name: 'slug', optional: true, many: true }],
  details: ['Without SLUG, all prompts. Only files that differ are written, and none is deleted.'],
  options: { 'dry-run': { type: 'boolean', description: 'say which files would change; exit 1 when any would' } },
  examples: ['prompts pull prompts/ support-reply', 'prompts pull prompts/ --dry-run'],
  async run(invocation, context) {
    const [directory = '', ...slugs] = invocation.operands
    const bundles = await Promise.all(
      slugs.length === 0
        ? [fetchBundle(context.admin, {})]
        : slugs.map((prompt) => fetchBundle(context.admin, { prompt })),
    )
    const [first] = bundles
    if (first === undefined) throw usageError('Nothing was asked for.')
    const bundle = { ...first, prompts: bundles.flatMap(({ prompts }) => prompts) }
    return writeBundle(context, directory, bundle, invocation.flag('dry-run'))
  },
}

async function sendImport(
  { directory, admin }: Context,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): Promise<Json> {
  const place = resolve(directory, path)
  if (query['format'] === 'promptbox') refusePartOfPrompt(place)
  const files = await readFiles(place)
  return admin.send({ method: 'POST', path: '/import', query, body: { files } })
}

/** A file out of the folder of a prompt says neither whose it is nor, of a version, that it is one. */
function refusePartOfPrompt(place: string): void {
  const folder = /^\d+\.(?:ya?ml|json)$/.test(basename(place)) ? resolve(place, '../..') : dirname(place)
  const isPart = basename(dirname(place)) === 'versions' || basename(place) === 'prompt.yaml'
  const hasBoth = existsSync(join(folder, 'prompt.yaml')) && existsSync(join(folder, 'versions'))
  if (!isPart || !hasBoth || !statSync(place, { throwIfNoEntry: false })?.isFile()) return
  throw usageError(`${basename(place)} is a part of a prompt. Name the folder of the whole prompt: ${folder}`)
}

function reportResult(report: Json): Result {
  const rows = report['prompts'] as readonly Json[]
  const cells = rows.map((row) => [row['slug'], row['action'], row['versions_added'], labelTexts(row)])
  const told = rows.flatMap((row) => [...whyRefused(row), ...warningsOf(row)])
  const notes = (report['notes'] as readonly Json[]).map(
    ({ path, field, severity, message }) =>
      `${String(severity)}: ${String(path)}${field === '' ? '' : ` ${String(field)}`}: ${String(message)}\n`,
  )
  // Also a prompt of which only a part came in.
  const anyRefused = rows.some((row) => whyRefused(row).length > 0)
  const dry = report['dry_run'] === true ? ' Nothing was changed: this was a dry run.' : ''
  const counts = ['created', 'changed', 'unchanged', 'refused']
    .map((name) => `${String(report[name])} ${name}`)
    .join(', ')
  return {
    json: report,
    text: `${textTable(['PROMPT', 'ACTION', 'VERSIONS', 'LABELS'], cells)}${told.join('')}${notes.join('')}\n${counts}.${dry}\n`,
    exitCode: report['refused'] !== 0 || anyRefused ? exitCodes.negative : exitCodes.done,
  }
}

function labelTexts(row: Json): string {
  const moves = row['labels'] as readonly Json[]
  return (
    moves
      .map(({ label, to, refused }) => `${String(label)}=${String(to)}${refused === undefined ? '' : ' (refused)'}`)
      .join(' ') || '-'
  )
}

/** Each whole and on a line of its own: it is what has to be mended. */
function whyRefused({ slug, problems, labels }: Json): readonly string[] {
  const refused = (labels as readonly Json[]).flatMap(({ refused: why }) => (typeof why === 'string' ? [why] : []))
  return [...(problems as readonly string[]), ...refused].map((why) => `refused: ${String(slug)}: ${why}\n`)
}

function warningsOf({ slug, warnings }: Json): readonly string[] {
  return (warnings as readonly string[]).map((warning) => `warning: ${String(slug)}: ${warning}\n`)
}

async function labelLatest(
  admin: AdminClient,
  slugs: readonly string[],
  label: string,
  reason: string | null,
): Promise<readonly { readonly prompt: string; readonly version: number }[]> {
  const moved = []
  for (const slug of slugs) {
    const prompt = await admin.send({ method: 'GET', path: promptPath(slug) })
    const version = prompt['latest_version']
    if (typeof version !== 'number') continue
    await admin.send({ method: 'PUT', path: promptPath(slug, 'labels', label), body: { version, reason } })
    moved.push({ prompt: slug, version })
  }
  return moved
}

async function fetchBundle(admin: AdminClient, query: Readonly<Record<string, string | undefined>>): Promise<Bundle> {
  return (await admin.send({ method: 'GET', path: '/export', query })) as unknown as Bundle
}

async function writeBundle({ directory }: Context, path: string, bundle: Bundle, dryRun: boolean): Promise<Result> {
  const place = resolve(directory, path)
  const one = path.endsWith('.json') ? toBundleJson(bundle) : /\.ya?ml$/.test(path) ? toBundleYaml(bundle) : null
  const changed =
    one === null
      ? await writeFiles(place, toDirectory(bundle), { dryRun })
      : await writeFiles(resolve(place, '..'), [{ path: place, text: one }], { dryRun })
  const what = `${bundle.prompts.length} prompts; ${changed.length} files ${dryRun ? 'would change' : 'written'}.\n`
  return {
    json: { prompts: bundle.prompts.length, dry_run: dryRun, files: changed },
    text: `${changed.map((name) => `${name}\n`).join('')}${what}`,
    exitCode: dryRun && changed.length > 0 ? exitCodes.negative : exitCodes.done,
  }
}
