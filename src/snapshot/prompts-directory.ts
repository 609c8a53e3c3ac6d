import { readdir, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { isJsonObject } from '../core/json.ts'
import { dataFileName, promptFileName, versionFiles } from '../interchange/promptbox/layout.ts'
import type { YamlDocument } from '../interchange/yaml-document.ts'
import type { Mistake } from './file-entries.ts'

/** A prompt in `prompts_dir`: a file by itself, or a folder with `prompt.yaml` and `versions`. Paths are absolute. */
export interface DirectoryPrompt {
  readonly slug: string
  readonly file: string
  /** Further names of the same thing in the folder; there should be none. */
  readonly doubles: readonly string[]
  /** In the order of their numbers; empty: the file has them, or should. */
  readonly versions: readonly string[]
  /** What is wrong with names in `versions`. */
  readonly mistakes: readonly { readonly file: string; readonly message: string }[]
}

export interface PromptsDirectory {
  readonly prompts: readonly DirectoryPrompt[]
  /** Every file that counts. */
  readonly files: readonly string[]
  /** Every folder that counts, without `prompts_dir` itself. */
  readonly folders: readonly string[]
}

/**
 * What is in `prompts_dir`: files that end in `.yaml`, `.yml` or `.json`, and folders that have a `prompt.yaml` or `versions`.
 * What is hidden does not count, nor do other files and folders.
 */
export async function listPromptsDirectory(directory: string): Promise<PromptsDirectory> {
  const prompts: DirectoryPrompt[] = []
  const folders: string[] = []
  const entries = await readdir(directory, { withFileTypes: true })
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(directory, entry.name)
    if (entry.name.startsWith('.')) continue
    if (dataFileName.test(entry.name) && !entry.isDirectory()) {
      const slug = basename(entry.name, extname(entry.name))
      prompts.push({ slug, file: path, doubles: [], versions: [], mistakes: [] })
      continue
    }
    if (!entry.isDirectory() && !(entry.isSymbolicLink() && (await isFolder(path)))) continue
    const prompt = await readFolder(path)
    folders.push(path, join(path, 'versions'))
    if (prompt !== null) prompts.push(prompt)
  }
  const files = prompts.flatMap(({ file, doubles, versions }) => [file, ...doubles, ...versions])
  return { prompts, files, folders }
}

async function readFolder(path: string): Promise<DirectoryPrompt | null> {
  const heads = (await namesIn(path)).filter((name) => promptFileName.test(name)).sort()
  const inside = join(path, 'versions')
  const names = await namesIn(inside)
  if (heads.length === 0 && names.length === 0) return null
  const { files, mistakes } = versionFiles(names)
  return {
    slug: basename(path),
    file: join(path, heads[0] ?? 'prompt.yaml'),
    doubles: heads.slice(1).map((name) => join(path, name)),
    versions: files.map(({ name }) => join(inside, name)),
    mistakes: mistakes.map(({ name, message }) => ({ file: join(inside, name), message })),
  }
}

/** Empty when there is no such folder: it may have gone since somebody listed it. */
async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    // A link that leads nowhere.
    return false
  }
}

/** A file that was read, and what is noted about it. */
export interface ReadFile {
  readonly document: YamlDocument
  readonly note: (mistake: Mistake) => void
}

/** The parts of a folder as one value, as it would stand in one file; each mistake goes to the file it is in. */
export function joinParts(
  head: ReadFile,
  versions: readonly ReadFile[],
): { readonly value: unknown; readonly note: (mistake: Mistake) => void } {
  const { value } = head.document
  if (versions.length === 0 || !isJsonObject(value)) return { value, note: head.note }
  for (const name of ['version', 'versions'])
    if (Object.hasOwn(value, name))
      head.note({ path: [name], message: `\`${name}\` must not stand here: the folder \`versions\` has them.` })
  const { version: _version, ...rest } = value
  return {
    value: { ...rest, versions: versions.map(({ document }) => document.value) },
    note(mistake) {
      const [field, index, ...path] = mistake.path
      const part = field === 'versions' && typeof index === 'number' ? versions[index] : undefined
      if (part === undefined) head.note(mistake)
      else part.note({ path, message: mistake.message.replaceAll(`versions[${String(index)}].`, '') })
    },
  }
}
