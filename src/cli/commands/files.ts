import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
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

async function filesBelow(directory: string): Promise<string[]> {
  const found: string[] = []
  const entries = await readdir(directory, { withFileTypes: true })
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const path = join(directory, entry.name)
    if (entry.isDirectory()) found.push(...(await filesBelow(path)))
    else if (entry.isFile() && kinds.has(extname(entry.name))) found.push(path)
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
    await writeFile(place, text)
  }
  return changed
}
