import { mostChainDepth } from '../chains/chain-cycles.ts'
import type { CompiledStep, ChainValues, StepTarget } from '../chains/compiled-chain.ts'
import type { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import { type ChainCall, findChain, findChainVersion } from './called-chain.ts'
import { type Opened, inDialect, tellAnswer, watchAnswer } from './chain-answer.ts'
import { chainLoop, faultInStep, mayFallBack, overBudget, stepTooSlow } from './chain-faults.ts'
import {
  type ChainScope,
  type StepOutput,
  askedByStep,
  jsonOf,
  parametersIn,
  valuesIn,
  variablesOf,
} from './chain-scope.ts'
import { ChainTrace } from './chain-trace.ts'
import { AnswerWithheld, type CheckedAnswer } from './checked-answer.ts'
import { collectAnswer } from './collect-answer.ts'
import type { Answered } from './exchange.ts'
import { sumUsage } from './paid-in-all.ts'
import { outputBlocked } from './guard-book.ts'
import { plan } from './plan.ts'
import type { ExchangeDependencies } from './run-exchange.ts'
import { UntilOver } from './until-over.ts'

/** Questions that one exchange may come to, chains in chains and fallbacks included. */
const mostQuestions = 128

/**
 * The way of a chain from a request to an open answer. What it promises:
 *
 * - Each step is asked as a request of its own would be: the same plan, cache, fallback, retries, breaker.
 * - A step begins as soon as all it waits for is over; those that wait for nothing more run at the same time.
 * - The first failure without a fallback ends the chain, and stops at once what still runs. So does cancelling.
 * - The answer of the step that answers goes through as it comes; the others are read to their end first.
 * - Whatever happened is in `trace`, also when there is no answer.
 */
export class ChainRun {
  readonly trace: ChainTrace
  readonly #dependencies: ExchangeDependencies
  readonly #call: ChainCall
  readonly #cancellation: Cancellation
  readonly #untilOver = new UntilOver()
  #questions = 0

  constructor(dependencies: ExchangeDependencies, call: ChainCall, cancellation: Cancellation) {
    this.#dependencies = dependencies
    this.#call = call
    this.#cancellation = cancellation
    this.trace = new ChainTrace(call.chain.slug, call.version.number, call.warnings)
  }

  /** Rejects with the Fault that ended the chain. */
  async answer(): Promise<Answered> {
    const { asked, chain, version, variables, messages, members } = this.#call
    const compiled = version.compiled()
    const [cancellation] = this.#untilOver.child(this.#cancellation)
    const unheard = compiled.answering === null ? parametersIn(members) : []
    if (unheard.length > 0) {
      this.trace.warnings.push(`the answer is made of several, so this was not passed on: ${unheard.join(', ')}`)
    }
    const opened = await this.#open({
      slug: chain.slug,
      chain: compiled,
      prefix: '',
      ancestry: [chain.slug],
      variables,
      messages,
      answers: true,
      live: true,
      cancellation,
      outputs: new Map(),
    })
    return {
      planned: {
        asked,
        prompt: null,
        targets: [opened.target],
        clientWantsUsage: this.#call.clientWantsUsage,
        warnings: this.trace.warnings,
        retries: 0,
        attemptTimeoutMs: 0,
        cacheTtlSeconds: 0,
        output: null,
        onOutputMismatch: 'flag',
        compressed: null,
        forwardHeaders: {},
        variables: null,
      },
      target: opened.target,
      attempts: this.trace.attempts(),
      answer: inDialect(opened, asked),
      cache: this.trace.cache,
      checked: checkedOf(opened),
      chain: { slug: this.trace.slug, version: this.trace.version },
    }
  }

  /** The exchange is over. */
  stop(): void {
    this.#untilOver.stop()
  }

  /** Runs a chain until its answer is open. */
  async #open(scope: ChainScope): Promise<Opened> {
    const { ms } = scope.chain.budget
    const stopClock =
      ms === null
        ? null
        : this.#untilOver.later(ms, () => scope.cancellation.cancel(overBudget(scope.slug, `${ms} ms`)))
    const opened: Opened[] = []
    const begun = new Map<string, Promise<void>>()
    for (const step of scope.chain.steps) {
      const work = Promise.all(step.after.map((name) => begun.get(name) ?? Promise.resolve()))
        .then(() => this.#step(scope, step))
        .then((answer) => void (answer === null || opened.push(answer)))
        .catch((error: unknown) => {
          scope.cancellation.cancel(Fault.from(error))
          throw error
        })
      begun.set(step.name, work)
    }
    // Nothing may run on when this is over, so all of them are waited for: cancelling ends them at once.
    await Promise.allSettled(begun.values())
    const [live] = opened
    if (live !== undefined) return live
    stopClock?.()
    if (scope.cancellation.fault !== null) throw scope.cancellation.fault
    return tellAnswer(scope, this.#call, this.trace)
  }

  /** One step, with its fallback. What it gives is an answer that is open; null: it is over, or was skipped. */
  async #step(scope: ChainScope, step: CompiledStep): Promise<Opened | null> {
    const { cancellation, outputs, slug } = scope
    if (cancellation.fault !== null) throw cancellation.fault
    const values = valuesIn(scope)
    const waitedInVain = step.after.length > 0 && step.after.every((name) => outputs.get(name) === null)
    if (waitedInVain || step.when?.(values) === false) {
      outputs.set(step.name, null)
      return null
    }
    this.#checkBudget(scope, step)
    const told = (error: unknown): Fault => cancellation.fault ?? faultInStep(Fault.from(error), slug, step.name)
    try {
      return await this.#ask(scope, step, step.target, values)
    } catch (error) {
      const fault = Fault.from(error)
      const { fallback } = step
      if (cancellation.fault !== null || fallback === null || !mayFallBack(fault)) throw told(fault)
      this.trace.warn(`${scope.prefix}${step.name}`, [`failed (${fault.code ?? fault.kind}) and its fallback was used`])
      if ('text' in fallback) {
        this.#note(scope, step, { text: fallback.text(values), answer: null })
        return null
      }
      return await this.#ask(scope, step, fallback.target, values).catch((again: unknown) => {
        throw told(again)
      })
    }
  }

  /** Asks the prompt or the chain of a step, and reads the answer unless it is the one that goes through. */
  async #ask(scope: ChainScope, step: CompiledStep, target: StepTarget, values: ChainValues): Promise<Opened | null> {
    const [cancellation, release] = this.#untilOver.child(scope.cancellation)
    const live = scope.live && scope.chain.streams && scope.chain.answering === step.name
    const { timeoutMs } = step
    const stopClock =
      timeoutMs === null ? null : this.#untilOver.later(timeoutMs, () => cancellation.cancel(stepTooSlow(timeoutMs)))
    let isOpen = false
    try {
      this.#questions += 1
      if (this.#questions > mostQuestions) throw overBudget(scope.slug, `${mostQuestions} questions in one exchange`)
      const question = { step, variables: variablesOf(step, values), live, cancellation }
      const opened =
        target.kind === 'chain'
          ? await this.#openChain(scope, question, target)
          : await this.#openPrompt(scope, question, target.reference)
      isOpen = live
      if (live) return opened
      const { text, completion } = await collectAnswer(opened.answer, this.#dependencies.keptChars)
      const blockedBy = this.#call.asked.guard?.report.blockedBy ?? null
      // What is left of such an answer is nothing to go on with.
      if (blockedBy !== null) throw outputBlocked(blockedBy)
      this.#note(scope, step, { text, answer: { completion, target: opened.target, checked: opened.checked } })
      return null
    } finally {
      if (!isOpen) {
        stopClock?.()
        release()
      }
    }
  }

  async #openPrompt(scope: ChainScope, question: Question, reference: string): Promise<Opened> {
    const { catalogue, defaults, dispatch, keptChars, ledger } = this.#dependencies
    const { step, variables, live, cancellation } = question
    const asked = askedByStep(this.#call.asked, {
      reference,
      variables,
      messages: step.takesMessages ? scope.messages : undefined,
      model: step.model,
      stream: live && this.#call.asked.stream,
      members: this.#call.members,
      isAnswering: scope.answers && scope.chain.answering === step.name,
    })
    const planned = plan(asked, catalogue, defaults)
    const name = `${scope.prefix}${step.name}`
    const calls = this.trace.begin(name, planned.prompt)
    const answered = await dispatch(planned, calls.log, cancellation).catch((error: unknown) => {
      if (!(error instanceof AnswerWithheld)) throw error
      // Nobody gets this answer, but it was paid for.
      calls.answered(error.answered, error.tally, ledger.price)
      throw error.fault
    })
    calls.cache = answered.cache
    this.trace.warn(name, [...answered.planned.warnings, ...(answered.answer.opening.warnings ?? [])])
    const before = live ? this.trace.toldUsage() : null
    const answer = watchAnswer(answered.answer, {
      keptChars,
      plusUsage: before === null ? null : (own) => sumUsage([before, own]),
      onOver: (tally, fault) => {
        try {
          calls.answered(answered, tally, ledger.price)
          this.trace.warn(name, answered.checked?.warnings() ?? [])
        } catch (error) {
          // Endings come out of timers and socket events, where an exception would end the process.
          ledger.observe({ type: 'defect', where: 'chain step', error, requestId: asked.requestId })
        }
        // Of a step that is collected its failure is told where it is caught.
        if (fault === null || !live || scope.cancellation.fault !== null) return fault
        return faultInStep(fault, scope.slug, step.name)
      },
    })
    return { answer, target: answered.target, checked: answered.checked }
  }

  async #openChain(scope: ChainScope, question: Question, target: StepTarget & { kind: 'chain' }): Promise<Opened> {
    const { step, variables, live } = question
    const { asked } = this.#call
    const ancestry = [...scope.ancestry, target.slug]
    if (scope.ancestry.includes(target.slug)) throw chainLoop('chain_cycle', 'lead back to themselves', ancestry)
    if (ancestry.length > mostChainDepth)
      throw chainLoop('chain_too_deep', `lie more than ${mostChainDepth} deep`, ancestry)
    const version = findChainVersion(findChain(asked.snapshot, asked.key.tenantId, target.slug), target.version)
    const [cancellation] = this.#untilOver.child(question.cancellation)
    return this.#open({
      slug: target.slug,
      chain: version.compiled(),
      prefix: `${scope.prefix}${step.name}/`,
      ancestry,
      variables,
      messages: step.takesMessages ? scope.messages : undefined,
      answers: scope.answers && scope.chain.answering === step.name,
      live,
      cancellation,
      outputs: new Map(),
    })
  }

  #note(scope: ChainScope, step: CompiledStep, output: StepOutput): void {
    const json = scope.chain.readAsJson.has(step.name) ? jsonOf(output.text) : undefined
    if (json === undefined && scope.chain.readAsJson.has(step.name)) {
      const why = 'its output is not JSON, or too long or too deep to be looked into, so what is read from it is empty'
      this.trace.warn(`${scope.prefix}${step.name}`, [why])
    }
    scope.outputs.set(step.name, json === undefined ? output : { ...output, json })
  }

  #checkBudget({ chain, prefix, slug }: ChainScope, step: CompiledStep): void {
    const { usd } = chain.budget
    if (usd === null) return
    const spent = this.trace.spentUsd(prefix)
    if (spent === null) {
      this.trace.warn(`${prefix}${step.name}`, ['a price is unknown, so the budget in US dollars cannot be held'])
    } else if (spent >= usd) {
      throw overBudget(
        slug,
        `${usd} US dollars (${Number(spent.toPrecision(6))} were spent before step \`${step.name}\`)`,
      )
    }
  }
}

/** What is known of the answer that counts. What it took is in the trace, and warned of there. */
function checkedOf({ checked }: Opened): CheckedAnswer | null {
  return checked === null ? null : { result: () => checked.result(), warnings: () => [], others: [] }
}

/** What a step is asked with. */
interface Question {
  readonly step: CompiledStep
  readonly variables: JsonObject
  /** Its answer goes to the client as it comes. */
  readonly live: boolean
  readonly cancellation: Cancellation
}
