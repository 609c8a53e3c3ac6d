import { Fault } from '../core/fault.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { metadataOf } from '../store/prompt-metadata.ts'
import type { Actor, PromptStore, StoredPrompt } from '../store/ports.ts'
import { findPrompt, findVersion } from './find-prompt.ts'

export interface WantedCopy {
  /** undefined: made of the original's. */
  readonly slug?: string | undefined
  readonly name?: string | undefined
  /** undefined: that of label `production`, else the latest. */
  readonly version?: number | undefined
  readonly labels?: readonly string[] | undefined
}

/** Copies a prompt's metadata and one of its versions under a new slug. Aliases stay: a name can only mean one prompt. */
export async function duplicatePrompt(
  prompts: PromptStore,
  actor: Actor,
  slug: string,
  wanted: WantedCopy,
): Promise<StoredPrompt> {
  const original = await findPrompt(prompts, actor.tenantId, slug)
  const number = wanted.version ?? original.labels['production'] ?? original.latestVersion
  const version = number === null ? null : await findVersion(prompts, original, number, 'version')
  return prompts.create(actor, {
    ...metadataOf(original),
    name: wanted.name ?? original.name,
    aliases: [],
    slug: wanted.slug ?? (await freeSlug(prompts, actor.tenantId, original.slug)),
    version: version === null ? null : copyOf(version.body, `Copied from ${original.slug}, version ${version.version}`),
    labels: wanted.labels ?? [],
  })
}

/** More copies than this get a name from whoever makes them. */
const mostNumbered = 20
const longestSlug = 128

/** Somebody may take it meanwhile: then the store refuses it like any other. */
async function freeSlug(prompts: PromptStore, tenantId: string, original: string): Promise<string> {
  for (let number = 1; number <= mostNumbered; number++) {
    const ending = number === 1 ? '-copy' : `-copy-${number}`
    const slug = original.slice(0, longestSlug - ending.length) + ending
    if ((await prompts.find(tenantId, slug)) === null) return slug
  }
  throw new Fault(
    'conflict',
    `\`slug\` is missing, and '${original}' has ${mostNumbered} numbered copies already. Say what this one shall be called.`,
    { param: 'slug' },
  )
}

/** Numbers and parents belong to the history of the original. */
function copyOf(body: VersionBody, changeNote: string): VersionBody {
  const { semver: _semver, parent_version: _parent, ...kept } = body
  return { ...kept, change_note: changeNote }
}
