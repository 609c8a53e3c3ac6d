import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, resolve } from 'node:path'
import type { SnapshotChange } from './change.ts'
import { composePrompts } from './compose-entries.ts'
import {
  type EntryReading,
  type Mistake,
  checkShape,
  keyChanges,
  modelChanges,
  noteDoubleNames,
  promptChanges,
  routeChanges,
  versionPath,
} from './file-entries.ts'
import { chainChanges } from './file-chains.ts'
import { experimentChanges, noteUnknownPrompts } from './file-experiments.ts'
import { guardrailChanges } from './file-guardrails.ts'
import { fileSchema, promptEntry, type PromptEntryInput } from './file-schema.ts'
import type { Fallback } from './layers.ts'
import {
  type DirectoryPrompt,
  type PromptsDirectory,
  type ReadFile,
  joinParts,
  listPromptsDirectory,
} from './prompts-directory.ts'
import { type Slices, createSlices } from '../core/slices.ts'
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
  reading.add(chainChanges(top.chains ?? {}, context.tenantId, noteAt))
  reading.add(guardrailChanges(top.guardrails ?? {}, context.tenantId, noteAt))
  reading.addExperiments(experimentChanges(top.experiments ?? {}, context.tenantId, noteAt), noteAt)
  reading.addPrompts(Object.entries(top.prompts ?? {}), (slug) => ['prompts', slug], noteAt)
  const directory = directoryOf(file, top)
  if (directory !== null) await reading.directory(directory, (message) => noteAt({ path: ['prompts_dir'], message }))
  return reading.finish(directory)
}

function directoryOf(file: string, top: unknown): string | null {
  if (typeof top !== 'object' || top === null || !('prompts_dir' in top) || typeof top.prompts_dir !== 'string')
    return null
  return resolve(dirname(file), top.prompts_dir)
}

/** Where a prompt stands. */
interface Home {
  readonly note: (mistake: Mistake) => void
  readonly path: readonly PropertyKey[]
  readonly entry: PromptEntryInput
}

/** The state of one reading: what was found, what was wrong, and where each prompt stands. */
class FilesReading {
  readonly #context: EntryReading
  readonly #limits: FileLimits
  readonly #digest = createHash('sha256')
  readonly #changes: SnapshotChange[] = []
  readonly #mistakes: FileMistake[] = []
  readonly #homes = new Map<string, Home>()
  #experiments: { readonly changes: readonly SnapshotChange[]; readonly note: (mistake: Mistake) => void } | null = null

  constructor(context: EntryReading, limits: FileLimits) {
    this.#context = context
    this.#limits = limits
  }

  /** null: there is no such file. undefined: it is too large, which is noted. */
  async text(file: string, name = basename(file)): Promise<string | null | undefined> {
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
      this.#digest.update(name).update('\0').update(bytes).update('\0')
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

  /** They are held against their prompts when all of those are read. */
  addExperiments(changes: readonly SnapshotChange[], note: (mistake: Mistake) => void): void {
    this.add(changes)
    this.#experiments = { changes, note }
  }

  addPrompts(
    prompts: readonly (readonly [string, PromptEntryInput])[],
    pathOf: (slug: string) => readonly PropertyKey[],
    note: (mistake: Mistake) => void,
  ): void {
    this.add(promptChanges(prompts, this.#context, pathOf, note))
    for (const [slug, entry] of prompts) this.#homes.set(slug, { note, path: pathOf(slug), entry })
  }

  async directory(directory: string, note: (message: string) => void): Promise<void> {
    let found: PromptsDirectory
    try {
      found = await listPromptsDirectory(directory)
    } catch (error) {
      return note(`The directory cannot be read: ${(error as Error).message}`)
    }
    if (found.files.length > this.#limits.maxFiles) {
      return note(
        `The directory has ${found.files.length} prompt files, more than ${this.#limits.maxFiles}. Larger registries belong in the database.`,
      )
    }
    const slices = createSlices()
    for (const prompt of found.prompts) {
      await this.#prompt(prompt, slices)
      if (slices.due()) await slices.rest()
    }
  }

  async #prompt({ slug, file, doubles, versions, mistakes }: DirectoryPrompt, slices: Slices): Promise<void> {
    const start = { line: 1, column: 1 }
    for (const mistake of mistakes) this.#say(mistake.file, start, mistake.message)
    for (const double of doubles)
      this.#say(double, start, `The folder has ${basename(file)} already. Keep one of them.`)
    const isFolder = versions.length > 0 || basename(file, extname(file)) !== slug
    const head = await this.#read(file, isFolder ? `${slug}/${basename(file)}` : basename(file))
    if (head === 'gone' && versions.length > 0)
      this.#say(file, start, 'It is missing: the folder of a prompt has prompt.yaml beside versions.')
    const parts: ReadFile[] = []
    for (const path of versions) {
      const part = await this.#read(path, `${slug}/versions/${basename(path)}`)
      if (typeof part !== 'string') parts.push(part)
      if (slices.due()) await slices.rest()
    }
    if (typeof head === 'string' || parts.length < versions.length) return
    if (!isPromptId(slug))
      return this.#say(
        file,
        start,
        `The ${isFolder ? 'folder' : 'file'} is named for its prompt, and '${slug}' cannot be one. ${promptIdRule}`,
      )
    const { value, note } = joinParts(head, parts)
    const entry = checkShape(promptEntry, value, note)
    if (entry !== null) this.addPrompts([[slug, entry]], () => [], note)
  }

  /** `gone`: since the directory was listed; the next look sees it as it is then. `broken`: which is noted. */
  async #read(file: string, name: string): Promise<ReadFile | 'gone' | 'broken'> {
    const text = await this.text(file, name)
    if (text === null) return 'gone'
    const document = text === undefined ? null : this.parse(file, text)
    if (document === null) return 'broken'
    return { document, note: (mistake) => this.note(file, document, mistake) }
  }

  async finish(directory: string | null): Promise<FileRead> {
    noteDoubleNames(this.#changes, (slug, mistake) => this.#noteOf(slug, () => [], mistake))
    this.#noteUnknownPrompts()
    // Partials are looked for among prompts that are right in themselves.
    const changes = this.#mistakes.length > 0 ? [] : await this.#composed()
    if (this.#mistakes.length > 0) return { kind: 'broken', mistakes: this.#mistakes, directory }
    for (const change of this.#changes) if (change.noun === 'key') this.#digest.update(change.value?.hash ?? '')
    return {
      kind: 'good',
      fallback: { changes, digest: this.#digest.digest('hex').slice(0, 12) },
      directory,
    }
  }

  /** Not while a prompt may be missing only because something is wrong with it. */
  #noteUnknownPrompts(): void {
    if (this.#experiments === null || this.#mistakes.length > 0) return
    const byName = new Map<string, { slug: string; versions: number }>()
    for (const change of this.#changes) {
      if (change.noun !== 'prompt' || change.value === null) continue
      const { value } = change
      const prompt = { slug: value.slug, versions: value.versions.length }
      for (const name of [value.slug, ...value.aliases]) byName.set(name, prompt)
    }
    noteUnknownPrompts(this.#experiments.changes, (name) => byName.get(name), this.#experiments.note)
  }

  async #composed(): Promise<readonly SnapshotChange[]> {
    const changes: SnapshotChange[] = []
    const slices = createSlices()
    const composing = composePrompts(this.#changes, this.#context, (slug, version, mistake) =>
      this.#noteOf(slug, (entry) => versionPath(entry, version), mistake),
    )
    for (const change of composing) {
      changes.push(change)
      if (slices.due()) await slices.rest()
    }
    return changes
  }

  #noteOf(slug: string, within: (entry: PromptEntryInput) => readonly PropertyKey[], { path, message }: Mistake): void {
    const home = this.#homes.get(slug)
    home?.note({ path: [...home.path, ...within(home.entry), ...path], message })
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
