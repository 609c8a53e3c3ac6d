import type { FeedbackRecord } from '../core/feedback.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'

type ExperimentKey = Pick<StoredExperiment, 'tenantId' | 'slug'>

/** The name under which an experiment is remembered. */
export function keyOfExperiment({ tenantId, slug }: ExperimentKey): string {
  return JSON.stringify([tenantId, slug])
}

interface Rest {
  /** Milliseconds since 1970. */
  readonly until: number
  readonly letsOthersTry: boolean
}

/** What judging came to and is not stored yet. */
export interface Judged {
  readonly spentUsd: number
  readonly records: readonly FeedbackRecord[]
}

export const nothingJudged: Judged = { spentUsd: 0, records: [] }

/**
 * What one round leaves to the next: exchanges whose judge did not answer in the agreed form, and judges that failed or whose
 * answers have no known price, because asking them again each time would be for nothing; scores that the database did not take;
 * and whose turn it is. Forgotten when the process ends; bounded.
 */
export class JudgeMemory {
  readonly #givenUp = new Map<string, Set<string>>()
  readonly #resting = new Map<string, Rest>()
  readonly #unsaved = new Map<string, ExperimentKey & Judged>()
  readonly #done = new Map<string, { readonly before: number; readonly until: number }>()
  #lastTurn: string | null = null

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
    return this.#restAt(experiment, now) !== null
  }

  /** Whether it rests for a reason that another process may not have. */
  letsOthersTry(experiment: string, now: number): boolean {
    return this.#restAt(experiment, now)?.letsOthersTry === true
  }

  /** Not asked until then, milliseconds since 1970, unless it rests for longer already. */
  rest(experiment: string, until: number, letsOthersTry: boolean): void {
    if (until > (this.#resting.get(experiment)?.until ?? 0)) this.#resting.set(experiment, { until, letsOthersTry })
  }

  #restAt(experiment: string, now: number): Rest | null {
    const rest = this.#resting.get(experiment)
    return rest !== undefined && rest.until > now ? rest : null
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

  /** What the database did not take, with what it did not take before. */
  postpone({ tenantId, slug }: ExperimentKey, { spentUsd, records }: Judged): void {
    const key = keyOfExperiment({ tenantId, slug })
    const before = this.#unsaved.get(key) ?? nothingJudged
    const together = { spentUsd: before.spentUsd + spentUsd, records: [...before.records, ...records] }
    this.#unsaved.set(key, { tenantId, slug, ...together })
  }

  /** What was postponed, of all experiments, also of those that are over by now. */
  takePostponed(): readonly (ExperimentKey & Judged)[] {
    const postponed = [...this.#unsaved.values()]
    this.#unsaved.clear()
    return postponed
  }

  /** All of them, from behind the one that had its turn last: a round that ends early must not always end with the same ones. */
  inTurn<Experiment extends ExperimentKey>(experiments: readonly Experiment[]): readonly Experiment[] {
    const next = experiments.findIndex((experiment) => keyOfExperiment(experiment) === this.#lastTurn) + 1
    return [...experiments.slice(next), ...experiments.slice(0, next)]
  }

  hadItsTurn(experiment: ExperimentKey): void {
    this.#lastTurn = keyOfExperiment(experiment)
  }

  /** Keeps nothing of experiments that are over. */
  keepOnly(experiments: ReadonlySet<string>): void {
    for (const kept of [this.#givenUp, this.#resting, this.#done]) {
      for (const experiment of kept.keys()) {
        if (!experiments.has(experiment)) kept.delete(experiment)
      }
    }
  }
}

const mostGivenUp = 500
/** So late an exchange may be recorded and be found by the next look; what comes later, by the next look at all. */
const lateMs = 600_000
/** So seldom all exchanges are looked through when nothing of them was left to do: there may be millions. */
const wholeLookMs = 3_600_000
