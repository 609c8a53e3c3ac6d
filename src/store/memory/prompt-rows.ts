import type { VersionBody } from '../../prompts/compiled-version.ts'
import type { PromptValue } from '../../snapshot/change.ts'
import type { PromptMetadata, StoredPrompt, StoredVersion, TimelineRow, VersionStatus } from '../ports.ts'
import type { StoredProtection, VersionReview } from '../review-port.ts'
import { metadataOf } from '../prompt-metadata.ts'

export type MemoryVersion = Omit<StoredVersion, 'body' | 'served' | 'labels' | 'slug' | 'status' | 'reviews'> & {
  readonly body: string
  status: VersionStatus
  reviews: readonly VersionReview[]
  readonly resolved: string | null
}

/** A prompt as the memory store keeps it; bodies are text, so that nobody shares them. */
export interface MemoryPrompt {
  readonly tenantId: string
  readonly slug: string
  metadata: PromptMetadata
  archivedAt: number | null
  readonly createdAt: number
  updatedAt: number
  readonly labels: Map<string, number>
  readonly protections: Map<string, StoredProtection>
  /** Version n stands at n - 1. */
  readonly versions: MemoryVersion[]
  readonly timeline: TimelineRow[]
}

export function toStored(prompt: MemoryPrompt): StoredPrompt {
  return {
    ...metadataOf(prompt.metadata),
    slug: prompt.slug,
    tenantId: prompt.tenantId,
    archivedAt: prompt.archivedAt,
    createdAt: prompt.createdAt,
    updatedAt: prompt.updatedAt,
    labels: Object.fromEntries(prompt.labels),
    protections: Object.fromEntries(prompt.protections),
    latestVersion: prompt.versions.length === 0 ? null : prompt.versions.length,
  }
}

export function toStoredVersion(prompt: MemoryPrompt, version: MemoryVersion): StoredVersion {
  const labels = [...prompt.labels].filter(([, number]) => number === version.version).map(([label]) => label)
  const { resolved, ...kept } = version
  const body = JSON.parse(version.body) as VersionBody
  const served = resolved === null ? body : (JSON.parse(resolved) as VersionBody)
  return { ...kept, slug: prompt.slug, body, served, labels: labels.sort() }
}

export function toValue(prompt: MemoryPrompt): PromptValue {
  return {
    tenantId: prompt.tenantId,
    slug: prompt.slug,
    aliases: [...prompt.metadata.aliases],
    category: prompt.metadata.category,
    labels: Object.fromEntries(prompt.labels),
    versions: prompt.versions.map(({ version, semver, hash, body, resolved }) => ({
      number: version,
      semver,
      hash,
      body: resolved ?? body,
    })),
  }
}
