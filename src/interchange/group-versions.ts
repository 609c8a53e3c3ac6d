import type { JsonObject } from '../core/json.ts'
import { finishPrompt } from './draft.ts'
import type { NoteBook } from './fields.ts'
import type { ImportedMetadata, ImportedPrompt } from './imported.ts'
import { labelOf } from './slugs.ts'

/** One version as a reader found it, before it is known which prompt's it is and what number it gets. */
export interface FoundVersion {
  /** The same for all versions of a prompt. */
  readonly key: string
  readonly slug: string
  readonly metadata: ImportedMetadata
  /** By which the versions of a prompt are ordered; the same where the input says nothing. */
  readonly order: number
  /** Number in the other system, when it has one. */
  readonly number: number | undefined
  readonly body: JsonObject
  /** As the other system calls them. */
  readonly labels: readonly string[]
  readonly book: NoteBook
}

/** The versions of each prompt in their order, numbered from 1. What is said of the prompt is taken from the last that says it. */
export function groupVersions(found: readonly FoundVersion[]): readonly ImportedPrompt[] {
  const groups = new Map<string, FoundVersion[]>()
  for (const version of found) groups.set(version.key, [...(groups.get(version.key) ?? []), version])
  return [...groups.values()].map((versions) => {
    versions.sort((left, right) => left.order - right.order)
    const labels: Record<string, number> = {}
    for (const [index, { labels: written, number, book, slug }] of versions.entries()) {
      if (number !== undefined && number !== index + 1)
        book.add(
          'changed',
          'version',
          `Version ${number} of '${slug}' is version ${index + 1} here, because others are missing before it.`,
        )
      for (const label of written) {
        const ours = labelOf(label, 'labels', book)
        if (ours !== null) labels[ours] = index + 1
      }
    }
    const [first] = versions
    return finishPrompt({
      slug: first?.slug ?? 'prompt',
      path: first?.book.path ?? '',
      metadata: mergedMetadata(versions.map(({ metadata }) => metadata)),
      versions: versions.map(({ body }) => body),
      labels,
      problems: versions.every(({ body }) => isWithoutMessages(body)) ? [withoutMessages(versions)] : [],
    })
  })
}

function isWithoutMessages({ messages }: JsonObject): boolean {
  return !Array.isArray(messages) || messages.length === 0
}

/** JSON of something else reads like a prompt whose fields are all missing: it must not be served in the place of one. */
function withoutMessages(versions: readonly FoundVersion[]): string {
  const files = [...new Set(versions.map(({ book }) => book.path))].join(', ')
  return `${files}: no message was found. Is this the format that was asked for?`
}

function mergedMetadata(all: readonly ImportedMetadata[]): ImportedMetadata {
  const union = (field: 'tags' | 'aliases'): readonly string[] => [...new Set(all.flatMap((one) => one[field] ?? []))]
  const said = all.map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)))
  return { ...Object.assign({}, ...said), tags: union('tags'), aliases: union('aliases') } as ImportedMetadata
}
