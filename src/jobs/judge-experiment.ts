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
import type { LeaseStore } from '../store/ports.ts'
import { promptboxActor } from './experiment-needs.ts'
import { type Judged, type JudgeMemory, keyOfExperiment, nothingJudged } from './judge-memory.ts'

export interface JudgeDependencies {
  readonly stores: {
    readonly experiments: Pick<ExperimentStore, 'active' | 'find' | 'change'>
    readonly experimentLedger: Pick<ExperimentLedger, 'unjudged'>
    readonly feedback: FeedbackWriter
    readonly leases: LeaseStore
  }
  /** This process, as no other one calls itself. */
  readonly holder: string
  readonly askInside: AskInside
  /** What is not tried again; one for the life of the process. */
  readonly memory: JudgeMemory
  readonly clock: Clock
  readonly observe: Observe
}

const appName = 'promptbox judges'
const askTimeoutMs = 60_000
const mostParallel = 4
/** So many scores are written at once; a process that dies loses hardly more of them, and of what they cost. */
const keptAtOnce = 10
const longestQuestion = 200_000
/** Older exchanges are not judged any more. */
const reachMs = 7 * 86_400_000
const longestComment = 2000
const unpricedForMs = 3_600_000
const failedForMs = 60_000

/** The judging of one experiment in one round, by the process that has its lease. */
export class ExperimentRound {
  /** How many exchanges got a score that is written. */
  scored = 0
  readonly #experiment: StoredExperiment
  readonly #key: string
  readonly #judge: ExperimentJudge
  readonly #isOver: () => boolean
  readonly #dependencies: JudgeDependencies
  /** What answers of this round cost, US dollars. */
  #spentUsd = 0
  /** What the dearest of them cost; null: none came yet. */
  #dearestUsd: number | null = null
  #underWay = 0
  #unkept = nothingJudged
  #asked = 0
  #failures: string[] = []
  #answers = 0
  /** Something could not be written. */
  #away: { readonly error: unknown } | null = null

  constructor(
    experiment: StoredExperiment,
    judge: ExperimentJudge,
    isOver: () => boolean,
    dependencies: JudgeDependencies,
  ) {
    this.#experiment = experiment
    this.#key = keyOfExperiment(experiment)
    this.#judge = judge
    this.#isOver = isOver
    this.#dependencies = dependencies
  }

  /** How many questions were asked, of at most `most`. */
  async run(most: number): Promise<number> {
    const queue = (await this.#unjudged(most)).values()
    // One by itself, until it is known what an answer costs.
    await this.#judgeAll(queue, () => this.#dearestUsd === null)
    await Promise.all(Array.from({ length: mostParallel }, () => this.#judgeAll(queue, () => true)))
    await this.#keep()
    this.#tellFailures()
    if (this.#away !== null) throw this.#away.error
    return this.#asked
  }

  async #judgeAll(queue: Iterator<UnjudgedExchange, undefined>, goesOn: () => boolean): Promise<void> {
    while (goesOn() && this.#mayAsk()) {
      const { value } = queue.next()
      if (value === undefined) return
      await this.#judgeOne(value)
      if (this.#unkept.records.length >= keptAtOnce) await this.#keep()
    }
  }

  async #unjudged(most: number): Promise<readonly UnjudgedExchange[]> {
    const { stores, memory, clock } = this.#dependencies
    const { tenantId, slug, startedAt } = this.#experiment
    const { metric, sample: share } = this.#judge
    const givenUp = memory.givenUp(this.#key)
    const now = clock.now()
    const since = Math.max(startedAt ?? 0, now - reachMs, memory.lookSince(this.#key, now))
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
    if (left.length === 0) memory.allDone(this.#key, now)
    return left
  }

  /** An answer that is under way counts as the dearest so far: its price is known when it is paid for. */
  #mayAsk(): boolean {
    const { memory, clock } = this.#dependencies
    const boundUsd = this.#underWay * (this.#dearestUsd ?? 0)
    const isPaid = this.#experiment.judgedUsd + this.#spentUsd + boundUsd < this.#judge.budget_usd
    return (
      isPaid &&
      !this.#isOver() &&
      this.#away === null &&
      !memory.isResting(this.#key, clock.now()) &&
      // A judge that does not answer is not asked on and on in one round.
      this.#failures.length < mostParallel
    )
  }

  async #judgeOne({ requestId, request, response }: UnjudgedExchange): Promise<void> {
    const { memory } = this.#dependencies
    const question = recordedQuestion(request)
    const answer = recordedAnswer(response)
    const isTooLong = request.length > longestQuestion || (answer !== null && tooLongToJudge(answer) !== null)
    if (question === null || answer === null || isTooLong) {
      memory.giveUp(this.#key, requestId)
      return
    }
    const verdict = await this.#ask(judgeQuestion(this.#judge, question, answer))
    if ('fault' in verdict) {
      this.#failures.push(verdict.fault.message)
      return
    }
    this.#answers += 1
    const score = readScore(verdict.text)
    if (typeof score === 'string') {
      this.#failures.push(score)
      memory.giveUp(this.#key, requestId)
      return
    }
    const record = this.#recordOf(requestId, score.score, score.reason)
    this.#unkept = { ...this.#unkept, records: [...this.#unkept.records, record] }
  }

  async #ask(body: JsonObject): ReturnType<AskInside> {
    const { tenantId } = this.#experiment
    this.#asked += 1
    this.#underWay += 1
    const verdict = await this.#dependencies.askInside({ tenantId, appName, body, timeoutMs: askTimeoutMs })
    this.#underWay -= 1
    this.#pay(verdict.costUsd, !('fault' in verdict))
    return verdict
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
  #pay(costUsd: number | null, isAnswer: boolean): void {
    const { memory, clock, observe } = this.#dependencies
    const { model } = this.#judge
    // The built-in mock has no price, and is known to cost nothing.
    const usd = costUsd ?? (model.startsWith('mock/') ? 0 : null)
    if (usd !== null) {
      this.#spentUsd += usd
      this.#unkept = { ...this.#unkept, spentUsd: this.#unkept.spentUsd + usd }
      if (isAnswer || usd > 0) this.#dearestUsd = Math.max(this.#dearestUsd ?? 0, usd)
      return
    }
    if (memory.isResting(this.#key, clock.now())) return
    memory.rest(this.#key, clock.now() + unpricedForMs, false)
    observe({
      type: 'notice',
      message: `The judge of the experiment ${this.#experiment.slug} stops for an hour: what an answer of ${model} costs is not known, so its budget cannot be kept. Set a price under /admin/v1/models, 0 for a model of your own.`,
    })
  }

  /** The scores, and what they cost, also when no score came of it. What the database does not take is kept for the next round. */
  async #keep(): Promise<void> {
    const unkept = this.#unkept
    this.#unkept = nothingJudged
    try {
      this.scored += await keep(this.#dependencies, this.#experiment, unkept)
    } catch (error) {
      this.#away ??= { error }
    }
  }

  #tellFailures(): void {
    const [first] = this.#failures
    if (first === undefined) return
    const { memory, clock, observe } = this.#dependencies
    // Where nobody answers, another process may have a way to the model that this one has not.
    memory.rest(this.#key, clock.now() + failedForMs, this.#answers === 0)
    observe({
      type: 'notice',
      message: `The judge of the experiment ${this.#experiment.slug} gave no score for ${this.#failures.length} of ${this.#asked} exchanges, and rests a minute: ${first}`,
    })
  }
}

/**
 * Writes what the database did not take before, also of experiments that have ended, and whoever judges them now. How many scores.
 * Rejects when it is still away.
 */
export async function keepJudged(dependencies: JudgeDependencies): Promise<number> {
  const postponed = dependencies.memory.takePostponed()
  const kept = await Promise.allSettled(postponed.map((each) => keep(dependencies, each, each)))
  const failed = kept.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  return kept.reduce((sum, each) => sum + (each.status === 'fulfilled' ? each.value : 0), 0)
}

/** How many scores were written; what the database does not take is postponed, and its error comes out. */
async function keep(
  { stores, memory }: JudgeDependencies,
  experiment: Pick<StoredExperiment, 'tenantId' | 'slug'>,
  { spentUsd, records }: Judged,
): Promise<number> {
  let unpaidUsd = spentUsd
  try {
    if (spentUsd > 0) {
      await stores.experiments.change(promptboxActor(experiment), experiment.slug, ({ judgedUsd }) => ({
        judgedUsd: judgedUsd + spentUsd,
        event: null,
      }))
      unpaidUsd = 0
    }
    if (records.length > 0) await stores.feedback.writeFeedback(records)
    return records.length
  } catch (error) {
    // A defect would be one again in every round, and keep everything else from being judged.
    if (error instanceof Fault) memory.postpone(experiment, { spentUsd: unpaidUsd, records })
    throw error
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
