import type { FaultKind } from './fault.ts'
import type { ExchangeRecord } from './record.ts'

export type SnapshotTier = 'database' | 'disk' | 'file' | 'environment' | 'none'

export type ExperimentVerdict = 'winner' | 'no_difference' | 'harmful' | 'broken_split' | 'inconclusive'

/**
 * Everything worth noticing, said once, as a value. Metrics, log and traces each decide what to do with it.
 * Add a case here before you write a log line anywhere else.
 */
export type Observation =
  | {
      readonly type: 'exchange-settled'
      readonly record: ExchangeRecord
      /** Which try of the client's SDK this was, from 0; left out when it does not say. */
      readonly clientRetry?: number
    }
  | {
      readonly type: 'attempt-failed'
      readonly requestId: string
      readonly provider: string
      readonly model: string
      readonly errorType: FaultKind
      readonly message: string
      readonly willRetry: boolean
    }
  | {
      /** One target's health changed: what is `open` is not called, what is `half-open` is tried out. */
      readonly type: 'circuit-changed'
      readonly provider: string
      readonly model: string
      /** Host and port of the base URL; empty when it has none. */
      readonly host: string
      readonly state: 'closed' | 'open' | 'half-open'
      readonly before: 'closed' | 'open' | 'half-open'
      readonly reason: string
    }
  | {
      /** One of several credentials is not used for a while. */
      readonly type: 'credential-cooling'
      readonly provider: string
      readonly model: string
      /** Its name, never the secret. */
      readonly credential: string
      readonly errorType: FaultKind
      readonly forMs: number
    }
  | {
      /** A guardrail was to look and could not. What followed is for its `on_error`. */
      readonly type: 'guardrail-failed'
      readonly requestId: string
      readonly guardrail: string
      readonly stage: 'input' | 'output'
      /** A clause. */
      readonly problem: string
      /** How often it failed before, since this was last said. */
      readonly unsaid: number
    }
  | {
      /** An experiment has its verdict. */
      readonly type: 'experiment-decided'
      readonly experiment: string
      readonly prompt: string
      readonly state: ExperimentVerdict
      /** null: no variant is better than the control. */
      readonly winner: string | null
      readonly sentence: string
    }
  | {
      /** A rollout has come to a step (`running`), or to an end. */
      readonly type: 'rollout-changed'
      readonly rollout: string
      readonly prompt: string
      readonly version: number
      readonly state: 'running' | 'completed' | 'rolled_back' | 'aborted'
      /** Share of the units with the new version from now on, in per cent. */
      readonly share: number
      readonly sentence: string
    }
  | {
      readonly type: 'request-refused'
      readonly requestId: string
      readonly errorType: FaultKind
      readonly message: string
    }
  | { readonly type: 'defect'; readonly where: string; readonly error: unknown; readonly requestId?: string }
  | {
      readonly type: 'snapshot-swapped'
      readonly tier: SnapshotTier
      readonly version: string
      readonly prompts: number
      readonly tookMs: number
    }
  | { readonly type: 'snapshot-stale'; readonly tier: SnapshotTier; readonly message: string }
  | { readonly type: 'snapshot-rejected'; readonly source: string; readonly message: string }
  | { readonly type: 'database-lost'; readonly message: string }
  | { readonly type: 'database-back'; readonly awayMs: number }
  | { readonly type: 'records-written'; readonly count: number; readonly tookMs: number }
  | {
      readonly type: 'records-estimated'
      readonly inputTokens: number
      readonly outputTokens: number
      readonly costUsd: number | null
      readonly provider: string
      readonly model: string
    }
  | {
      /** Statements that a client sent and that are kept from now on. */
      readonly type: 'feedback-received'
      /** Of what each is: `rating`, or a name of the author's own. */
      readonly names: readonly string[]
    }
  | { readonly type: 'record-write-failed'; readonly message: string; readonly willRetryInMs: number }
  | { readonly type: 'spool-depth'; readonly records: number; readonly bytes: number }
  | { readonly type: 'spool-overflow'; readonly droppedRecords: number; readonly droppedBytes: number }
  | { readonly type: 'spool-line-unreadable'; readonly file: string; readonly message: string }
  | { readonly type: 'price-unknown'; readonly provider: string; readonly model: string }
  /** `shared`: the answer came from an identical request that was under way. */
  | { readonly type: 'cache-looked-up'; readonly result: 'hit' | 'shared' | 'miss' }
  | { readonly type: 'cache-stored'; readonly bytes: number }
  /** Of the cache in this process; one in Redis is not counted here. */
  | { readonly type: 'cache-depth'; readonly entries: number; readonly bytes: number }
  | { readonly type: 'cache-failed'; readonly operation: 'get' | 'put' | 'purge'; readonly message: string }
  | { readonly type: 'cache-lost'; readonly message: string }
  | { readonly type: 'cache-back' }
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'draining'; readonly openExchanges: number }
  | { readonly type: 'stopped'; readonly tookMs: number }
  | { readonly type: 'notice'; readonly message: string }

export type Observe = (observation: Observation) => void
