import { type JsonObject, type JsonValue, isJsonObject } from '../../core/json.ts'
import { type DraftPrompt, finishPrompt } from '../draft.ts'
import { Fields, NoteBook } from '../fields.ts'
import type { InterchangeFormat } from '../format.ts'
import { type Imported, type ImportedPrompt, type InterchangeFile, mergeImported } from '../imported.ts'
import { isTooDeep } from '../json-file.ts'
import { stemOf, toSlug } from '../slugs.ts'
import { parseYaml } from '../yaml-document.ts'
import { bundleFormat } from './bundle.ts'
import { dataFileName, promptFileName, versionFiles } from './layout.ts'

/** Our own format, as a bundle (JSON or YAML), as a file for each prompt, or as a folder for each prompt. */
export const promptbox: InterchangeFormat = {
  id: 'promptbox',
  title: 'Promptbox',
  reads: readPromptbox,
  steps: stepsOf,
  split: (files) => groupsOf(files).map((group) => group.files),
}

/** The prompts of a directory as `toDirectory` writes it, wherever in the tree the folders stand. */
export const fromDirectory = (files: readonly InterchangeFile[]): Imported => readPromptbox(files)

function readPromptbox(files: readonly InterchangeFile[]): Imported {
  return mergeImported([...stepsOf(files)])
}

/** One prompt at a time, also of a bundle. */
function* stepsOf(files: readonly InterchangeFile[]): Generator<Imported> {
  for (const group of groupsOf(files)) yield* readGroup(group)
}

interface Group {
  /** Folder of a prompt; null: a file by itself. */
  readonly folder: string | null
  readonly files: readonly InterchangeFile[]
}

function groupsOf(files: readonly InterchangeFile[]): readonly Group[] {
  const folders = new Set(
    files.filter(({ path }) => promptFileName.test(nameOf(path))).map(({ path }) => folderOf(path)),
  )
  // In no folder at all it is any file that happens to be called so: a bundle, or one prompt.
  if (!files.some(({ path }) => folderOf(path) === 'versions')) folders.delete('')
  const groups = new Map<string, InterchangeFile[]>()
  for (const file of files) {
    const folder = folderOf(file.path)
    const home = folders.has(folder) ? folder : /(?:^|\/)versions$/.test(folder) ? folderOf(folder) : null
    const key = home === null ? `file ${file.path}` : `folder ${home}`
    const members = groups.get(key)
    if (members === undefined) groups.set(key, [file])
    else members.push(file)
  }
  return [...groups].map(([key, members]) => ({
    folder: key.startsWith('folder ') ? key.slice('folder '.length) : null,
    files: members,
  }))
}

const nameOf = (path: string): string => path.split('/').at(-1) ?? path
const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/')

function* readGroup({ folder, files }: Group): Generator<Imported> {
  const [file] = files
  if (folder !== null) yield readFolder(folder, files)
  else if (file !== undefined) yield* readFile(file)
}

function* readFile(file: InterchangeFile): Generator<Imported> {
  const book = new NoteBook(file.path)
  if (!dataFileName.test(file.path)) {
    book.add('dropped', '', 'Only files that end in .yaml, .yml or .json are read.')
    yield { prompts: [], notes: book.notes }
    return
  }
  const read = readObject(file)
  if (typeof read === 'string') {
    const isBundle = file.text.includes(bundleFormat)
    if (isBundle) book.add('dropped', '', read)
    const prompts = isBundle ? [] : [broken(toSlug(stemOf(file.path)), read)]
    yield { prompts, notes: book.notes }
    return
  }
  if (Object.hasOwn(read, 'format') || Object.hasOwn(read, 'prompts')) yield* readBundle(read, book)
  else yield { prompts: [readEntry(read, stemOf(file.path), file.path)], notes: [] }
}

/** The object in the file, or what is wrong with it: a sentence with file, line and column. */
function readObject({ path, text }: InterchangeFile): JsonObject | string {
  const at = (line: number, column: number, message: string): string => `${path}:${line}:${column}: ${message}`
  if (path.endsWith('.json')) {
    try {
      const value = JSON.parse(text) as JsonValue
      return isJsonObject(value) ? value : at(1, 1, 'It must be an object.')
    } catch {
      // YAML reads JSON too, and says where it is broken.
    }
  }
  const document = parseYaml(text)
  const [mistake] = document.mistakes
  if (mistake !== undefined) return at(mistake.line, mistake.column, mistake.message)
  if (isJsonObject(document.value))
    return isTooDeep(document.value) ? at(1, 1, 'It is nested too deeply.') : document.value
  return at(1, 1, 'It must be an object.')
}

function* readBundle(bundle: JsonObject, book: NoteBook): Generator<Imported> {
  const fields = new Fields(bundle, '', book)
  const format = fields.text('format')
  const prompts = promptsIn(fields, isJsonObject(bundle['prompts']))
  fields.drop(['chains'], 'Chains are not imported. Send them to POST /admin/v1/chains.')
  fields.rest('A bundle has `format` and `prompts`.')
  if (format !== undefined && format !== bundleFormat) {
    book.add('dropped', 'format', `It is \`${format}\`, and this Promptbox reads \`${bundleFormat}\`.`)
    yield { prompts: [], notes: book.notes }
    return
  }
  for (const [index, prompt] of prompts.entries()) {
    if (isJsonObject(prompt)) yield { prompts: [readEntry(prompt, null, `${book.path}: prompts[${index}]`)], notes: [] }
    else book.add('dropped', `prompts[${index}]`, 'It should be an object, and is none.')
  }
  yield { prompts: [], notes: book.notes }
}

/** A list, or, as `promptbox.yaml` has them, a map from slug to the rest. */
function promptsIn(fields: Fields, isMap: boolean): readonly JsonValue[] {
  if (!isMap) return fields.list('prompts') ?? []
  return Object.entries(fields.plain('prompts') ?? {}).map(([slug, entry]) =>
    isJsonObject(entry) ? { slug, ...entry } : entry,
  )
}

/** One prompt with its versions in it. `name`: of its file, which is its slug. */
function readEntry(entry: JsonObject, name: string | null, path: string): ImportedPrompt {
  const { slug, version, versions, labels, ...metadata } = entry
  const problems: string[] = []
  const bodies = versions ?? (version === undefined ? [] : [version])
  if (versions !== undefined && version !== undefined)
    problems.push(`${path}: \`versions\` must not stand beside \`version\`.`)
  if (!Array.isArray(bodies)) problems.push(`${path}: \`versions\` must be a list.`)
  const list = (Array.isArray(bodies) ? bodies : []) as readonly JsonValue[]
  const objects = list.flatMap((body) => (isJsonObject(body) ? [body] : []))
  if (objects.length < list.length) problems.push(`${path}: every version must be an object.`)
  return finishPrompt({
    slug: slugOf(slug, name, path, problems),
    path,
    metadata,
    versions: objects,
    labels: labelsOf(labels, objects.length, path, problems),
    problems,
  })
}

function readFolder(folder: string, files: readonly InterchangeFile[]): Imported {
  const name = nameOf(folder)
  const heads = files.filter(({ path }) => folderOf(path) === folder)
  const parts = files.filter(({ path }) => folderOf(path) !== folder)
  const book = new NoteBook(folder)
  const others = heads.filter(({ path }) => !promptFileName.test(nameOf(path)))
  for (const { path } of others)
    book.add('dropped', nameOf(path), 'The folder of a prompt has prompt.yaml and versions.')
  const [head, second] = heads.filter(({ path }) => promptFileName.test(nameOf(path)))
  if (head === undefined)
    return { prompts: [broken(toSlug(name), `${folder}: There is no prompt.yaml.`)], notes: book.notes }
  const problems: string[] = []
  if (second !== undefined)
    problems.push(`${second.path}: The folder has ${nameOf(head.path)} already. Keep one of them.`)
  const partNamed = new Map(parts.map((part) => [nameOf(part.path), part]))
  const { files: numbered, mistakes } = versionFiles(parts.map(({ path }) => nameOf(path)))
  for (const { name: part, message } of mistakes) problems.push(`${folder}/versions/${part}: ${message}`)
  const bodies = numbered.flatMap(({ name: part }) => {
    const file = partNamed.get(part)
    const body = file === undefined ? null : readObject(file)
    if (body !== null && typeof body !== 'string') return [body]
    problems.push(body ?? `${part}: It is gone.`)
    return []
  })
  const entry = readObject(head)
  if (typeof entry === 'string') return { prompts: [broken(toSlug(name), entry)], notes: book.notes }
  if (bodies.length > 0 && (entry['version'] !== undefined || entry['versions'] !== undefined))
    problems.push(`${head.path}: Versions stand in the folder \`versions\`, so they cannot stand here too.`)
  const prompt =
    bodies.length > 0
      ? readParts(entry, name, head.path, { bodies, problems, numbered, folder })
      : readEntry(entry, name, head.path)
  return { prompts: [{ ...prompt, problems: [...new Set([...problems, ...prompt.problems])] }], notes: book.notes }
}

interface Parts {
  readonly bodies: readonly JsonObject[]
  readonly problems: readonly string[]
  readonly numbered: readonly { readonly name: string }[]
  readonly folder: string
}

function readParts(entry: JsonObject, name: string, path: string, parts: Parts): ImportedPrompt {
  const { slug, labels, version: _version, versions: _versions, ...metadata } = entry
  const problems: string[] = []
  const draft: DraftPrompt = {
    slug: slugOf(slug, name, path, problems),
    path,
    metadata,
    versions: parts.bodies,
    labels: labelsOf(labels, parts.bodies.length, path, problems),
    problems,
    pathOf: (version) => `${parts.folder}/versions/${parts.numbered[version - 1]?.name ?? version}`,
  }
  return finishPrompt(draft)
}

function slugOf(written: JsonValue | undefined, name: string | null, path: string, problems: string[]): string {
  if (typeof written === 'string' && (name === null || written === name)) return written
  if (written === undefined && name !== null) return name
  if (name === null) problems.push(`${path}: \`slug\` is missing.`)
  else problems.push(`${path}: The slug is '${name}' already, by its place. Take \`slug\` out, or make it the same.`)
  return name ?? 'prompt'
}

/** Labels as a list all point to the newest version, as in `promptbox.yaml`. */
function labelsOf(
  labels: JsonValue | undefined,
  newest: number,
  path: string,
  problems: string[],
): Readonly<Record<string, number>> {
  if (labels === undefined || labels === null) return {}
  if (Array.isArray(labels) && labels.every((label) => typeof label === 'string'))
    return Object.fromEntries(labels.map((label) => [label, newest]))
  if (isJsonObject(labels) && Object.values(labels).every((version) => Number.isInteger(version)))
    return labels as Readonly<Record<string, number>>
  problems.push(`${path}: \`labels\` must be a list of labels, or a map from label to version number.`)
  return {}
}

function broken(slug: string, problem: string): ImportedPrompt {
  return { slug, metadata: {}, versions: [], labels: {}, problems: [problem] }
}
