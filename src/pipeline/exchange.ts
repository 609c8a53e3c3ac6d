import type { VersionGuardrails } from '../contract/guardrail-body.ts'
import type { JsonObject } from '../core/json.ts'
import type { Operation } from '../core/operation.ts'
import type { AttemptRecord } from '../core/record.ts'
import type { Assignment } from '../experiments/assign.ts'
import type { AnswerHead, AnswerSink, Credential, Endpoint, Flow, Provider, Upload } from '../providers/provider.ts'
import type { PromptReference } from '../prompts/reference.ts'
import type { OutputRule } from '../prompts/validate-output.ts'
import type { Snapshot, SnapshotKey } from '../snapshot/snapshot.ts'
import type { CheckedAnswer } from './checked-answer.ts'
import type { GuardBook } from './guard-book.ts'
import type { RecentUnits } from './recent-units.ts'

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
  readonly operation: Operation
  /** The path that was called, below `/v1` and with the slash: `/chat/completions`. */
  readonly path: string
  readonly key: SnapshotKey
  /** The state this exchange sees from here to its end. */
  readonly snapshot: Snapshot
  /** The client's body: the exact text, and parsed. */
  readonly text: string
  /** Of an upload: its plain fields. */
  readonly body: JsonObject
  /** The body when it is a multipart form, else null. Ready to be sent once its `model` is rewritten. */
  readonly form: Form | null
  readonly stream: boolean
  /** Request headers, lower case. */
  readonly header: (name: string) => string | undefined
  /** `{id}` of `/v1/prompts/{id}/completions`, else null. */
  readonly pathReference: string | null
  /** The client has seen a status line, 200 by nature, although nobody may have answered yet. */
  readonly isOpen: () => boolean
  /** What guardrails know and say of this exchange; left out: there are none. */
  readonly guard?: GuardBook
  /** A client asks, who may be served a variant, and whom this process assigned lately. Left out: nobody of that kind asks. */
  readonly recentUnits?: RecentUnits | undefined
}

/** A multipart form whose file lies outside the heap. */
export interface Form {
  /** The same form with this model in its `model` field. */
  withModel(model: string): Upload
  /** Called once, when the exchange is over: the file may go. */
  dispose(): void
}

/** A (provider, model) that can be called, and the body for it. */
export interface Target {
  readonly provider: Provider
  /** What of the provider is called. */
  readonly endpoint: Endpoint
  /** Never empty; which one is used is decided at each attempt. */
  readonly credentials: readonly Credential[]
  readonly model: string
  /** The upstream body; made when the target is tried, because most fallbacks never are. */
  readonly body: () => string | Upload
}

export interface ResolvedPrompt {
  readonly slug: string
  readonly version: number
  readonly hash: string
  /** null when a number, a semantic version or `latest` chose. */
  readonly label: string | null
  /** Of its metadata. */
  readonly category: string | null
  /** Language of the version that answers; null: it has only one. */
  readonly locale: string | null
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
  /** How long a complete answer may be served again, seconds; 0: never. */
  readonly cacheTtlSeconds: number
  /** The texts before and after compression; null: it is off or changed nothing. */
  readonly compressed: { readonly before: string; readonly after: string } | null
  readonly forwardHeaders: Readonly<Record<string, string>>
  /** What the answer is checked against; null: nothing. */
  readonly output: OutputRule | null
  /** What follows when it misses. */
  readonly onOutputMismatch: 'flag' | 'retry' | 'error'
  /** What the template was filled with; null: no prompt was named. */
  readonly variables: JsonObject | null
  /** Guardrails that the version asks for. Left out: none. */
  readonly pinnedGuardrails?: VersionGuardrails | null
  /** The variant it is served. Left out: the prompt as its label says. */
  readonly assignment?: Assignment
  /** The request named a model that would answer instead of that of a variant of its experiment. Left out: it did not. */
  readonly ownModel?: boolean
  /** Tells the guardrails that look at this exchange from others. Left out: none do. */
  readonly guardrailPolicy?: string
}

/** What answers an exchange, or was to: the prompt, and the variant it is in. */
export interface Served {
  readonly prompt: ResolvedPrompt
  readonly assignment: Assignment | null
}

/** An upstream has begun to answer (or has answered whole); from here on nothing falls over. */
export interface Answered {
  readonly planned: Planned
  readonly target: Target
  readonly attempts: readonly AttemptRecord[]
  readonly answer: Answer
  /** `hit`: nobody was asked, a stored answer is served again; `miss`: it may be stored; `off`: it may not. */
  readonly cache: 'hit' | 'miss' | 'off'
  /** What checking the answer found; null: there is no rule for it. */
  readonly checked: CheckedAnswer | null
  /** The chain whose answer it is. Left out: it is a model's or a prompt's. */
  readonly chain?: { readonly slug: string; readonly version: number }
}

/** An answer waiting to flow. `start` may be called once; what has arrived meanwhile comes first. */
export interface Answer {
  /** What the upstream said before its first byte. Readable once the answer is open. */
  readonly opening: AnswerHead
  readonly flow: Flow
  start(sink: AnswerSink): void
}
