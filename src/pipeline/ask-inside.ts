import { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import { newRequestId, timestampOf } from '../core/ids.ts'
import type { JsonObject } from '../core/json.ts'
import type { ExchangeRecord } from '../core/record.ts'
import type { Usage } from '../core/usage.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { collectAnswer } from './collect-answer.ts'
import type { Asked } from './exchange.ts'
import { type ExchangeDependencies, ExchangeRefused, runExchange } from './run-exchange.ts'

/** A question that Promptbox asks itself: to run a test case, to have an answer judged. */
export interface InsideRequest {
  readonly tenantId: string
  /** Shown with its exchange as the app: `promptbox tests`. */
  readonly appName: string
  /** Left out: `chat`. */
  readonly operation?: 'chat' | 'moderations'
  /** The request, as a client would send it. */
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
  /** The chat completion whole, or what else was asked for. */
  readonly completion: JsonObject
  readonly text: string
  readonly finishReason: string | null
  /** `<provider>/<model>`. */
  readonly model: string
  /** Of its exchange as a whole, as it is recorded: also of answers that came before this one and were not good enough. */
  readonly usage: Usage | null
  /** The same in US dollars; null: a price is unknown. */
  readonly costUsd: number | null
  readonly durationMs: number
}

/** There is no answer to give. */
export interface NoInsideAnswer {
  /** What a client would have been told. */
  readonly fault: Fault
  /** US dollars all the same, as for an answer that is withheld; 0: nobody answered; null: a price is unknown. */
  readonly costUsd: number | null
}

/** Asks. Never rejects. */
export type AskInside = (request: InsideRequest) => Promise<InsideAnswer | NoInsideAnswer>

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
    const { clock } = exchanges.ledger
    const asked = askedInside(request, snapshot(), clock.now(), clock.monotonic())
    const cancellation = new Cancellation()
    open.add(cancellation)
    const timer = setTimeout(() => {
      cancellation.cancel(new Fault('upstream_timeout', `There was no answer within ${request.timeoutMs} ms.`))
    }, request.timeoutMs)
    const listening = listenForRecord(exchanges)
    try {
      const { answered, answer } = await runExchange(listening.exchanges, asked, cancellation)
      const { completion, text, finishReason } = await collectAnswer(answer, exchanges.keptChars)
      const { target } = answered
      const record = listening.record()
      return {
        requestId: asked.requestId,
        completion,
        text,
        finishReason,
        model: `${target.provider.id}/${target.model}`,
        usage: record?.usage ?? null,
        costUsd: record?.cost?.totalUsd ?? null,
        durationMs: clock.monotonic() - asked.startedAt,
      }
    } catch (error) {
      const fault = error instanceof ExchangeRefused ? error.fault : Fault.from(error)
      return { fault, costUsd: spentInVain(listening.record()) }
    } finally {
      clearTimeout(timer)
      open.delete(cancellation)
    }
  }
}

/** What an exchange cost is in its record, and nowhere else: so it is read there. */
function listenForRecord(exchanges: ExchangeDependencies): {
  readonly exchanges: ExchangeDependencies
  readonly record: () => ExchangeRecord | null
} {
  const { ledger } = exchanges
  let heard: ExchangeRecord | null = null
  return {
    exchanges: {
      ...exchanges,
      ledger: {
        ...ledger,
        record: (record) => {
          heard = record
          ledger.record(record)
        },
        recordSoon: (record, written) => {
          heard = record
          ledger.recordSoon(record, written)
        },
      },
    },
    record: () => heard,
  }
}

function spentInVain(record: ExchangeRecord | null): number | null {
  if (record === null || (record.usage === null && record.estimate === null)) return 0
  return record.cost?.totalUsd ?? null
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
    operation: request.operation ?? 'chat',
    path: request.operation === 'moderations' ? '/moderations' : '/chat/completions',
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
