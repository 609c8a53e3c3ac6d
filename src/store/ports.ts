import type { ExchangeRecord, GuardrailVerdict } from '../core/record.ts'
import type { KeyValue, ModelValue, RouteValue, SnapshotChange } from '../snapshot/change.ts'
import type { AgentStore } from './agent-port.ts'
import type { ChainStore } from './chain-port.ts'
import type { EvolutionStore } from './evolution-port.ts'
import type { ExperimentLedger, ExperimentStore } from './experiment-port.ts'
import type { FeedbackReader, FeedbackWriter } from './feedback-port.ts'
import type { GuardrailFeedbackStore, GuardrailReader, GuardrailStore } from './guardrail-port.ts'
import type { LeaseStore } from './lease-port.ts'
import type { OutputCheckReader } from './output-checks-port.ts'
import type { PromptStore } from './prompt-port.ts'
import type { TemplateStore } from './template-port.ts'
import type { TestRunStore } from './test-run-port.ts'

export type { Agent, AgentStore } from './agent-port.ts'
export * from './guardrail-port.ts'
export type { Lease, LeaseStore } from './lease-port.ts'
export type { NewTestRun, TestRun, TestRunRow, TestRunStore } from './test-run-port.ts'
export * from './prompt-port.ts'
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

export interface Page<Row> {
  readonly data: readonly Row[]
  /** Opaque; give it back for the next page. null: this was the last. */
  readonly nextCursor: string | null
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
  readonly experiment?: string | undefined
  readonly variant?: string | undefined
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
  /** Slug of a guardrail that said something other than `pass`, outside of shadow mode. */
  readonly guardrail?: string | undefined
  /** What was said, by that guardrail or by any; `pass`: none said anything. */
  readonly guardrailVerdict?: GuardrailVerdict | undefined
  /** Every pair must be there. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Milliseconds since 1970, inclusive. */
  readonly from?: number | undefined
  /** Milliseconds since 1970, exclusive. */
  readonly until?: number | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** A row of the list: no bodies, no results of guardrails, attempts as a count. */
export type ExchangeRow = Omit<WholeExchange, 'bodies' | 'attempts' | 'guardrailResults'> & {
  readonly attempts: number
}
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
  readonly guardrails: GuardrailStore
  readonly guardrailReader: GuardrailReader
  readonly guardrailFeedback: GuardrailFeedbackStore
  readonly snapshot: SnapshotStore
  readonly exchanges: ExchangeReader
  readonly outputChecks: OutputCheckReader
  readonly templates: TemplateStore
  readonly experiments: ExperimentStore
  readonly experimentLedger: ExperimentLedger
  readonly feedback: FeedbackReader & FeedbackWriter
  readonly evolution: EvolutionStore
  readonly leases: LeaseStore
}
