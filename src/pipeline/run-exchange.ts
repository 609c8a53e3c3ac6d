import type { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import type { Dispatch } from './cache.ts'
import { calledChain } from './called-chain.ts'
import { AnswerWithheld } from './checked-answer.ts'
import type { Answer, Answered, Asked, Served } from './exchange.ts'
import type { OpenGuardBook } from './guarded-dispatch.ts'
import { Ledger, type LedgerSettings } from './ledger.ts'
import { observeAnswer } from './observe.ts'
import { AssignedInVain } from './assign-variant.ts'
import { type PlanDefaults, plan } from './plan.ts'
import type { ModelCatalogue } from './resolve-model.ts'
import { restoreAnswer } from './restore-answer.ts'
import { ChainRun } from './run-chain.ts'
import type { AttemptLog } from './send.ts'

export interface ExchangeDependencies {
  readonly catalogue: ModelCatalogue
  readonly defaults: PlanDefaults
  /** From a plan to an open answer: cache, fallback, breaker, retry, deadlines around the provider. */
  readonly dispatch: Dispatch
  /** Gives an exchange what its guardrails need. */
  readonly openGuardBook: OpenGuardBook
  readonly ledger: LedgerSettings
  /** The exchange as a whole, milliseconds. */
  readonly exchangeTimeoutMs: number
  /** Text of one answer kept for the record and for counting tokens, characters. */
  readonly keptChars: number
}

/** An exchange whose answer is open, and the way to let it flow. */
export interface OpenExchange {
  readonly answered: Answered
  readonly answer: Answer
}

/** What was tried for an exchange that got no answer; travels beside the Fault to the response headers. */
export class ExchangeRefused extends Error {
  readonly fault: Fault
  readonly attempts: AttemptLog
  /** As in `x-promptbox-guardrails`; null: none looked at it. */
  readonly guardrails: string | null
  /** What would have answered; null: it never came so far. */
  readonly served: Served | null

  constructor(fault: Fault, attempts: AttemptLog, guardrails: string | null = null, served: Served | null = null) {
    super(fault.message, { cause: fault })
    this.name = 'ExchangeRefused'
    this.fault = fault
    this.attempts = attempts
    this.guardrails = guardrails
    this.served = served
  }
}

/**
 * The whole story of an inference request, whatever its operation. What it promises:
 *
 * - The exchange is recorded exactly once, also when it is refused before it is planned or the client hangs up.
 * - Before the answer opens, a failure may be retried or fall over to the next target; after it, never.
 * - Cancelling stops everything at once, in every phase: the upstream call, the pause before a retry, the stream.
 * - The snapshot in `asked` is the only state it sees.
 *
 * @throws ExchangeRefused when there is no answer to give; its Fault says what the client gets.
 */
export async function runExchange(
  dependencies: ExchangeDependencies,
  request: Asked,
  cancellation: Cancellation,
): Promise<OpenExchange> {
  const asked = dependencies.openGuardBook(request)
  const deadline = setTimeout(() => {
    cancellation.cancel(
      new Fault('upstream_timeout', `The exchange took longer than its limit of ${dependencies.exchangeTimeoutMs} ms.`),
    )
  }, dependencies.exchangeTimeoutMs)
  const ledger = new Ledger(asked, dependencies.ledger, () => {
    clearTimeout(deadline)
    asked.form?.dispose()
  })
  try {
    const call = calledChain(asked)
    const answered = ledger.answeredBy(
      call === null
        ? await dispatchPlanned(dependencies, asked, ledger, cancellation)
        : await ledger.follows(new ChainRun(dependencies, call, cancellation)).answer(),
    )
    const observed = observeAnswer(answered, ledger, dependencies.ledger.clock, dependencies.keptChars)
    return {
      answered,
      answer: asked.guard === undefined ? observed : restoreAnswer(observed, answered, asked.guard.vault),
    }
  } catch (error) {
    const withheld = error instanceof AnswerWithheld ? error : null
    const inVain = error instanceof AssignedInVain ? error : null
    if (inVain !== null) ledger.assignedInVain(inVain)
    const fault = Fault.from(withheld?.fault ?? inVain?.cause ?? error)
    ledger.settle(fault, withheld)
    throw new ExchangeRefused(fault, ledger.made, saidBy(asked), ledger.served)
  }
}

function saidBy({ guard }: Asked): string | null {
  return guard === undefined || guard.report.isEmpty ? null : guard.report.summary()
}

/** The way of a model and of a prompt. The steps of a chain go through the same plan and dispatch: see ChainRun. */
function dispatchPlanned(
  { catalogue, defaults, dispatch }: ExchangeDependencies,
  asked: Asked,
  ledger: Ledger,
  cancellation: Cancellation,
): Promise<Answered> {
  return dispatch(ledger.plannedAs(plan(asked, catalogue, defaults)), ledger.attempts, cancellation)
}

/** Records an exchange that ended before there was a body to plan with: not JSON, too large, the client went away. */
export function recordRefusal(dependencies: ExchangeDependencies, asked: Asked, fault: Fault): ExchangeRefused {
  const ledger = new Ledger(asked, dependencies.ledger, () => asked.form?.dispose())
  ledger.settle(fault)
  return new ExchangeRefused(fault, ledger.attempts)
}
