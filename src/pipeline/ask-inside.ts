import { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import { newRequestId, timestampOf } from '../core/ids.ts'
import type { JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { collectAnswer } from './collect-answer.ts'
import type { Asked } from './exchange.ts'
import { type ExchangeDependencies, runExchange } from './run-exchange.ts'

/** A question that Promptbox asks itself: to run a test case, to have an answer judged. */
export interface InsideRequest {
  readonly tenantId: string
  /** Shown with its exchange as the app: `promptbox tests`. */
  readonly appName: string
  /** A chat completion request, as a client would send it. */
  readonly body: JsonObject
  /** Gives it up after so many milliseconds. */
  readonly timeoutMs: number
  /** Of its exchange, made by `newRequestId`; left out: it gets one. */
  readonly requestId?: string
  /** Neither answered from the cache nor kept there. */
  readonly fresh?: boolean
}

export interface InsideAnswer {
  readonly requestId: string
  /** The chat completion whole. */
  readonly completion: JsonObject
  readonly text: string
  readonly finishReason: string | null
  /** `<provider>/<model>`. */
  readonly model: string
  readonly usage: Usage | null
  /** US dollars; null: the price is unknown. */
  readonly costUsd: number | null
  readonly durationMs: number
}

/** Asks. Rejects with the Fault that a client would have been told. */
export type AskInside = (request: InsideRequest) => Promise<InsideAnswer>

export interface AskInsideSettings {
  readonly exchanges: ExchangeDependencies
  readonly snapshot: () => Snapshot
  /** Told of each exchange while it is open, so that a drain waits for it. */
  readonly open: Set<Cancellation>
}

/**
 * The pipeline without HTTP: the same plan, limits, guardrails and providers, and a record like any other (its key is
 * `promptbox`, so that what it cost can be told from what clients cost).
 */
export function createAskInside({ exchanges, snapshot, open }: AskInsideSettings): AskInside {
  return async function askInside(request) {
    const { clock, price } = exchanges.ledger
    const asked = askedInside(request, snapshot(), clock.now(), clock.monotonic())
    const cancellation = new Cancellation()
    open.add(cancellation)
    const timer = setTimeout(() => {
      cancellation.cancel(new Fault('upstream_timeout', `There was no answer within ${request.timeoutMs} ms.`))
    }, request.timeoutMs)
    try {
      const { answered, answer } = await runExchange(exchanges, asked, cancellation)
      const collected = await collectAnswer(answer, exchanges.keptChars)
      const { target } = answered
      const { usage, responseModel, completion, text, finishReason } = collected
      const priced =
        usage === null ? null : price({ target, responseModel, usage, at: asked.createdAt }, asked.snapshot)
      return {
        requestId: asked.requestId,
        completion,
        text,
        finishReason,
        model: `${target.provider.id}/${target.model}`,
        usage,
        costUsd: answered.cache === 'hit' ? 0 : (priced?.cost.totalUsd ?? null),
        durationMs: clock.monotonic() - asked.startedAt,
      }
    } catch (error) {
      throw Fault.from(error instanceof Error && error.cause instanceof Fault ? error.cause : error)
    } finally {
      clearTimeout(timer)
      open.delete(cancellation)
    }
  }
}

function askedInside(request: InsideRequest, snapshot: Snapshot, now: number, startedAt: number): Asked {
  const requestId = request.requestId ?? newRequestId(now)
  const headers: Readonly<Record<string, string>> = {
    'x-app-name': request.appName,
    ...(request.fresh === true ? { 'cache-control': 'no-cache, no-store' } : {}),
  }
  return {
    requestId,
    createdAt: timestampOf(requestId) ?? now,
    startedAt,
    operation: 'chat',
    path: '/chat/completions',
    key: {
      id: 'promptbox',
      tenantId: request.tenantId,
      name: 'promptbox',
      scopes: ['inference'],
      roles: [],
      expiresAt: null,
    },
    snapshot,
    text: JSON.stringify(request.body),
    body: request.body,
    form: null,
    stream: false,
    header: (name) => headers[name],
    pathReference: null,
    isOpen: () => false,
  }
}
