import type { VersionBody } from '../prompts/compiled-version.ts'

/** A file of another system, or one of ours: its place, `/` between folders, and its text. */
export interface InterchangeFile {
  readonly path: string
  readonly text: string
}

/** What happened to a part of the input on its way here. */
export interface ImportNote {
  /** File it stands in. */
  readonly path: string
  /** Where in the file, such as `config.supported_languages`; empty: the whole file. */
  readonly field: string
  readonly message: string
  /** `dropped`: it is not carried over. `changed`: it is, but not as it was. `info`: it is; you may want to know how. */
  readonly severity: 'dropped' | 'changed' | 'info'
}

/** What is said about a prompt besides its versions, by the names of the admin API. */
export interface ImportedMetadata {
  readonly name?: string | undefined
  readonly description?: string | null | undefined
  readonly category?: string | null | undefined
  readonly use_case?: string | null | undefined
  readonly domain?: string | null | undefined
  readonly complexity?: string | null | undefined
  readonly owner?: string | null | undefined
  readonly app_contexts?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  readonly starters?: readonly string[] | undefined
  readonly compliance_tags?: readonly string[] | undefined
  readonly aliases?: readonly string[] | undefined
}

export interface ImportedPrompt {
  readonly slug: string
  readonly metadata: ImportedMetadata
  /** Version n stands at n - 1. */
  readonly versions: readonly VersionBody[]
  /** Label to version number. */
  readonly labels: Readonly<Record<string, number>>
  /** Why it cannot be taken as it is; empty: it can. Sentences that name the file and the field. */
  readonly problems: readonly string[]
}

export interface Imported {
  readonly prompts: readonly ImportedPrompt[]
  /** Every part of the input that is not in `prompts` as it was. */
  readonly notes: readonly ImportNote[]
}

/** One list of what several groups gave. A slug that is there twice is a problem of the second. */
export function mergeImported(parts: readonly Imported[]): Imported {
  const seen = new Set<string>()
  const prompts = parts
    .flatMap((part) => part.prompts)
    .map((prompt) => {
      const isTwice = seen.has(prompt.slug)
      seen.add(prompt.slug)
      if (!isTwice) return prompt
      const problem = `Another prompt of this import is called '${prompt.slug}' already. Rename one of them.`
      return { ...prompt, problems: [...prompt.problems, problem] }
    })
  return { prompts, notes: parts.flatMap((part) => part.notes) }
}

/** Each file by itself. */
export const eachFile = (files: readonly InterchangeFile[]): readonly (readonly InterchangeFile[])[] =>
  files.map((file) => [file])

/** All files together. */
export const allFiles = (files: readonly InterchangeFile[]): readonly (readonly InterchangeFile[])[] =>
  files.length === 0 ? [] : [files]
