import type { JsonObject } from '../core/json.ts'
import type { Finding, Role, Stage } from './guardrail.ts'

/** One text to be judged by somebody else. */
export interface RemoteQuestion {
  /** Slug of the guardrail that asks. */
  readonly guardrail: string
  readonly text: string
  /** What came before it in the same text and was judged already; empty: nothing. */
  readonly context: string
  readonly stage: Stage
  readonly role: Role
  readonly requestId: string
  readonly tenantId: string
  /** Slug of the prompt; null: none was named. */
  readonly prompt: string | null
}

/** Judges one text by asking somebody outside this process. */
export interface RemoteDetector {
  /** How long it may take, milliseconds. The caller gives it up then. */
  readonly timeoutMs: number
  /**
   * @param signal aborted when nobody waits any longer.
   * @returns findings with offsets into `question.text`; none: nothing is wrong.
   * @throws GuardrailError, or anything: an error of the guardrail, which its `on_error` decides. Never a silent pass.
   */
  check(question: RemoteQuestion, signal: AbortSignal): Promise<readonly Finding[]>
}

/** Why a guardrail could not say anything: a clause for the record and the log, without texts, secrets and addresses. */
export class GuardrailError extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(problem, options)
    this.name = 'GuardrailError'
  }
}

/** What remote detectors may use; the composition root provides it. */
export interface RemoteServices {
  /** POSTs JSON to an address an operator chose. Never rejects. */
  callWebhook(call: {
    readonly url: string
    readonly body: string
    readonly headers: Readonly<Record<string, string>>
    readonly timeoutMs: number
  }): Promise<{ readonly status: number; readonly text: string } | { readonly problem: string }>
  /** Asks a configured model (a chat completion request), without guardrails of its own. Rejects with an Error saying why not. */
  askModel(question: {
    readonly tenantId: string
    readonly body: JsonObject
    readonly timeoutMs: number
  }): Promise<{ readonly text: string }>
  /** Asks a moderation endpoint (`/v1/moderations`) of a configured provider and returns its JSON. Rejects likewise. */
  moderate(question: {
    readonly tenantId: string
    readonly body: JsonObject
    readonly timeoutMs: number
  }): Promise<JsonObject>
  /** The value of an environment variable that may be used for signing; undefined: not set. */
  readonly environment: Readonly<Record<string, string | undefined>>
}
