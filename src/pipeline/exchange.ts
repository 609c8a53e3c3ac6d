import type { JsonObject } from '../core/json.ts'
import type { AttemptRecord } from '../core/record.ts'
import type { AnswerHead, AnswerSink, Credential, Flow, Provider } from '../providers/provider.ts'
import type { PromptReference } from '../prompts/reference.ts'
import type { Snapshot, SnapshotKey } from '../snapshot/snapshot.ts'

/**
 * The four tenses of an exchange. Each value holds the one before it; nothing looks forward and nothing is filled in later.
 *   Asked → Planned → Answered → Settled
 * Held and not spread into one flat object: copying twenty fields three times costs 4 µs of every request.
 */

/** The client's request, read and parsed, nothing decided. HTTP ends here. */
export interface Asked {
  readonly requestId: string
  /** Milliseconds since 1970, the request id's own timestamp. */
  readonly createdAt: number
  /** `Clock.monotonic` when the request arrived. */
  readonly startedAt: number
  readonly operation: 'chat'
  readonly key: SnapshotKey
  /** The state this exchange sees from here to its end. */
  readonly snapshot: Snapshot
  /** The client's body: the exact text, and parsed. */
  readonly text: string
  readonly body: JsonObject
  readonly stream: boolean
  /** Request headers, lower case. */
  readonly header: (name: string) => string | undefined
  /** `{id}` of `/v1/prompts/{id}/completions`, else null. */
  readonly pathReference: string | null
}

/** A (provider, model) that can be called, and the body for it. */
export interface Target {
  readonly provider: Provider
  readonly credential: Credential
  readonly model: string
  /** The upstream body; made when the target is tried, because most fallbacks never are. */
  readonly body: () => string
}

export interface ResolvedPrompt {
  readonly slug: string
  readonly version: number
  readonly hash: string
  /** null when a number, a semantic version or `latest` chose. */
  readonly label: string | null
  readonly reference: PromptReference
}

export interface Planned {
  readonly asked: Asked
  readonly prompt: ResolvedPrompt | null
  /** In the order to try. Never empty. */
  readonly targets: readonly Target[]
  readonly clientWantsUsage: boolean
  readonly warnings: readonly string[]
  /** Retries of one target. */
  readonly retries: number
  /** Limit of one attempt, milliseconds. */
  readonly attemptTimeoutMs: number
  readonly forwardHeaders: Readonly<Record<string, string>>
}

/** An upstream has begun to answer (or has answered whole); from here on nothing falls over. */
export interface Answered {
  readonly planned: Planned
  readonly target: Target
  readonly attempts: readonly AttemptRecord[]
  readonly answer: Answer
}

/** An answer waiting to flow. `start` may be called once; what has arrived meanwhile comes first. */
export interface Answer {
  /** What the upstream said before its first byte. Readable once the answer is open. */
  readonly opening: AnswerHead
  readonly flow: Flow
  start(sink: AnswerSink): void
}
