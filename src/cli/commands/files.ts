import { mkdir, readFile, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path'
import { usageError } from '../command.ts'

/** A file as the import takes it. */
export interface NamedText {
  /** Relative, with `/`. */
  readonly path: string
  readonly text: string
}

/** What formats of prompts consist of. */
const kinds: ReadonlySet<string> = new Set([
  '.yaml',
  '.yml',
  '.json',
  '.toml',
  '.prompt',
  '.md',
  '.markdown',
  '.minijinja',
  '.py',
  '.js',
  '.ts',
  '.txt',
])
const mostFiles = 20_000
const mostCharacters = 28 * 1024 * 1024

/** A file, or all that can be of prompts below a directory, but for what is hidden. By path. */
export async function readFiles(place: string): Promise<readonly NamedText[]> {
  const found = await stat(place).catch(() => null)
  if (found === null) throw usageError(`There is nothing at ${place}.`)
  // The directory of one prompt: its name is the prompt's.
  const base = (await stat(join(place, 'prompt.yaml')).catch(() => null)) === null ? place : dirname(place)
  const names = found.isDirectory() ? await filesBelow(place) : [place]
  if (names.length === 0) throw usageError(`${place} has no file of a known kind: ${[...kinds].join(' ')}.`)
  if (names.length > mostFiles) throw usageError(`${place} has more than ${mostFiles} files. Import parts of it.`)
  const files: NamedText[] = []
  let characters = 0
  for (const name of names) {
    const text = await readFile(name, 'utf8')
    characters += text.length
    if (characters > mostCharacters)
      throw usageError(`${place} has more than ${mostCharacters} characters. Import parts of it.`)
    const path = found.isDirectory() ? relative(base, name).split(sep).join('/') : basename(name)
    files.push({ path, text })
  }
  return files
}

/** Links are followed, as the server follows those in `prompts_dir`, but none back into a directory that leads to it. */
async function filesBelow(directory: string, above: readonly string[] = []): Promise<string[]> {
  const own = await realpath(directory)
  if (above.includes(own)) return []
  const found: string[] = []
  const entries = await readdir(directory, { withFileTypes: true })
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const path = join(directory, entry.name)
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry
    if (kind === null) throw usageError(`${path} is a link that leads nowhere. Mend it, or take it away.`)
    if (kind.isDirectory()) found.push(...(await filesBelow(path, [...above, own])))
    else if (kind.isFile() && kinds.has(extname(entry.name).toLowerCase())) found.push(path)
    if (found.length > mostFiles) break
  }
  return found
}

/** Writes what differs from what is there; gives the paths that did. `dryRun`: writes nothing. */
export async function writeFiles(
  directory: string,
  files: readonly NamedText[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<readonly string[]> {
  const changed: string[] = []
  for (const { path, text } of files) {
    const place = resolve(directory, path)
    // Slugs cannot climb, and this holds whatever the server sends.
    if (relative(directory, place).startsWith('..')) throw usageError(`${path} lies outside of ${directory}.`)
    if ((await readFile(place, 'utf8').catch(() => null)) === text) continue
    changed.push(path)
    if (dryRun) continue
    await mkdir(dirname(place), { recursive: true })
    await replaceFile(place, text)
  }
  return changed
}

/**
 * Whole or not at all: whoever is interrupted leaves the old file, and a server that has the directory as its `prompts_dir` never
 * reads half of one. Of a link, what it leads to.
 */
async function replaceFile(place: string, text: string): Promise<void> {
  const target = await realpath(place).catch(() => place)
  // Hidden, so that it never counts as a prompt.
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.new`)
  try {
    await writeFile(draft, text)
    await rename(draft, target)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
