import type { AnswerCache, CacheEntry, CacheScope } from '../cache/answer-cache.ts'
import type { Cancellation } from '../core/cancellation.ts'
import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'
import { AnswerTexts } from './answer-texts.ts'
import { type CacheKey, cacheKeyOf } from './cache-key.ts'
import type { CheckedAnswer } from './checked-answer.ts'
import type { Answered, Planned } from './exchange.ts'
import { keepAnswer } from './keep-answer.ts'
import { replayOf } from './replay.ts'
import type { AttemptLog } from './send.ts'
import { type Flight, Flights } from './single-flight.ts'

/** From a plan to an open answer. Rejects with a Fault when there is none. */
export type Dispatch = (planned: Planned, log: AttemptLog, cancellation: Cancellation) => Promise<Answered>

export interface CacheDependencies {
  readonly cache: AnswerCache
  readonly clock: Clock
  readonly observe: Observe
  /** How long a request waits for the answer to an identical one that is under way, milliseconds; 0: not at all. */
  readonly waitMs: number
  /** Largest answer that is kept, bytes of JSON. */
  readonly maxEntryBytes: number
  /** Names the guardrails an answer has to pass: answers are shared only where it is the same. */
  readonly guardrailPolicy: (planned: Planned) => string
}

/** One request that may be answered from the cache. */
interface Lookup {
  readonly planned: Planned
  readonly log: AttemptLog
  readonly cancellation: Cancellation
  readonly key: CacheKey
  readonly scope: CacheScope
}

/** Leaders whose answer came to nothing that a request waits out before it stops waiting for others. */
const mostFailedLeaders = 2

/**
 * Answers from the cache where the plan allows it, and lets identical requests that are under way at the same time wait for
 * one answer. What it promises:
 *
 * - Only complete answers are served again, and only to the same tenant, scopes, prompt version, guardrails and body.
 * - A cache that is away costs a bounded moment, never an answer.
 * - Whoever waits may hang up or run out of patience without anybody else noticing; a leader that fails or is gone hands
 *   over to one of those who waited.
 *
 * `cache-control: no-cache` of the request asks for a new answer (which is kept), `no-store` for one that is not kept.
 */
export function withCache(dispatch: Dispatch, dependencies: CacheDependencies): Dispatch {
  const { cache, clock, observe, waitMs } = dependencies
  const flights = new Flights()

  return function dispatchCached(planned, log, cancellation) {
    return isCacheable(planned) ? fromCache(planned, log, cancellation) : dispatch(planned, log, cancellation)
  }

  async function fromCache(planned: Planned, log: AttemptLog, cancellation: Cancellation): Promise<Answered> {
    const { mayRead, mayStore } = cacheControlOf(planned)
    const key = mayRead || mayStore ? keyOf(planned) : null
    if (key === null) return dispatch(planned, log, cancellation)
    const scope = { tenant: planned.asked.key.tenantId, prompt: planned.prompt?.slug ?? null }
    const lookup: Lookup = { planned, log, cancellation, key, scope }
    if (!mayRead) return ask(lookup, null)
    if (!mayStore) return (await storedAnswer(lookup)) ?? dispatch(planned, log, cancellation)
    const joined = waitMs > 0 ? await joinOrLead(lookup) : null
    if (joined !== null && 'answer' in joined) return joined
    try {
      if (joined !== null) cancellation.onCancel(() => joined.end('left'))
      const stored = await storedAnswer(lookup, joined)
      return stored ?? (await ask(lookup, joined))
    } catch (error) {
      joined?.end(cancellation.cancelled ? 'left' : 'failed')
      throw error
    }
  }

  function keyOf(planned: Planned): CacheKey | null {
    return cacheKeyOf(planned, dependencies.guardrailPolicy(planned))
  }

  /**
   * The answer of an identical request that is under way. Else a flight to lead, when nobody leads one: looking and leading
   * are one step, so that of many who wake up together one asks again and the others wait for it. Else null: go alone.
   */
  async function joinOrLead({ planned, log, cancellation, key }: Lookup): Promise<Answered | Flight | null> {
    const patienceEnds = clock.monotonic() + waitMs
    for (let failed = 0; failed < mostFailedLeaders;) {
      const flight = flights.find(key.key)
      const leftMs = patienceEnds - clock.monotonic()
      if (flight === undefined || leftMs <= 0) break
      const landing = await flight.join(leftMs, cancellation)
      if (landing === 'late') {
        // One that takes longer than anybody waits must not keep those who come later waiting too.
        flights.leave(key.key, flight)
        break
      }
      if (typeof landing === 'object') {
        const answered = answeredFrom(landing, planned, log)
        if (answered === null) break
        observe({ type: 'cache-looked-up', result: 'shared' })
        return answered
      }
      if (landing === 'failed') failed += 1
    }
    return flights.lead(key.key)
  }

  async function storedAnswer(lookup: Lookup, flight: Flight | null = null): Promise<Answered | null> {
    const { planned, log, cancellation, key, scope } = lookup
    const entry = await cache.get(key.key, scope).catch((error: unknown) => defect(error, planned))
    if (cancellation.fault !== null) throw cancellation.fault
    const answered = entry === null ? null : answeredFrom(entry, planned, log)
    observe({ type: 'cache-looked-up', result: answered === null ? 'miss' : 'hit' })
    if (answered !== null && entry !== null) flight?.end(entry)
    return answered
  }

  /** Asks a provider, keeps the answer and tells those who wait for it. */
  async function ask({ planned, log, cancellation, key, scope }: Lookup, flight: Flight | null): Promise<Answered> {
    const answered = await dispatch(planned, log, cancellation)
    const { target } = answered
    const { maxEntryBytes: maxBytes } = dependencies
    const answer = keepAnswer(answered.answer, { target, boundsLength: key.boundsLength, maxBytes }, (entry) => {
      if (entry === null || answered.checked?.result() === 'mismatch') {
        flight?.end('failed')
        return
      }
      const kept = cache
        .put(key.key, entry, planned.cacheTtlSeconds, scope)
        .catch((error: unknown) => void defect(error, planned))
      // Whoever comes before it is stored still finds it here.
      flight?.end(entry, kept)
    })
    return { ...answered, answer, cache: 'miss' }
  }

  /** A cache that breaks its promise and rejects is a mistake of ours, and no reason not to answer. */
  function defect(error: unknown, planned: Planned): null {
    observe({ type: 'defect', where: 'response cache', error, requestId: planned.asked.requestId })
    return null
  }
}

/** Other operations are answered in shapes of their own, which nobody here can tell again. */
function isCacheable(planned: Planned): boolean {
  return planned.cacheTtlSeconds > 0 && planned.asked.operation === 'chat'
}

function cacheControlOf(planned: Planned): { readonly mayRead: boolean; readonly mayStore: boolean } {
  const words =
    planned.asked
      .header('cache-control')
      ?.toLowerCase()
      .split(/[\s,]+/) ?? []
  return { mayRead: !words.includes('no-cache'), mayStore: !words.includes('no-store') }
}

/** null: who answered is not among the targets of this plan. */
function answeredFrom(entry: CacheEntry, planned: Planned, log: AttemptLog): Answered | null {
  const target = planned.targets.find(({ provider, model }) => provider.id === entry.provider && model === entry.model)
  if (target === undefined) return null
  const { requestId, stream } = planned.asked
  const answer = replayOf(entry, { requestId, stream, wantsUsage: planned.clientWantsUsage })
  return { planned, target, attempts: log, answer, cache: 'hit', checked: checkedBefore(planned, entry) }
}

/** What is kept has met its rule, or was no answer for it; which of the two is seen without checking it again. */
function checkedBefore({ output, asked }: Planned, { completion }: CacheEntry): CheckedAnswer | null {
  if (output === null) return null
  const texts = new AnswerTexts(asked.operation, false, 0)
  texts.add({ json: '', value: completion, usage: null, internal: false })
  const isChecked = texts.texts().some(({ isAnswer }) => isAnswer)
  return { result: () => (isChecked ? 'ok' : null), warnings: () => [], others: [] }
}
