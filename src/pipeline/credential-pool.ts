import type { Cancellation } from '../core/cancellation.ts'
import type { Clock } from '../core/clock.ts'
import { Fault, type FaultKind } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { Credential } from '../providers/provider.ts'
import type { Answer, Planned, Target } from './exchange.ts'
import { pause } from './pause.ts'
import type { AttemptLog, Send } from './send.ts'

export interface CredentialPoolSettings {
  /** After a 429 that does not say how long, milliseconds. */
  readonly rateLimitedMs: number
  /** After the provider refused the credential, or its account has no credit left, milliseconds. */
  readonly refusedMs: number
  readonly clock: Clock
  readonly observe: Observe
}

/** However long a provider asks for: a wrong number must not take a credential away for days. */
const longestCoolDownMs = 60 * 60_000
/** Names of models come from clients, so what is remembered of them must have an end. */
const mostCooling = 1_000

interface Cooling {
  /** By the clock that never goes back, milliseconds. */
  readonly until: number
  /** What it cools down for. */
  readonly kind: 'upstream_rate_limited' | 'upstream_authentication'
  /** A credential that was replaced under its name is a new one. */
  readonly apiKey: string | null
}

/**
 * Which of a provider's credentials are not to be used for a while, for each model by itself: limits mostly are. Only
 * providers with several credentials are remembered here.
 */
export class CredentialPool {
  readonly #settings: CredentialPoolSettings
  readonly #cooling = new Map<string, Cooling>()
  /** By provider: whose turn it is. */
  readonly #turns = new Map<string, number>()

  constructor(settings: CredentialPoolSettings) {
    this.#settings = settings
  }

  /** The target with the next of its credentials that may be used and is at none of these addresses; null: there is none. */
  next(target: Target, except: ReadonlySet<string> | null): Target | null {
    const { credentials, provider } = target
    const turn = this.#turns.get(provider.id) ?? 0
    for (let step = 0; step < credentials.length; step++) {
      const index = (turn + step) % credentials.length
      const credential = credentials[index]
      if (credential === undefined || except?.has(credential.baseUrl) === true) continue
      if (this.#coolingOf(target, credential) !== null) continue
      // On from the one that was found: else the one behind a resting one would get that one's share as well.
      this.#turns.set(provider.id, index + 1)
      return { ...target, credentials: [credential] }
    }
    return null
  }

  /** Milliseconds until one of them may be used; 0: now. */
  readyInMs(target: Target): number {
    const soonest = this.#soonest(target)
    return soonest === null ? 0 : Math.max(1, Math.ceil(soonest.until - this.#settings.clock.monotonic()))
  }

  /** What to say when all of them cool down for longer than anybody waits. */
  refusal(target: Target): Fault {
    const retryAfterMs = this.readyInMs(target)
    return this.#soonest(target)?.kind === 'upstream_authentication'
      ? new Fault(
          'upstream_authentication',
          "The provider refused all of the proxy's own credentials for it. This is for the operator of this proxy to settle; the key you sent is not at fault.",
          { retryAfterMs },
        )
      : new Fault('upstream_rate_limited', 'The provider is limiting the rate of requests.', { retryAfterMs })
  }

  /** A call with the target's one credential failed. */
  heard(target: Target, fault: Fault): void {
    const [credential] = target.credentials
    if (credential === undefined || !isAboutCredential(fault)) return
    const lasting = fault.kind === 'upstream_authentication' || fault.code === 'insufficient_quota'
    const asked = fault.retryAfterMs ?? (lasting ? this.#settings.refusedMs : this.#settings.rateLimitedMs)
    const forMs = Math.min(asked, longestCoolDownMs)
    const kind = fault.kind === 'upstream_authentication' ? fault.kind : 'upstream_rate_limited'
    if (this.#cooling.size >= mostCooling) this.#makeRoom()
    const until = this.#settings.clock.monotonic() + forMs
    this.#cooling.set(keyOf(target, credential), { until, kind, apiKey: credential.apiKey })
    this.#settings.observe({
      type: 'credential-cooling',
      provider: target.provider.id,
      model: target.model,
      credential: credential.name,
      errorType: fault.kind,
      forMs,
    })
  }

  #soonest(target: Target): Cooling | null {
    let soonest: Cooling | null = null
    for (const credential of target.credentials) {
      const cooling = this.#coolingOf(target, credential)
      if (cooling === null) return null
      if (soonest === null || cooling.until < soonest.until) soonest = cooling
    }
    return soonest
  }

  #coolingOf(target: Target, credential: Credential): Cooling | null {
    if (this.#cooling.size === 0) return null
    const key = keyOf(target, credential)
    const cooling = this.#cooling.get(key)
    if (cooling === undefined) return null
    if (cooling.until > this.#settings.clock.monotonic() && cooling.apiKey === credential.apiKey) return cooling
    this.#cooling.delete(key)
    return null
  }

  /** Those that have cooled down go; when none has, the one that began first. */
  #makeRoom(): void {
    const now = this.#settings.clock.monotonic()
    for (const [key, { until }] of this.#cooling) if (until <= now) this.#cooling.delete(key)
    if (this.#cooling.size < mostCooling) return
    const [first] = this.#cooling.keys()
    if (first !== undefined) this.#cooling.delete(first)
  }
}

function keyOf(target: Target, credential: Credential): string {
  return `${target.provider.id} ${credential.name} ${target.model}`
}

const kindsAboutCredential: ReadonlySet<FaultKind> = new Set<FaultKind>([
  'upstream_rate_limited',
  'upstream_authentication',
])

function isAboutCredential(fault: Fault): boolean {
  return kindsAboutCredential.has(fault.kind)
}

/**
 * Milliseconds until a fault is cured by calling with another credential; null when that is no cure. For the retries, which
 * count every call.
 */
export function curedByAnother(pool: CredentialPool, target: Target, fault: Fault): number | null {
  return target.credentials.length > 1 && isAboutCredential(fault) ? pool.readyInMs(target) : null
}

/**
 * Chooses the credential of each call: in turn, over those that do not cool down. When all do, it waits for the one that is
 * ready first, at most `longestPauseMs`. One call goes through at most: whether another credential is tried after a failure
 * is the retries' business. A target with one credential passes untouched.
 */
export function withCredentials(send: Send, pool: CredentialPool, longestPauseMs: number): Send {
  return function sendWithCredential(planned, target, log, cancellation) {
    if (target.credentials.length === 1) return send(planned, target, log, cancellation)
    return sendWithNext(planned, target, log, cancellation)
  }

  async function sendWithNext(
    planned: Planned,
    target: Target,
    log: AttemptLog,
    cancellation: Cancellation,
  ): Promise<Answer> {
    const readyInMs = pool.readyInMs(target)
    if (readyInMs > longestPauseMs) throw pool.refusal(target)
    if (readyInMs > 0) await pause(readyInMs, cancellation)
    let unreachable: Set<string> | null = null
    let refused: Fault | null = null
    for (;;) {
      const chosen = pool.next(target, unreachable)
      if (chosen === null) throw refused ?? pool.refusal(target)
      try {
        return await send(planned, chosen, log, cancellation)
      } catch (error) {
        const fault = Fault.from(error)
        pool.heard(chosen, fault)
        const [credential] = chosen.credentials
        if (fault.kind !== 'upstream_circuit_open' || credential === undefined) throw fault
        // No call was made, and the next credential may be for another address.
        unreachable ??= new Set()
        unreachable.add(credential.baseUrl)
        refused = fault
      }
    }
  }
}
