import { experimentBodySchema } from '../../src/contract/experiment-body.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { Fault } from '../../src/core/fault.ts'
import type { FeedbackRecord } from '../../src/core/feedback.ts'
import { judgeRound } from '../../src/jobs/judge-exchanges.ts'
import type { JudgeDependencies } from '../../src/jobs/judge-experiment.ts'
import { JudgeMemory } from '../../src/jobs/judge-memory.ts'
import type { InsideAnswer, InsideRequest, NoInsideAnswer } from '../../src/pipeline/ask-inside.ts'
import type { StoredExperiment, UnjudgedExchange } from '../../src/store/experiment-port.ts'
import { databaseAway, noExperiment, statementTooSlow } from '../../src/store/faults.ts'
import { createMemoryDatabase } from '../../src/store/memory/database.ts'
import { createMemoryLeases } from '../../src/store/memory/leases.ts'

/** When the tests begin. */
export const now = Date.UTC(2026, 10, 20)

export const judge = { model: 'openai/gpt-x', criteria: 'It is kind.', sample: 0.2, budget_usd: 1 }

export function experiment(given: object | undefined, more: Partial<StoredExperiment> = {}): StoredExperiment {
  const body = experimentBodySchema.parse({
    prompt: 'support-reply',
    variants: [{ name: 'control' }, { name: 'warm' }],
    ...(given === undefined ? {} : { judge: given }),
  })
  return {
    tenantId: 'default',
    slug: 'warmer',
    kind: 'experiment',
    status: 'running',
    body,
    seed: 's',
    phases: [],
    plannedUnits: null,
    decision: null,
    rollout: null,
    judgedUsd: 0,
    preparedAt: null,
    nextWeights: null,
    createdAt: now,
    createdBy: 'admin',
    updatedAt: now,
    updatedBy: 'admin',
    startedAt: now - 1000,
    stoppedAt: null,
    ...more,
  }
}

export const exchange = (requestId: string, answer: unknown = 'On its way.'): UnjudgedExchange => ({
  requestId,
  variant: 'warm',
  request: JSON.stringify({ messages: [{ role: 'user', content: 'Where is my parcel?' }] }),
  response: typeof answer === 'string' ? JSON.stringify({ choices: [{ message: { content: answer } }] }) : '{"choices',
})

export const exchanges = (count: number): UnjudgedExchange[] =>
  Array.from({ length: count }, (_, index) => exchange(`id-${index}`))

type Told = string | Fault

export interface BenchOptions {
  /** What the judge says. */
  readonly answer?: (request: InsideRequest) => Told | Promise<Told>
  /** What each of its answers costs. */
  readonly costUsd?: number | null
}

/** Experiments in one database whose exchanges wait to be judged, and processes that do so. */
export class JudgeBench {
  readonly asked: InsideRequest[] = []
  readonly written: FeedbackRecord[] = []
  readonly notices: string[] = []
  readonly samples: { readonly since: number }[] = []
  /** Monotonic time is the same number. */
  time = now
  isAway = false
  /** To look at exchanges from before that moment takes too long. */
  slowBefore = 0
  readonly #experiments: Map<string, StoredExperiment>
  readonly #waiting: (slug: string) => readonly UnjudgedExchange[]
  readonly #options: BenchOptions
  readonly #clock = { ...systemClock, now: () => this.time, monotonic: () => this.time }
  readonly #leases = createMemoryLeases(createMemoryDatabase(this.#clock))
  #processes = 0

  constructor(
    stored: StoredExperiment | readonly StoredExperiment[],
    waiting: readonly UnjudgedExchange[] | ((slug: string) => readonly UnjudgedExchange[]),
    options: BenchOptions = {},
  ) {
    const all = 'slug' in stored ? [stored] : stored
    this.#experiments = new Map(all.map((each) => [each.slug, each]))
    this.#waiting = typeof waiting === 'function' ? waiting : () => waiting
    this.#options = options
  }

  current(slug = 'warmer'): StoredExperiment {
    const found = this.#experiments.get(slug)
    if (found === undefined) throw noExperiment(slug)
    return found
  }

  change(slug: string, change: Partial<StoredExperiment>): StoredExperiment {
    const changed = { ...this.current(slug), ...change }
    this.#experiments.set(slug, changed)
    return changed
  }

  /** A process: one round of it, as often as it is called. */
  process(): (stopping?: () => boolean) => Promise<number> {
    this.#processes += 1
    const dependencies: JudgeDependencies = {
      stores: this.#stores(),
      holder: `process ${this.#processes}`,
      askInside: (request) => this.#ask(request),
      memory: new JudgeMemory(),
      clock: this.#clock,
      observe: (observation) => {
        if (observation.type === 'notice') this.notices.push(observation.message)
      },
    }
    return (stopping) => judgeRound(dependencies, stopping)
  }

  #reach(): void {
    if (this.isAway) throw databaseAway()
  }

  #stores(): JudgeDependencies['stores'] {
    return {
      experiments: {
        active: async () => [...this.#experiments.values()].filter(({ status }) => status === 'running'),
        find: async (_tenant, slug) => this.#experiments.get(slug) ?? null,
        change: async (_actor, slug, change) => {
          this.#reach()
          return this.change(slug, change(this.current(slug)) ?? {})
        },
      },
      experimentLedger: {
        unjudged: async (_tenant, slug, sample) => {
          this.samples.push(sample)
          if (sample.since < this.slowBefore) throw statementTooSlow()
          const judged = new Set(this.written.map(({ requestId }) => requestId))
          const left = this.#waiting(slug).filter(({ requestId }) => !judged.has(requestId))
          return left.slice(0, sample.most)
        },
      },
      feedback: {
        writeFeedback: async (records) => {
          this.#reach()
          this.written.push(...records)
          return records.length
        },
      },
      leases: this.#leases,
    }
  }

  async #ask(request: InsideRequest): Promise<InsideAnswer | NoInsideAnswer> {
    const { answer = () => '{"score": 0.8, "reason": "Kind."}', costUsd = 0.01 } = this.#options
    this.asked.push(request)
    const told = await answer(request)
    if (typeof told !== 'string') return { fault: told, costUsd: 0 }
    const rest = { requestId: 'r', completion: {}, finishReason: 'stop', model: 'openai/gpt-x', usage: null }
    return { ...rest, text: told, costUsd, durationMs: 1 }
  }
}
