import { setImmediate as nextTurn } from 'node:timers/promises'
import { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import { GuardrailError, type RemoteQuestion, type RemoteServices } from './remote.ts'

/** How guardrails ask somebody outside this process, whoever that is. */

/** Questions about the parts of one text that are open at the same time. */
const atOnce = 4

/**
 * Waits for `work`, and no longer once `signal` is aborted; aborted already: `work` is not begun.
 *
 * @throws GuardrailError when it was aborted; else what `work` rejects with.
 */
export async function unlessAborted<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  if (signal.aborted) throw givenUp()
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(givenUp())
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work(), aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

const givenUp = (): GuardrailError => new GuardrailError('it was given up before there was a verdict')

/** Asks about each item, a few at a time, and gives the answers in the order of the items. The first error ends it. */
export async function askAboutEach<Item, Answer>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  let next = 0
  let failed = false
  // Writing the question about a long part takes a moment: each begins in a turn of its own, so that others are served.
  let turn: Promise<void> = Promise.resolve()
  const askOn = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      if (index > 0) await (turn = turn.then(() => nextTurn()))
      if (failed) return
      try {
        answers[index] = await ask(items[index] as Item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, askOn))
  return answers
}

/** Longer is no verdict, and not worth the time to read. */
const longestAnswer = 100_000

/** Asks a model, and gives what it said. @throws GuardrailError when it says nothing, for whatever reason, or far too much. */
export async function askModel(
  services: RemoteServices,
  question: RemoteQuestion,
  { body, timeoutMs }: { readonly body: JsonObject; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<string> {
  const { tenantId } = question
  try {
    const { text } = await unlessAborted(signal, () => services.askModel({ tenantId, body, timeoutMs }))
    if (text.length <= longestAnswer) return text
    throw new GuardrailError(`the model answered with more than ${longestAnswer} characters`)
  } catch (error) {
    throw unanswered('the model', error)
  }
}

/** Why nobody answered. What a provider says of an error may repeat the text or name an address, so only its kind is told. */
export function unanswered(who: string, error: unknown): GuardrailError {
  if (error instanceof GuardrailError) return error
  const fault = faultOf(error)
  const why = fault === null ? '' : ` (${fault.kind})`
  return new GuardrailError(`${who} could not be asked${why}`, { cause: error })
}

/** What went wrong in the pipeline, as itself or as the cause of an error of whoever asked it; null: something else did. */
export function faultOf(error: unknown): Fault | null {
  let each: unknown = error
  for (let depth = 0; depth < 4 && each instanceof Error; depth++) {
    if (each instanceof Fault) return each
    each = each.cause
  }
  return null
}
