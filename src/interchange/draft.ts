import { faultFromIssues } from '../contract/admin/explain-issues.ts'
import { createPrompt } from '../contract/admin/prompts.ts'
import { versionBodySchema } from '../contract/version-body.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import type { ImportedMetadata, ImportedPrompt } from './imported.ts'

/** A prompt as a reader found it, before anybody looked whether it can be one. */
export interface DraftPrompt {
  readonly slug: string
  /** File it comes from, for problems. */
  readonly path: string
  readonly metadata: ImportedMetadata
  /** Version n stands at n - 1. */
  readonly versions: readonly JsonObject[]
  readonly labels: Readonly<Record<string, number>>
  readonly problems?: readonly string[]
  /** File of version n, where it has one of its own. */
  readonly pathOf?: (version: number) => string
}

/** A version body in the making: what is undefined stays away. */
export type DraftVersion = { readonly [Field in keyof VersionBody]?: JsonValue | VersionBody[Field] | undefined }

/** The body without what is undefined. */
export function toBody(draft: DraftVersion): JsonObject {
  return Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined)) as JsonObject
}

const metadataSchema = (() => {
  if (createPrompt.body === null) throw new Error('Creating a prompt takes a body.')
  return createPrompt.body.omit({ version: true, labels: true })
})()

/** The prompt with its shapes checked by the schemas of the admin API; what is wrong with it is in its problems. */
export function finishPrompt(draft: DraftPrompt): ImportedPrompt {
  const problems = [...(draft.problems ?? [])]
  const { slug, path } = draft
  const metadata = { ...draft.metadata, name: draft.metadata.name ?? slug }
  const checked = metadataSchema.safeParse({ slug, ...metadata }, { reportInput: true })
  if (!checked.success)
    problems.push(`${path}: ${faultFromIssues(checked.error.issues, metadataSchema, 'body').message}`)
  const versions = draft.versions.flatMap((body, index) => {
    const result = versionBodySchema.safeParse(body, { reportInput: true })
    if (result.success) return [result.data]
    const { message } = faultFromIssues(result.error.issues, versionBodySchema, 'body')
    const place = draft.pathOf?.(index + 1) ?? path
    problems.push(`${place}: version ${index + 1}: ${message}`)
    return []
  })
  for (const [label, version] of Object.entries(draft.labels)) {
    if (version >= 1 && version <= draft.versions.length) continue
    problems.push(`${path}: \`labels.${label}\` points to version ${version}, which is not there.`)
  }
  const { slug: _slug, ...accepted } = checked.success ? checked.data : { slug, ...metadata }
  return { slug, metadata: accepted, versions, labels: draft.labels, problems }
}
