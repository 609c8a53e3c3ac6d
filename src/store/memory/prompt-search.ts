import { type JsonValue, isJsonObject } from '../../core/json.ts'
import type { VersionBody } from '../../prompts/compiled-version.ts'
import type { PromptFilter, PromptMetadata } from '../ports.ts'

/** What is looked at of a prompt. */
export interface SearchedPrompt {
  readonly slug: string
  readonly metadata: PromptMetadata
  readonly archivedAt: number | null
  readonly labels: ReadonlyMap<string, number>
  /** Oldest first; `body` as JSON text. */
  readonly versions: readonly { readonly version: number; readonly body: string }[]
}

/** Does the prompt meet the whole filter, but for its agent, cursor and limit? */
export function fits(prompt: SearchedPrompt, filter: PromptFilter): boolean {
  const { metadata } = prompt
  if ((prompt.archivedAt !== null) !== (filter.archived ?? false)) return false
  for (const field of ['category', 'useCase', 'domain', 'complexity', 'owner'] as const) {
    if (filter[field] !== undefined && metadata[field] !== filter[field]) return false
  }
  if (filter.appContext !== undefined && !metadata.appContexts.includes(filter.appContext)) return false
  if (filter.complianceTag !== undefined && !metadata.complianceTags.includes(filter.complianceTag)) return false
  if (filter.tag !== undefined && !metadata.tags.includes(filter.tag)) return false
  if (filter.label !== undefined && !prompt.labels.has(filter.label)) return false
  if (filter.q === undefined) return true
  const wanted = [...wordsOf(filter.q)]
  const texts = [[prompt.slug, metadata.name, metadata.description ?? '', ...metadata.tags].join(' '), ...said(prompt)]
  return texts.map(wordsOf).some((words) => wanted.every((word) => words.has(word)))
}

/** What the messages of the latest and of the labelled versions say, a text for each version. */
function said({ versions, labels }: SearchedPrompt): string[] {
  const shown = new Set([versions.length, ...labels.values()])
  return versions
    .filter(({ version }) => shown.has(version))
    .map(({ body }) => {
      const { messages, locales = {} } = JSON.parse(body) as VersionBody
      return [...messages, ...Object.values(locales).flatMap((variant) => variant.messages ?? [])]
        .flatMap((message) => contentTexts(message['content']))
        .join(' ')
    })
}

function contentTexts(content: JsonValue | undefined): string[] {
  if (typeof content === 'string') return [content]
  if (!Array.isArray(content)) return []
  return (content as readonly JsonValue[]).flatMap((part) =>
    isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
  )
}

/** The words of a text, for a search without Postgres: letters and digits, in lower case. */
export function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu))
}
