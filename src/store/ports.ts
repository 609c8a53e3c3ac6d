import type { ExchangeRecord } from '../core/record.ts'
import type { KeyValue, ModelValue, RouteValue, SnapshotChange } from '../snapshot/change.ts'
import type { AgentStore } from './agent-port.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import type { ChainStore } from './chain-port.ts'
import type { Composition, Dependency } from '../prompts/compose.ts'
import type { OutputCheckReader } from './output-checks-port.ts'
import type { ReviewStore, StoredProtection, VersionReview } from './review-port.ts'
import type { TemplateStore } from './template-port.ts'
import type { TestRunStore } from './test-run-port.ts'

export type { Agent, AgentStore } from './agent-port.ts'
export type { NewTestRun, TestRun, TestRunRow, TestRunStore } from './test-run-port.ts'
export * from './template-port.ts'

/**
 * What the rest of the house asks of storage. Every port has two implementations that pass one contract suite:
 * `store/postgres/` and `store/memory.ts` (an honest fake). Faults: `not_found`, `conflict`, and `unavailable` when the
 * database is away. Each write that a request can see appends its `SnapshotChange` notice in the same transaction.
 */

/** Who does it, for the audit trail. */
export interface Actor {
  readonly tenantId: string
  /** Key id, or `admin` for the super-admin key, or `seed`, `file`. */
  readonly id: string
  readonly name: string
  /** Of its key; `admin` has every role. Left out: none. */
  readonly roles?: readonly string[] | undefined
}

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

export interface Page<Row> {
  readonly data: readonly Row[]
  /** Opaque; give it back for the next page. null: this was the last. */
  readonly nextCursor: string | null
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
  /** Fields that are absent stay. */
  change(actor: Actor, slug: string, changes: Partial<PromptMetadata>): Promise<StoredPrompt>
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

export interface StoredKey extends KeyValue {
  /** First characters of the key, to recognise it by. */
  readonly prefix: string
  readonly createdAt: number
  readonly createdBy: string
  readonly revokedAt: number | null
}

export interface KeyStore {
  create(actor: Actor, key: Omit<StoredKey, 'createdAt' | 'createdBy' | 'revokedAt'>): Promise<StoredKey>
  list(
    tenantId: string,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<StoredKey>>
  /** Revoking twice is no error. Fault `not_found`. */
  revoke(actor: Actor, id: string): Promise<StoredKey>
}

export interface StoredCredential {
  readonly provider: string
  /** `default`, or what the operator calls a further one. */
  readonly name: string
  readonly sealedApiKey: string | null
  /** Last four characters of the secret, to recognise it by; null when there is none. */
  readonly hint: string | null
  readonly baseUrl: string | null
  readonly updatedAt: number
  readonly updatedBy: string
}

export interface CredentialStore {
  put(actor: Actor, credential: Omit<StoredCredential, 'updatedAt' | 'updatedBy'>): Promise<StoredCredential>
  /** By provider, of each `default` first, then by name. */
  list(): Promise<readonly StoredCredential[]>
  /** Fault `not_found`. */
  remove(actor: Actor, credential: { readonly provider: string; readonly name: string }): Promise<void>
}

export interface ModelStore {
  put(actor: Actor, model: ModelValue): Promise<ModelValue>
  list(): Promise<readonly ModelValue[]>
  /** Fault `not_found`. */
  remove(actor: Actor, id: string): Promise<void>
}

export interface StoredRoute extends RouteValue {
  readonly updatedAt: number
  readonly updatedBy: string
}

export interface RouteStore {
  /** Fault `conflict`, code `route_cycle`, when the stored routes would lead in a circle, also with many writers. */
  put(actor: Actor, route: RouteValue): Promise<StoredRoute>
  /** By slug. */
  list(tenantId: string): Promise<readonly StoredRoute[]>
  /** null when there is none. */
  find(tenantId: string, slug: string): Promise<StoredRoute | null>
  /** Fault `not_found`. */
  remove(actor: Actor, slug: string): Promise<void>
}

/** The snapshot's source in the database. */
export interface SnapshotStore {
  /** The newest change number; '0' when nothing was ever changed. */
  head(): Promise<string>
  /** Everything, in batches of bounded size, as of at least `head()` read before. */
  all(): AsyncIterable<readonly SnapshotChange[]>
  /**
   * What changed after `since`, each thing once with its newest value, and the number to go on from. Fault `conflict`, code
   * `history_pruned`, when the feed no longer reaches back to `since`: the caller then loads everything.
   */
  since(since: string): Promise<{ readonly changes: readonly SnapshotChange[]; readonly head: string }>
}

export interface ExchangeFilter {
  readonly operation?: string | undefined
  readonly cache?: string | undefined
  readonly outputCheck?: string | undefined
  readonly prompt?: string | undefined
  readonly promptVersion?: number | undefined
  readonly label?: string | undefined
  readonly chain?: string | undefined
  readonly outcome?: string | undefined
  readonly errorType?: string | undefined
  readonly provider?: string | undefined
  /** Matches the asked or the answering model. */
  readonly model?: string | undefined
  readonly appName?: string | undefined
  readonly userId?: string | undefined
  readonly sessionId?: string | undefined
  readonly keyId?: string | undefined
  readonly environment?: string | undefined
  readonly locale?: string | undefined
  readonly stream?: boolean | undefined
  /** Every pair must be there. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Milliseconds since 1970, inclusive. */
  readonly from?: number | undefined
  /** Milliseconds since 1970, exclusive. */
  readonly until?: number | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** A row of the list: no bodies, attempts as a count. */
export type ExchangeRow = Omit<WholeExchange, 'bodies' | 'attempts'> & { readonly attempts: number }
/** Without what only the recorder needs. */
export type WholeExchange = Omit<ExchangeRecord, 'estimate' | 'compressed'>

export interface ExchangeReader {
  /** Newest first, keyset pages; never touches the bodies. */
  list(tenantId: string, filter: ExchangeFilter): Promise<Page<ExchangeRow>>
  find(tenantId: string, requestId: string): Promise<WholeExchange | null>
}

/** The writing end, used by the recording worker. Idempotent by request id. */
export interface ExchangeWriter {
  /** Resolves when the rows are committed. How many of them were new. */
  write(records: readonly ExchangeRecord[]): Promise<number>
}

export interface Stores {
  readonly prompts: PromptStore
  readonly keys: KeyStore
  readonly credentials: CredentialStore
  readonly models: ModelStore
  readonly routes: RouteStore
  readonly agents: AgentStore
  readonly testRuns: TestRunStore
  readonly chains: ChainStore
  readonly snapshot: SnapshotStore
  readonly exchanges: ExchangeReader
  readonly outputChecks: OutputCheckReader
  readonly templates: TemplateStore
}
