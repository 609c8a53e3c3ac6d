import type { VersionBody } from '../../prompts/compiled-version.ts'
import type { PromptMetadata, StoredPrompt, StoredVersion, TimelineRow, VersionStatus } from '../ports.ts'
import { metadataOf } from '../prompt-metadata.ts'
import type { StoredProtection, VersionReview } from '../review-port.ts'

export type MemoryVersion = Omit<StoredVersion, 'body' | 'labels' | 'slug' | 'status' | 'reviews'> & {
  readonly body: string
  status: VersionStatus
  reviews: readonly VersionReview[]
}

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
  return { ...version, slug: prompt.slug, body: JSON.parse(version.body) as VersionBody, labels: labels.sort() }
}
