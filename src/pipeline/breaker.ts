import type { Cancellation } from '../core/cancellation.ts'
import type { Clock } from '../core/clock.ts'
import { Fault, type FaultKind } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { Credential } from '../providers/provider.ts'
import { type Admission, Circuit, type CircuitSettings, ordinary, type Verdict } from './circuit.ts'
import type { Planned, Target } from './exchange.ts'
import type { Call, Send } from './send.ts'

export interface BreakerSettings extends CircuitSettings {
  readonly clock: Clock
  readonly observe: Observe
}

/** A target nobody has called for so long begins anew. */
const forgetAfterMs = 15 * 60_000
/** Names of models come from clients, so the targets that are remembered must have an end. */
const mostCircuits = 1_000
const sweepEveryMs = 60_000

/**
 * Stops calling a target that keeps failing, and looks from time to time whether it is well again: one circuit for each
 * provider, base URL and model. An open circuit refuses at once with `upstream_circuit_open`, so that the next target is
 * tried. When all targets of a plan are refused, one call at a time passes all the same: there is nobody else to ask.
 *
 * It lies directly around the call and hears how each one ends, also a stream that dies long after it was opened.
 */
export function withBreaker(call: Call, settings: BreakerSettings): Send {
  const circuits = new Circuits(settings)
  const { clock } = settings
  return function sendThroughBreaker(planned, target, log, cancellation) {
    const [credential] = target.credentials
    if (credential === undefined) throw new Error('A target has no credential.')
    const key = keyOf(target, credential)
    const circuit = circuits.find(key)
    const admission = circuit === undefined ? ordinary : circuits.admit(circuit, planned)
    if (admission === null) return Promise.reject(refusal(circuit?.readyInMs(clock.monotonic()) ?? 0))
    const answer = call(planned, target, log, cancellation, (fault) => {
      const verdict = verdictOn(fault, planned, cancellation)
      if (circuit !== undefined) circuit.ended(admission, verdict, clock.monotonic())
      // Only what says something about the target makes a circuit: names that no provider knows leave nothing here.
      else if (verdict !== 'neither')
        circuits.findOrAdd(key, target, credential).ended(ordinary, verdict, clock.monotonic())
    })
    if (admission.waiting) answer.then(() => circuit?.begun(admission), ignore)
    return answer
  }
}

/** The circuits of all targets that were called lately. */
class Circuits {
  readonly #settings: BreakerSettings
  readonly #byTarget = new Map<string, Circuit>()
  #sweptAt = 0

  constructor(settings: BreakerSettings) {
    this.#settings = settings
  }

  find(key: string): Circuit | undefined {
    return this.#byTarget.get(key)
  }

  findOrAdd(key: string, target: Target, credential: Credential): Circuit {
    const known = this.#byTarget.get(key)
    if (known !== undefined) return known
    this.#makeRoom()
    const { id: provider } = target.provider
    const { model } = target
    const host = hostOf(credential.baseUrl)
    const circuit = new Circuit(this.#settings, (state, before, reason) => {
      this.#settings.observe({ type: 'circuit-changed', provider, model, host, state, before, reason })
    })
    this.#byTarget.set(key, circuit)
    return circuit
  }

  /** null: no call may be made. */
  admit(circuit: Circuit, planned: Planned): Admission | null {
    const now = this.#settings.clock.monotonic()
    return circuit.admit(now) ?? (this.#refusesAll(planned, now) ? circuit.admitAnyway() : null)
  }

  /** Whether no target of this plan could be called the ordinary way, with any of its credentials. */
  #refusesAll(planned: Planned, now: number): boolean {
    return planned.targets.every((target) =>
      target.credentials.every((credential) => this.find(keyOf(target, credential))?.refuses(now) === true),
    )
  }

  /** Before one is added: those that nobody uses go, and when all are used, one of the healthy ones. */
  #makeRoom(): void {
    const now = this.#settings.clock.monotonic()
    if (now - this.#sweptAt > sweepEveryMs || this.#byTarget.size >= mostCircuits) {
      this.#sweptAt = now
      for (const [key, circuit] of this.#byTarget) if (now - circuit.usedAt > forgetAfterMs) this.#forget(key, circuit)
    }
    if (this.#byTarget.size < mostCircuits) return
    const all = [...this.#byTarget]
    const one = all.find(([, circuit]) => circuit.state === 'closed') ?? all[0]
    if (one !== undefined) this.#forget(...one)
  }

  #forget(key: string, circuit: Circuit): void {
    this.#byTarget.delete(key)
    circuit.forget()
  }
}

function keyOf(target: Target, credential: Credential): string {
  return `${target.provider.id} ${credential.baseUrl} ${target.model}`
}

/** 429 and refused credentials are not here: they are about the account, and another one may be well. */
const badKinds: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'upstream_connection',
  'upstream_timeout',
  'upstream_overloaded',
  'upstream_error',
  'upstream_interrupted',
])

/** A version that gives its model less time than this says something about itself when it runs out. */
const shortestFairMs = 5_000

function verdictOn(fault: Fault | null, planned: Planned, cancellation: Cancellation): Verdict {
  if (fault === null) return 'good'
  // The client left, or the exchange as a whole ran out of time: neither is this call's doing.
  if (fault === cancellation.fault) return 'neither'
  // Some providers refuse a request in the middle of a stream that has begun.
  if (fault.type === 'invalid_request_error') return 'neither'
  // The circuit is everybody's: one impatient prompt must not take the model away from all others.
  const isImpatient = planned.prompt !== null && planned.attemptTimeoutMs < shortestFairMs
  if (fault.kind === 'upstream_timeout' && isImpatient) return 'neither'
  return badKinds.has(fault.kind) ? 'bad' : 'neither'
}

function refusal(readyInMs: number): Fault {
  return new Fault(
    'upstream_circuit_open',
    'The provider of this model has failed too often lately and is left alone for a moment. Try again later, or name a fallback model.',
    { retryAfterMs: readyInMs },
  )
}

function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).host : ''
}

const ignore = (): void => undefined
