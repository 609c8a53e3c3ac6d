import { Fault, type FaultKind } from '../core/fault.ts'

/** The same fault, with the step it happened in. */
export function faultInStep(fault: Fault, chain: string, step: string): Fault {
  return new Fault(fault.kind, `Step \`${step}\` of chain \`${chain}\` failed: ${fault.message}`, {
    param: fault.param,
    code: fault.code,
    type: fault.type,
    status: fault.status,
    ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: fault.retryAfterMs }),
    upstreamRequestId: fault.upstreamRequestId,
    upstreamStatus: fault.upstreamStatus,
    headers: fault.headers,
    isTold: fault.isTold,
    cause: fault.cause ?? fault,
  })
}

const final: ReadonlySet<FaultKind> = new Set([
  'client_closed',
  'chain_budget_exceeded',
  'guardrail_blocked',
  'internal',
])

/** All but what ends the chain itself, and our own defects, which nobody should find hidden. A guardrail's word is final. */
export function mayFallBack(fault: Fault): boolean {
  return !final.has(fault.kind)
}

/** @param budget what it was, for people: `500 ms`. */
export function overBudget(chain: string, budget: string): Fault {
  return new Fault('chain_budget_exceeded', `The chain \`${chain}\` is over its budget of ${budget}.`)
}

/** A step took too long, all its attempts together. */
export function stepTooSlow(limitMs: number): Fault {
  return new Fault('upstream_timeout', `It took longer than its limit of ${limitMs} ms.`)
}

/** Chains were changed after they were checked, and now cannot be run. `way`: from the one that was called. */
export function chainLoop(code: 'chain_cycle' | 'chain_too_deep', what: string, way: readonly string[]): Fault {
  return new Fault('invalid_request', `These chains ${what}: ${way.join(' → ')}. Change one of their steps.`, {
    param: 'model',
    code,
  })
}
