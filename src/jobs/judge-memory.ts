import type { FeedbackRecord } from '../core/feedback.ts'

/**
 * What one round leaves to the next: exchanges whose judge did not answer in the agreed form, and judges that failed or whose
 * answers have no known price, because asking them again each time would be for nothing; and scores that the database did not take.
 * Forgotten when the process ends; bounded.
 */
export class JudgeMemory {
  readonly #givenUp = new Map<string, Set<string>>()
  /** Until when it is not asked, milliseconds since 1970. */
  readonly #resting = new Map<string, number>()
  readonly #unsaved = new Map<string, Judged>()
  readonly #done = new Map<string, { readonly before: number; readonly until: number }>()

  givenUp(experiment: string): ReadonlySet<string> {
    return this.#givenUp.get(experiment) ?? new Set()
  }

  giveUp(experiment: string, requestId: string): void {
    const known = this.#givenUp.get(experiment) ?? new Set()
    this.#givenUp.set(experiment, known.add(requestId))
    const [oldest] = known
    if (known.size > mostGivenUp && oldest !== undefined) known.delete(oldest)
  }

  isResting(experiment: string, now: number): boolean {
    return (this.#resting.get(experiment) ?? 0) > now
  }

  /** Not asked until then, milliseconds since 1970. */
  rest(experiment: string, until: number): void {
    this.#resting.set(experiment, Math.max(until, this.#resting.get(experiment) ?? 0))
  }

  /** From when on exchanges are looked for, milliseconds since 1970; those before are known to be done. 0: all are. */
  lookSince(experiment: string, now: number): number {
    const done = this.#done.get(experiment)
    return done === undefined || now >= done.until ? 0 : done.before
  }

  /** A look at all exchanges, or at those since the last such one, found nothing to do. */
  allDone(experiment: string, now: number): void {
    const until = this.#done.get(experiment)?.until ?? 0
    this.#done.set(experiment, { before: now - lateMs, until: now < until ? until : now + wholeLookMs })
  }

  postpone(experiment: string, judged: Judged): void {
    this.#unsaved.set(experiment, judged)
  }

  takePostponed(experiment: string): Judged {
    const judged = this.#unsaved.get(experiment) ?? { spentUsd: 0, records: [] }
    this.#unsaved.delete(experiment)
    return judged
  }

  /** Keeps nothing of experiments that are over. */
  keepOnly(experiments: ReadonlySet<string>): void {
    for (const kept of [this.#givenUp, this.#resting, this.#unsaved, this.#done]) {
      for (const experiment of kept.keys()) {
        if (!experiments.has(experiment)) kept.delete(experiment)
      }
    }
  }
}

/** What judging came to and is not stored yet. */
interface Judged {
  readonly spentUsd: number
  readonly records: readonly FeedbackRecord[]
}

const mostGivenUp = 500
/** So late an exchange may be recorded and be found by the next look; what comes later, by the next look at all. */
const lateMs = 600_000
/** So seldom all exchanges are looked through when nothing of them was left to do: there may be millions. */
const wholeLookMs = 3_600_000
