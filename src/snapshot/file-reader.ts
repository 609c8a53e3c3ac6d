import { createHash } from 'node:crypto'
import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { SnapshotChange } from './change.ts'
import {
  type EntryReading,
  type Mistake,
  checkShape,
  keyChanges,
  modelChanges,
  noteDoubleNames,
  promptChanges,
  routeChanges,
} from './file-entries.ts'
import { fileSchema, promptEntry, type PromptEntryInput } from './file-schema.ts'
import type { Fallback } from './layers.ts'
import { createSlices } from './slices.ts'
import { isPromptId, promptIdRule } from '../contract/names.ts'
import { type YamlDocument, parseYaml } from '../interchange/yaml-document.ts'

/** A mistake with its file, line and column. */
export interface FileMistake {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
}

export type FileRead =
  | { readonly kind: 'missing' }
  | { readonly kind: 'broken'; readonly mistakes: readonly FileMistake[]; readonly directory: string | null }
  | { readonly kind: 'good'; readonly fallback: Fallback; readonly directory: string | null }

export interface FileLimits {
  /** Largest file, bytes. Parsing stops the event loop for about 0.3 ms for each KiB, so large registries belong in `prompts_dir` or the database. */
  readonly maxFileBytes: number
  /** Most files in `prompts_dir`. */
  readonly maxFiles: number
}

/** The files of `prompts_dir` by name: what ends in `.yaml`, `.yml` or `.json` and is not hidden. */
export async function promptFilesIn(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory)
  return names.filter((name) => !name.startsWith('.') && ['.yaml', '.yml', '.json'].includes(extname(name))).sort()
}

/**
 * Reads `promptbox.yaml` and the directory it names, whole: either all of it is right, or all mistakes are listed. Nothing
 * is thrown for what is in the files, only for what the operating system refuses.
 */
export async function readPromptFiles(file: string, context: EntryReading, limits: FileLimits): Promise<FileRead> {
  const reading = new FilesReading(context, limits)
  const text = await reading.text(file)
  if (text === null) return { kind: 'missing' }
  const document = text === undefined ? null : reading.parse(file, text)
  if (document === null) return reading.finish(null)
  const noteAt = (mistake: Mistake) => reading.note(file, document, mistake)
  const top = checkShape(fileSchema, document.value ?? {}, noteAt)
  if (top === null) return reading.finish(directoryOf(file, document.value))
  reading.add(keyChanges(top.keys ?? {}, context, noteAt))
  reading.add(modelChanges(top.models ?? {}))
  reading.add(routeChanges(top.routes ?? {}, noteAt))
  reading.addPrompts(file, document, Object.entries(top.prompts ?? {}), (slug) => ['prompts', slug])
  const directory = directoryOf(file, top)
  if (directory !== null) await reading.directory(directory, (message) => noteAt({ path: ['prompts_dir'], message }))
  return reading.finish(directory)
}

function directoryOf(file: string, top: unknown): string | null {
  if (typeof top !== 'object' || top === null || !('prompts_dir' in top) || typeof top.prompts_dir !== 'string')
    return null
  return resolve(dirname(file), top.prompts_dir)
}

/** The state of one reading: what was found, what was wrong, and where each prompt stands. */
class FilesReading {
  readonly #context: EntryReading
  readonly #limits: FileLimits
  readonly #digest = createHash('sha256')
  readonly #changes: SnapshotChange[] = []
  readonly #mistakes: FileMistake[] = []
  readonly #homes = new Map<string, { file: string; document: YamlDocument; path: readonly PropertyKey[] }>()

  constructor(context: EntryReading, limits: FileLimits) {
    this.#context = context
    this.#limits = limits
  }

  /** null: there is no such file. undefined: it is too large, which is noted. */
  async text(file: string): Promise<string | null | undefined> {
    try {
      const { size } = await stat(file)
      if (size > this.#limits.maxFileBytes) {
        this.#say(
          file,
          { line: 1, column: 1 },
          `The file has ${size} bytes, more than ${this.#limits.maxFileBytes}. Split it with prompts_dir.`,
        )
        return undefined
      }
      const bytes = await readFile(file)
      this.#digest.update(basename(file)).update('\0').update(bytes).update('\0')
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      if (!(error instanceof TypeError)) throw error
      this.#say(file, { line: 1, column: 1 }, 'The file is not valid UTF-8. Save it as UTF-8.')
      return undefined
    }
  }

  parse(file: string, text: string): YamlDocument | null {
    const document = parseYaml(text)
    for (const mistake of document.mistakes) this.#say(file, mistake, mistake.message)
    return document.mistakes.length > 0 ? null : document
  }

  note(file: string, document: YamlDocument, { path, message }: Mistake): void {
    this.#say(file, document.placeOf(path), message)
  }

  add(changes: readonly SnapshotChange[]): void {
    for (const change of changes) this.#changes.push(change)
  }

  addPrompts(
    file: string,
    document: YamlDocument,
    prompts: readonly (readonly [string, PromptEntryInput])[],
    pathOf: (slug: string) => readonly PropertyKey[],
  ): void {
    this.add(promptChanges(prompts, this.#context, pathOf, (mistake) => this.note(file, document, mistake)))
    for (const [slug] of prompts) this.#homes.set(slug, { file, document, path: pathOf(slug) })
  }

  async directory(directory: string, note: (message: string) => void): Promise<void> {
    let names: readonly string[]
    try {
      names = await promptFilesIn(directory)
    } catch (error) {
      return note(`The directory cannot be read: ${(error as Error).message}`)
    }
    if (names.length > this.#limits.maxFiles) {
      return note(
        `The directory has ${names.length} prompt files, more than ${this.#limits.maxFiles}. Larger registries belong in the database.`,
      )
    }
    const slices = createSlices()
    for (const name of names) {
      await this.#promptFile(join(directory, name), basename(name, extname(name)))
      if (slices.due()) await slices.rest()
    }
  }

  async #promptFile(file: string, slug: string): Promise<void> {
    const text = await this.text(file)
    // Gone since the directory was listed: the next look sees the directory as it is then.
    if (text === null || text === undefined) return
    const document = this.parse(file, text)
    if (document === null) return
    if (!isPromptId(slug))
      return this.#say(
        file,
        { line: 1, column: 1 },
        `The file is named for its prompt, and '${slug}' cannot be one. ${promptIdRule}`,
      )
    const entry = checkShape(promptEntry, document.value, (mistake) => this.note(file, document, mistake))
    if (entry !== null) this.addPrompts(file, document, [[slug, entry]], () => [])
  }

  finish(directory: string | null): FileRead {
    noteDoubleNames(this.#changes, (slug, { path, message }) => {
      const home = this.#homes.get(slug)
      if (home !== undefined) this.note(home.file, home.document, { path: [...home.path, ...path], message })
    })
    if (this.#mistakes.length > 0) return { kind: 'broken', mistakes: this.#mistakes, directory }
    for (const change of this.#changes) if (change.noun === 'key') this.#digest.update(change.value?.hash ?? '')
    return {
      kind: 'good',
      fallback: { changes: this.#changes, digest: this.#digest.digest('hex').slice(0, 12) },
      directory,
    }
  }

  #say(file: string, { line, column }: { readonly line: number; readonly column: number }, message: string): void {
    this.#mistakes.push({ file, line, column, message })
  }
}

const mostListed = 20

/** One line for each mistake, `promptbox.yaml:12:5: …`. */
export function listMistakes(mistakes: readonly FileMistake[]): string {
  const listed = mistakes
    .slice(0, mostListed)
    .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
  if (mistakes.length > mostListed) listed.push(`and ${mistakes.length - mostListed} more`)
  return listed.join('\n')
}
