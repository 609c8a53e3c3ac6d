import type { ExperimentJudge } from '../contract/experiment-body.ts'
import type { Clock } from '../core/clock.ts'
import { Fault } from '../core/fault.ts'
import type { FeedbackRecord } from '../core/feedback.ts'
import type { JsonObject } from '../core/json.ts'
import type { Observe } from '../core/observation.ts'
import { judgeRequest, readScore, tooLongToJudge } from '../evaluation/llm-judge.ts'
import { recordedAnswer, recordedQuestion } from '../evaluation/recorded-texts.ts'
import type { AskInside } from '../pipeline/ask-inside.ts'
import type { ExperimentLedger, ExperimentStore, StoredExperiment, UnjudgedExchange } from '../store/experiment-port.ts'
import type { FeedbackWriter } from '../store/feedback-port.ts'
import type { JudgeMemory } from './judge-memory.ts'

export interface JudgeDependencies {
  readonly stores: {
    readonly experiments: Pick<ExperimentStore, 'active' | 'change'>
    readonly experimentLedger: Pick<ExperimentLedger, 'unjudged'>
    readonly feedback: FeedbackWriter
  }
  readonly askInside: AskInside
  /** What is not tried again; one for the life of the process. */
  readonly memory: JudgeMemory
  readonly clock: Clock
  readonly observe: Observe
}

const actorId = 'promptbox'
const appName = 'promptbox judges'
const askTimeoutMs = 60_000
/** After so long a round begins nothing new, so that it ends within this and one more answer. */
const roundMs = 30_000
const mostParallel = 4
const mostOfExperiment = 50
const mostOfRound = 200
const longestQuestion = 200_000
/** Older exchanges are not judged any more. */
const reachMs = 7 * 86_400_000
const longestComment = 2000
const unpricedForMs = 3_600_000
const failedForMs = 60_000

/**
 * One round of judging: for each experiment that goes on and has a judge, some exchanges of its sample are judged by its model
 * and get a score as feedback of source `judge`, as long as its budget lasts. How many got one. Beside the traffic: what goes
 * wrong with a judge is a notice, and the exchange has no score. Rejects when the database is away.
 */
export async function judgeRound(dependencies: JudgeDependencies): Promise<number> {
  const { stores, memory, clock } = dependencies
  const active = await stores.experiments.active()
  memory.keepOnly(new Set(active.map(nameOf)))
  const until = clock.monotonic() + roundMs
  let scored = 0
  let left = mostOfRound
  for (const experiment of active) {
    const { judge } = experiment.body
    if (judge === undefined || left <= 0 || clock.monotonic() > until) continue
    if (experiment.judgedUsd >= judge.budget_usd || memory.isResting(nameOf(experiment), clock.now())) continue
    const round = new ExperimentRound(experiment, judge, until, dependencies)
    const asked = await round.run(Math.min(mostOfExperiment, left))
    left -= asked
    scored += round.scored
  }
  return scored
}

function nameOf({ tenantId, slug }: Pick<StoredExperiment, 'tenantId' | 'slug'>): string {
  return `${tenantId} ${slug}`
}

/** The judging of one experiment in one round. */
class ExperimentRound {
  scored = 0
  #experiment: StoredExperiment
  readonly #judge: ExperimentJudge
  readonly #until: number
  readonly #dependencies: JudgeDependencies
  #records: FeedbackRecord[]
  #spentUsd: number
  #asked = 0
  #failures: string[] = []

  constructor(experiment: StoredExperiment, judge: ExperimentJudge, until: number, dependencies: JudgeDependencies) {
    this.#experiment = experiment
    this.#judge = judge
    this.#until = until
    this.#dependencies = dependencies
    const postponed = dependencies.memory.takePostponed(nameOf(experiment))
    this.#records = [...postponed.records]
    this.#spentUsd = postponed.spentUsd
  }

  /** How many questions were asked, of at most `most`. */
  async run(most: number): Promise<number> {
    if (this.#spentUsd > 0 || this.#records.length > 0) await this.#keep()
    const queue = (await this.#unjudged(most)).values()
    const lane = async (): Promise<void> => {
      for (const exchange of queue) {
        if (!this.#mayAsk()) return
        await this.#judgeOne(exchange)
      }
    }
    await Promise.all(Array.from({ length: mostParallel }, lane))
    await this.#keep()
    this.#tellFailures()
    return this.#asked
  }

  async #unjudged(most: number): Promise<readonly UnjudgedExchange[]> {
    const { stores, memory, clock } = this.#dependencies
    const { tenantId, slug, startedAt } = this.#experiment
    const { metric, sample: share } = this.#judge
    const givenUp = memory.givenUp(nameOf(this.#experiment))
    const [name, now] = [nameOf(this.#experiment), clock.now()]
    const since = Math.max(startedAt ?? 0, now - reachMs, memory.lookSince(name, now))
    const sample = { metric, share, since, most: most + givenUp.size }
    const found = await stores.experimentLedger.unjudged(tenantId, slug, sample).catch((error: unknown) => {
      if (!(error instanceof Fault) || error.code !== 'statement_timeout') throw error
      this.#dependencies.observe({
        type: 'notice',
        message: `The judge of the experiment ${slug} looks at new exchanges only for the next hour: there are too many to look through in time.`,
      })
      return []
    })
    const left = found.filter(({ requestId }) => !givenUp.has(requestId)).slice(0, most)
    if (left.length === 0) memory.allDone(name, now)
    return left
  }

  /** Answers that are under way have no price yet: the budget may be passed by those of one moment, and no more. */
  #mayAsk(): boolean {
    const { memory, clock } = this.#dependencies
    const isPaid = this.#experiment.judgedUsd + this.#spentUsd < this.#judge.budget_usd
    return (
      isPaid &&
      clock.monotonic() <= this.#until &&
      !memory.isResting(nameOf(this.#experiment), clock.now()) &&
      // A judge that does not answer is not asked on and on in one round.
      this.#failures.length < mostParallel
    )
  }

  async #judgeOne({ requestId, request, response }: UnjudgedExchange): Promise<void> {
    const { askInside, memory } = this.#dependencies
    const question = recordedQuestion(request)
    const answer = recordedAnswer(response)
    const isTooLong = request.length > longestQuestion || (answer !== null && tooLongToJudge(answer) !== null)
    if (question === null || answer === null || isTooLong) {
      memory.giveUp(nameOf(this.#experiment), requestId)
      return
    }
    this.#asked++
    const verdict = await askInside({
      tenantId: this.#experiment.tenantId,
      appName,
      body: judgeQuestion(this.#judge, question, answer),
      timeoutMs: askTimeoutMs,
    })
    this.#pay(verdict.costUsd)
    if ('fault' in verdict) {
      this.#failures.push(verdict.fault.message)
      return
    }
    const score = readScore(verdict.text)
    if (typeof score === 'string') {
      this.#failures.push(score)
      memory.giveUp(nameOf(this.#experiment), requestId)
      return
    }
    this.#records.push(this.#recordOf(requestId, score.score, score.reason))
  }

  #recordOf(requestId: string, value: number, reason: string): FeedbackRecord {
    return {
      tenantId: this.#experiment.tenantId,
      requestId,
      name: this.#judge.metric,
      source: 'judge',
      value,
      comment: reason === '' ? null : storable(reason),
      at: this.#dependencies.clock.now(),
      keyId: null,
    }
  }

  /** A budget cannot be kept with answers of no known price: then the judge stops for a while, and says so. */
  #pay(costUsd: number | null): void {
    const { memory, clock, observe } = this.#dependencies
    const { model } = this.#judge
    // The built-in mock has no price, and is known to cost nothing.
    const usd = costUsd ?? (model.startsWith('mock/') ? 0 : null)
    if (usd !== null) {
      this.#spentUsd += usd
      return
    }
    const name = nameOf(this.#experiment)
    if (memory.isResting(name, clock.now())) return
    memory.rest(name, clock.now() + unpricedForMs)
    observe({
      type: 'notice',
      message: `The judge of the experiment ${this.#experiment.slug} stops for an hour: what an answer of ${model} costs is not known, so its budget cannot be kept. Set a price under /admin/v1/models, 0 for a model of your own.`,
    })
  }

  /** The scores, and what they cost, also when no score came of it. What the database does not take is kept for the next round. */
  async #keep(): Promise<void> {
    const { stores, memory } = this.#dependencies
    const { tenantId, slug } = this.#experiment
    try {
      if (this.#spentUsd > 0) {
        const spent = this.#spentUsd
        const actor = { tenantId, id: actorId, name: actorId }
        const change = ({ judgedUsd }: StoredExperiment) => ({ judgedUsd: judgedUsd + spent, event: null })
        this.#experiment = await stores.experiments.change(actor, slug, change)
        this.#spentUsd = 0
      }
      if (this.#records.length > 0) await stores.feedback.writeFeedback(this.#records)
      this.scored += this.#records.length
      this.#records = []
    } catch (error) {
      memory.postpone(nameOf(this.#experiment), { spentUsd: this.#spentUsd, records: this.#records })
      throw error
    }
  }

  #tellFailures(): void {
    const [first] = this.#failures
    if (first === undefined) return
    const { memory, clock, observe } = this.#dependencies
    memory.rest(nameOf(this.#experiment), clock.now() + failedForMs)
    observe({
      type: 'notice',
      message: `The judge of the experiment ${this.#experiment.slug} gave no score for ${this.#failures.length} of ${this.#asked} exchanges, and rests a minute: ${first}`,
    })
  }
}

function judgeQuestion(judge: ExperimentJudge, question: readonly JsonObject[], answer: string): JsonObject {
  const settings = { criterion: judge.criteria, model: judge.model }
  // A recorded message may be of any shape; the judge reads it as data.
  const asked = { messages: question as never }
  return judgeRequest(settings, judge.model, asked, answer)
}

const unstorable = /\0|\p{Surrogate}/gu

function storable(text: string): string {
  return text.slice(0, longestComment).replaceAll(unstorable, '\ufffd')
}
