import type { FaultKind } from './fault.ts'
import type { Operation } from './operation.ts'
import type { Usage, UsageSource } from './usage.ts'

/** How an exchange ended. `incomplete`: a stream broke off after its first byte. */
export type Outcome = 'ok' | 'error' | 'blocked' | 'client_closed' | 'incomplete'

/**
 * US dollars of one answer, part by part; the parts add up to `totalUsd`. Sound and pictures are in the part they were
 * counted in (input, cache read or output), fees of a request and of its searches in `inputUsd`.
 */
export interface Cost {
  readonly totalUsd: number
  readonly inputUsd: number
  readonly cacheReadUsd: number
  readonly cacheWriteUsd: number
  readonly outputUsd: number
  readonly reasoningUsd: number
}

/** One call to one target inside an exchange. */
export interface AttemptRecord {
  readonly provider: string
  readonly model: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly durationMs: number
  /** null: no answer arrived. */
  readonly httpStatus: number | null
  /** null: it succeeded. */
  readonly errorType: FaultKind | null
  readonly errorMessage: string | null
  readonly upstreamRequestId: string | null
  /** Name of the provider's credential it was made with; null or absent: none was needed, or it is not known. */
  readonly credential?: string | null
  /** Of a chain: the step this call was made for, and what it used. Absent elsewhere: the exchange itself says it. */
  readonly step?: string
  readonly prompt?: string | null
  readonly promptVersion?: number | null
  readonly usage?: Usage | null
  /** US dollars of this call; null: the price is unknown. */
  readonly costUsd?: number | null
  /** What checking the answer it led to found; null: nothing was checked. */
  readonly outputCheck?: OutputCheck | null
}

/**
 * What checking an answer against its version's `output_schema` and `output_format` found. `repaired`: a first answer missed,
 * the one after the error was said to the model did not.
 */
export type OutputCheck = 'ok' | 'repaired' | 'mismatch'

/**
 * What a guardrail said of one stage of an exchange. `skipped`: it had no way to look (sound, a file, a stream it cannot
 * read), `error`: it was to look and could not. In shadow mode: what it would have done.
 */
export type GuardrailVerdict = 'pass' | 'flag' | 'redact' | 'block' | 'error' | 'skipped'

/** Where something was found; never what. */
export interface GuardrailFinding {
  readonly kind: string
  /** UTF-16 offsets into the text it was found in. */
  readonly start: number
  readonly end: number
  /** 0 to 1. */
  readonly score: number
  /** Which text: of a request its number and role (`2/user`), of an answer its channel (`0/content`). */
  readonly place: string
}

/** One guardrail at one stage of an exchange. */
export interface GuardrailResult {
  /** Its slug. */
  readonly guardrail: string
  readonly type: string
  readonly stage: 'input' | 'output'
  readonly verdict: GuardrailVerdict
  readonly mode: 'enforce' | 'shadow'
  readonly severity: 'info' | 'warning' | 'error' | 'critical'
  /** The first of them, bounded; `findingCount` counts all. */
  readonly findings: readonly GuardrailFinding[]
  readonly findingCount: number
  /** Milliseconds it took in all. */
  readonly tookMs: number
  /** Why it is `error` or `skipped`: a clause. Left out otherwise. */
  readonly problem?: string
}

/** Why an exchange is kept out of what it would bias; `experiments/exposure.ts` says out of what. */
export type AssignmentExclusion = 'override' | 'unsticky' | 'request_override' | 'fallback' | 'cache' | 'moved'

/** How an exchange came to its variant. */
export interface RecordedAssignment {
  readonly phase: number
  /**
   * `split`: by its unit's place; `stored`: as in an earlier phase; `override`: a tester's; `request`: the request is its own
   * unit.
   */
  readonly reason: 'split' | 'stored' | 'override' | 'request'
  /** null: it counts in full. */
  readonly excluded: AssignmentExclusion | null
}

/** What of the messages is kept, each as JSON text, cut at the configured size. */
export interface RecordedBodies {
  /** The client's own request body. */
  readonly request: string
  /** The body that went to the provider when a prompt was expanded, else null (it is the request). */
  readonly rendered: string | null
  /** The answer: a chat completion object, put together from the chunks when it was streamed. null: there was none. */
  readonly response: string | null
  readonly truncated: boolean
}

/** The plain wide row of one exchange: what the spool, the store, the read models and the dashboard know. */
export interface ExchangeRecord {
  /** UUIDv7; its timestamp is `createdAt`, which is how one id finds its day. */
  readonly requestId: string
  readonly tenantId: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly operation: Operation
  readonly outcome: Outcome
  readonly errorType: FaultKind | null
  readonly errorMessage: string | null
  /** Status the client saw; 499 when it hung up before one was sent. */
  readonly httpStatus: number
  readonly stream: boolean

  readonly prompt: string | null
  readonly promptVersion: number | null
  /** The label that led to the version; null when a number, a semantic version or `latest` did. */
  readonly label: string | null
  readonly experiment: string | null
  readonly variant: string | null
  /** How it came to its variant; left out: it is in no experiment. */
  readonly assignment?: RecordedAssignment
  /** Whom it was for, as a digest (`digestOfUnit`); left out: nobody was named, or no prompt. */
  readonly unit?: string

  /** The chain that was called, and its version. */
  readonly chain: string | null
  readonly chainVersion: number | null
  /** null: the version asks for no check, or the answer broke off before it could be made. */
  readonly outputCheck: OutputCheck | null

  /** Model as the client named it (`prompt:support-reply`, `openai/gpt-4o`). */
  readonly requestModel: string
  readonly responseModel: string | null
  readonly provider: string | null
  readonly responseId: string | null
  readonly upstreamRequestId: string | null
  readonly finishReasons: readonly string[]

  /** null: nothing was answered, or the count is still owed (`estimate`). */
  readonly usage: Usage | null
  readonly usageSource: UsageSource | null
  /** null: price unknown, or the count is still owed. Never 0 for "unknown". */
  readonly cost: Cost | null
  /** Where the price came from, such as `genai-prices:openai/gpt-4o-mini` or `operator:openai/my-model`. */
  readonly priceSource: string | null

  readonly durationMs: number
  readonly timeToFirstChunkMs: number | null
  readonly attempts: readonly AttemptRecord[]

  readonly keyId: string | null
  readonly appName: string | null
  readonly userId: string | null
  readonly sessionId: string | null
  readonly environment: string | null
  readonly locale: string | null
  readonly metadata: Readonly<Record<string, string>>

  readonly cache: 'hit' | 'miss' | 'off'
  /** `pass` (also when no rule applies), `flagged:<slug>,…`, …, as in `x-promptbox-guardrails`. */
  readonly guardrails: string
  /** Of each guardrail that looked, by stage. Left out: none applied. */
  readonly guardrailResults?: readonly GuardrailResult[]
  readonly warnings: readonly string[]
  readonly snapshotVersion: string

  readonly bodies: RecordedBodies | null
  /** Present when the provider reported no usage: the recorder counts these texts off the event loop and prices them. */
  readonly estimate: { readonly input: string; readonly output: string } | null
  /** Input tokens that compression took out of the prompt; null: it was off, or the count is still owed. */
  readonly savedInputTokens: number | null
  /** Present when compression changed texts: the recorder counts both and sets `savedInputTokens`. */
  readonly compressed: { readonly before: string; readonly after: string } | null
}
