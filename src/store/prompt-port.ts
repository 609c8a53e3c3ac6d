import type { VersionBody } from '../prompts/compiled-version.ts'
import type { Composition, Dependency } from '../prompts/compose.ts'
import type { Actor, Page } from './ports.ts'
import type { ReviewStore, StoredProtection, VersionReview } from './review-port.ts'

export interface PromptMetadata {
  readonly name: string
  readonly description: string | null
  readonly category: string | null
  readonly useCase: string | null
  readonly domain: string | null
  readonly complexity: string | null
  /** Who answers for it: a person or a team. */
  readonly owner: string | null
  readonly appContexts: readonly string[]
  readonly tags: readonly string[]
  readonly starters: readonly string[]
  readonly complianceTags: readonly string[]
  readonly aliases: readonly string[]
}

export type MetadataChanges = Partial<PromptMetadata> | ((now: PromptMetadata) => Partial<PromptMetadata>)

export interface StoredPrompt extends PromptMetadata {
  readonly slug: string
  readonly tenantId: string
  readonly archivedAt: number | null
  readonly createdAt: number
  readonly updatedAt: number
  /** Label → version number. */
  readonly labels: Readonly<Record<string, number>>
  /** By label. */
  readonly protections: Readonly<Record<string, StoredProtection>>
  readonly latestVersion: number | null
}

export type VersionStatus = 'draft' | 'in_review' | 'approved' | 'rejected'

export interface StoredVersion {
  readonly slug: string
  readonly version: number
  readonly semver: string | null
  readonly status: VersionStatus
  /** As its author wrote it, with its partials. */
  readonly body: VersionBody
  /** What requests get: the body with its partials filled in; the body itself when it has none. */
  readonly served: VersionBody
  /** The partials in it, also those within partials, at the versions that were taken; by slug, selector, version. */
  readonly dependencies: readonly Dependency[]
  /** SHA-256 of the canonical JSON of the served body, hex. */
  readonly hash: string
  readonly parentVersion: number | null
  readonly changeNote: string | null
  readonly createdBy: string
  readonly createdAt: number
  /** Labels that point here now. */
  readonly labels: readonly string[]
  /** Since it was last submitted, oldest first. */
  readonly reviews: readonly VersionReview[]
}

/** A version that has a prompt in it as a partial. */
export interface DependentVersion {
  readonly slug: string
  readonly version: number
  /** Its labels, sorted. */
  readonly labels: readonly string[]
  /** As in its dependency. */
  readonly selector: string
  readonly usesVersion: number
  /** What the selector means now; null: nothing any more. */
  readonly currentVersion: number | null
}

export interface DependentFilter {
  /** true: only those that would get another version of the partial today. */
  readonly outdated?: boolean | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** One line of a prompt's history, oldest first; also the audit trail. */
export interface TimelineRow {
  readonly at: number
  readonly actor: string
  readonly event:
    | 'prompt_created'
    | 'prompt_changed'
    | 'prompt_archived'
    | 'prompt_restored'
    | 'version_created'
    | 'label_set'
    | 'label_removed'
    | 'label_rolled_back'
    | 'label_protected'
    | 'label_unprotected'
    | 'version_submitted'
    | 'version_approved'
    | 'version_rejected'
  readonly label: string | null
  readonly from: number | null
  readonly to: number | null
  readonly version: number | null
  readonly reason: string | null
}

export interface PromptFilter {
  /** Full text over slug, name, description and tags, and over the messages of its latest and its labelled versions. */
  readonly q?: string | undefined
  readonly category?: string | undefined
  readonly useCase?: string | undefined
  readonly domain?: string | undefined
  readonly complexity?: string | undefined
  readonly owner?: string | undefined
  readonly appContext?: string | undefined
  readonly tag?: string | undefined
  readonly complianceTag?: string | undefined
  /** Slug of an agent that uses it. */
  readonly agent?: string | undefined
  readonly label?: string | undefined
  /** false (default): only live ones; true: only archived ones. */
  readonly archived?: boolean | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** No label moves but by `create`, `setLabel`, `removeLabel` and `rollback`, and a protected one only as its protection allows. */
export interface PromptStore extends ReviewStore {
  /** Version 1 and its labels are made in the same transaction. Fault `conflict` when slug or alias is taken. */
  create(
    actor: Actor,
    prompt: PromptMetadata & {
      readonly slug: string
      readonly version: VersionBody | null
      readonly labels: readonly string[]
    },
  ): Promise<StoredPrompt>
  list(tenantId: string, filter: PromptFilter): Promise<Page<StoredPrompt>>
  /** By slug or alias; archived ones too. null when there is none. */
  find(tenantId: string, slug: string): Promise<StoredPrompt | null>
  /** Fields that are absent stay. A function is given what is there in the very moment of the write, and may be called again. */
  change(actor: Actor, slug: string, changes: MetadataChanges): Promise<StoredPrompt>
  /** Fault `conflict`, code `label_protected`, while a label of it is. */
  archive(actor: Actor, slug: string): Promise<StoredPrompt>
  restore(actor: Actor, slug: string): Promise<StoredPrompt>
  /**
   * The next number, without gaps, also with many writers. Its partials are filled in as they stand in this very moment, and
   * so are those of the version that `create` makes. Fault `conflict` when the semantic version is taken, `invalid_request`
   * for a partial that cannot be used.
   */
  addVersion(actor: Actor, slug: string, body: VersionBody): Promise<StoredVersion>
  versions(
    tenantId: string,
    slug: string,
    page: {
      readonly limit: number
      readonly cursor?: string | undefined
      readonly status?: VersionStatus | undefined
    },
  ): Promise<Page<StoredVersion>>
  version(tenantId: string, slug: string, number: number): Promise<StoredVersion | null>
  /** What would be served if the body were added now. Keeps nothing. Faults of `addVersion` for partials. */
  compose(tenantId: string, slug: string, body: VersionBody): Promise<Composition>
  /**
   * The versions with this prompt in them, of prompts that are not archived, as far as they have a label or are the latest;
   * by slug, version, selector.
   */
  dependents(tenantId: string, slug: string, filter: DependentFilter): Promise<Page<DependentVersion>>
  /**
   * Fault `not_found` when the version is none; `conflict`, code `label_protected`, as `LabelProtected` says, here and in the next
   * two. Setting it to where it is already is no event.
   */
  setLabel(actor: Actor, slug: string, label: string, version: number, reason: string | null): Promise<StoredPrompt>
  removeLabel(actor: Actor, slug: string, label: string, reason: string | null): Promise<StoredPrompt>
  /** One step back in the label's own history at each call; Fault `conflict`, code `nothing_to_roll_back`. */
  rollback(
    actor: Actor,
    slug: string,
    label: string,
    reason: string | null,
  ): Promise<{ readonly prompt: StoredPrompt; readonly from: number; readonly to: number }>
  timeline(
    tenantId: string,
    slug: string,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<TimelineRow>>
}
