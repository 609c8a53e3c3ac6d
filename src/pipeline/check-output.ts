import type { Cancellation } from '../core/cancellation.ts'
import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import type { OutputCheck } from '../core/record.ts'
import { type OutputRule, longestCheckedText } from '../prompts/validate-output.ts'
import { AnswerTexts } from './answer-texts.ts'
import { askAgain } from './ask-again.ts'
import type { Dispatch } from './cache.ts'
import { AnswerWithheld, type PaidAnswer } from './checked-answer.ts'
import type { Answered, Planned, Target } from './exchange.ts'
import { listenAlong } from './listen-along.ts'
import { type Verdict, verdictOn } from './output-verdict.ts'
import type { AttemptLog } from './send.ts'
import { Tally } from './tally.ts'
import { WithheldAnswer } from './withheld-answer.ts'

export interface OutputCheckSettings {
  /** Of an answer that is kept back, bytes of its chunks as JSON. A longer one counts as a miss. */
  readonly maxHeldBytes: number
  /** Text of one answer kept for the record, characters. */
  readonly keptChars: number
  readonly observe: Observe
}

/** One exchange whose answer is checked. */
interface Checking {
  readonly planned: Planned
  readonly rule: OutputRule
  readonly log: AttemptLog
  readonly cancellation: Cancellation
}

/** An answer that is here whole and that nobody has seen. */
interface Kept {
  readonly answered: Answered
  readonly whole: WithheldAnswer
  readonly verdict: Verdict
}

/**
 * Checks answers against what their version asks of them. What it promises:
 *
 * - Under `flag` nothing is kept from the client: a stream flows, and is judged at its end.
 * - Under `retry` and `error` the client sees no part of an answer before it is judged; an answer that breaks off
 *   meanwhile may fall over to the next target. Silence is filled by the early head and its comments, as with any stream.
 * - `retry` asks the same target once more, with the answer and what is wrong with it. When that comes to nothing the
 *   client gets the first answer, and is told.
 * - Every answer that was given to us is in the record with its tokens and its cost, whatever the client got.
 *
 * A plan without a rule goes through untouched.
 */
export function withOutputCheck(dispatch: Dispatch, settings: OutputCheckSettings): Dispatch {
  return function dispatchChecked(planned, log, cancellation) {
    const rule = planned.output
    if (rule === null) return dispatch(planned, log, cancellation)
    return checked({ planned, rule, log, cancellation })
  }

  async function checked(checking: Checking): Promise<Answered> {
    const { planned, rule, log, cancellation } = checking
    const policy = planned.onOutputMismatch
    // An answer in one piece is here whole anyway, so that its headers can say what was found.
    if (policy === 'flag' && planned.asked.stream) {
      return listenAlong(await dispatch(planned, log, cancellation), rule, settings.observe)
    }
    const others: PaidAnswer[] = []
    const kept = await keepWhole(checking, others)
    if (kept.verdict.miss === null) return given(kept, kept.verdict.result, [], others)
    if (policy === 'error') throw refused(kept, others, cancellation)
    if (policy === 'flag' || kept.whole.isTooLarge) return given(kept, 'mismatch', [kept.verdict.miss.warning], others)
    return askedAgain(checking, kept, others)
  }

  /** A whole answer, of the next target when one breaks off. `others`: takes up those that were paid for in vain. */
  async function keepWhole({ planned, rule, log, cancellation }: Checking, others: PaidAnswer[]): Promise<Kept> {
    let { targets } = planned
    let broken: Broken | null = null
    for (;;) {
      const dispatched: Answered = await dispatch({ ...planned, targets }, log, cancellation).catch(
        (error: unknown) => {
          throw broken === null ? error : withheld(broken, Fault.from(error), others)
        },
      )
      if (broken !== null) others.push(broken)
      const answered = { ...dispatched, planned }
      const whole = new WithheldAnswer(answered.answer, settings.maxHeldBytes)
      const fault = await whole.over
      if (fault === null) return { answered, whole, verdict: judge(rule, planned, whole) }
      broken = { answered, target: answered.target, tally: tallyOf(whole) }
      targets = targetsAfter(targets, answered.target)
      if (cancellation.cancelled || !fault.mayFallOver || targets.length === 0) throw withheld(broken, fault, others)
    }
  }

  /** The answer to a second question, which says what is wrong with the first one; else the first one. */
  async function askedAgain(checking: Checking, first: Kept, others: PaidAnswer[]): Promise<Answered> {
    const { planned, rule, cancellation } = checking
    const { miss } = first.verdict
    const { target } = first.answered
    const again = miss === null ? null : askAgain(target, planned.asked, { ...miss, wanted: rule.wanted })
    const warnings = miss === null ? [] : [miss.warning]
    if (again === null) return given(first, 'mismatch', [...warnings, inConversation], others)
    const firstPaid = { target, tally: tallyOf(first.whole) }
    try {
      const paid = [...others, firstPaid]
      const second = await keepWhole({ ...checking, planned: { ...planned, targets: [again] } }, paid)
      const isGood = second.verdict.result === 'ok'
      const still = second.verdict.miss?.warning ?? notAnAnswer
      const kept = { ...second, answered: { ...second.answered, planned } }
      return given(kept, isGood ? 'repaired' : 'mismatch', isGood ? [] : [`${still}, also when asked again`], paid)
    } catch (error) {
      const paid = error instanceof AnswerWithheld ? [{ target: again, tally: error.tally }] : []
      if (cancellation.fault !== null) {
        throw withheld({ answered: first.answered, ...firstPaid }, cancellation.fault, [...others, ...paid])
      }
      const { kind } = Fault.from(error instanceof AnswerWithheld ? error.fault : error)
      const failed = `asking for it again failed (${kind})`
      return given(first, 'mismatch', [...warnings, failed], [...others, ...paid])
    }
  }

  function tallyOf({ chunks, opening }: WithheldAnswer): Tally {
    const tally = new Tally({ keptChars: settings.keptChars })
    for (const chunk of chunks) tally.add(chunk, opening.stream)
    return tally
  }

  function refused({ answered, whole, verdict }: Kept, others: readonly PaidAnswer[], cancellation: Cancellation) {
    const what = verdict.miss?.sentence ?? 'The answer does not meet the rule of its prompt.'
    const message = `${what} The prompt gives no answer that misses (\`on_output_mismatch\` is \`error\`); its record keeps it.`
    const fault = new Fault('output_mismatch', message, { headers: { 'x-promptbox-output': 'mismatch' } })
    const broken = { answered, target: answered.target, tally: tallyOf(whole) }
    // The rest of an answer that is too long is not waited for; whoever runs the call learns it this way.
    if (whole.isTooLarge) cancellation.cancel(fault)
    return withheld(broken, fault, others, 'mismatch')
  }
}

const inConversation = 'it could not be asked for again: the request goes on in a conversation that the provider keeps'
const notAnAnswer = 'the answer was asked for again and is none that can be checked'

interface Broken extends PaidAnswer {
  readonly answered: Answered
}

function withheld(
  { answered, tally }: Broken,
  fault: Fault,
  others: readonly PaidAnswer[],
  result: OutputCheck | null = null,
): AnswerWithheld {
  const checked = { result: () => result, warnings: () => noWarnings, others }
  return new AnswerWithheld(fault, { ...answered, checked }, tally)
}

const noWarnings: readonly string[] = []

function given(
  { answered, whole }: Kept,
  result: OutputCheck | null,
  warnings: readonly string[],
  others: readonly PaidAnswer[],
): Answered {
  return { ...answered, answer: whole, checked: { result: () => result, warnings: () => warnings, others } }
}

function judge(rule: OutputRule, { asked }: Planned, { chunks, opening, isTooLarge }: WithheldAnswer): Verdict {
  const texts = new AnswerTexts(asked.operation, opening.stream, longestCheckedText)
  for (const chunk of chunks) texts.add(chunk)
  return verdictOn(rule, texts.texts(), isTooLarge)
}

function targetsAfter(targets: readonly Target[], target: Target): readonly Target[] {
  return targets.slice(targets.indexOf(target) + 1)
}
