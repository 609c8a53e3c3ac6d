import { injectionWindows } from '../../../src/guardrails/injection/injection.ts'
import { worstReading } from '../../../src/guardrails/injection/score-text.ts'
import { LinearModel } from '../../../src/guardrails/linear/linear-model.ts'
import { normalise } from '../../../src/guardrails/linear/normalise.ts'
import type { Windowing } from '../../../src/guardrails/window-scanner.ts'
import { generatedRows } from './generate-rows.ts'
import { foldOf, type InjectionRow, isForTraining, windowsOf } from './injection-data.ts'
import { type HashedRows, hashRows, trainHashed, type TrainingRow } from './train-linear.ts'

const log2Buckets = 17
/** Stronger than what fits known sources best: a source that was not seen is what counts. */
const options = { log2Buckets, c: 3, passes: 30 } as const

/** Windows of all rows and the generated ones, hashed once for all trainings. */
export interface InjectionTraining {
  readonly hashed: HashedRows
  /** The row each window is of; undefined: generated. */
  readonly owners: readonly (InjectionRow | undefined)[]
}

/** An attack's windows share its weight, as not each of them need be one; every window of a harmless text is harmless. */
export function prepareTraining(rows: readonly InjectionRow[]): InjectionTraining {
  const windows: TrainingRow[] = []
  const owners: (InjectionRow | undefined)[] = []
  for (const row of rows.filter(isForTraining)) {
    const texts = windowsOf(row.text, injectionWindows.input).map(normalise)
    for (const text of texts) {
      windows.push({ text, label: row.label, weight: row.label === 1 ? 1 / texts.length : 1 })
      owners.push(row)
    }
  }
  for (const { text, label } of generatedRows()) {
    windows.push({ text: normalise(text), label })
    owners.push(undefined)
  }
  return { hashed: hashRows(windows, log2Buckets), owners }
}

/** Bytes of a model of all rows but those of one fold. */
export function trainInjection({ hashed, owners }: InjectionTraining, leftOut?: string): Uint8Array {
  const use = owners.flatMap((owner, index) => (owner === undefined || foldOf(owner) !== leftOut ? [index] : []))
  const { weights, bias } = trainHashed(hashed, options, Uint32Array.from(use))
  return LinearModel.bytes(weights, bias)
}

/** The logit of a text: the worst of its windows, read as the guardrail reads them. */
export function logitOf(text: string, model: LinearModel, windowing: Windowing = injectionWindows.input): number {
  return Math.max(...windowsOf(text, windowing).map((window) => worstReading(window, true, model).logit))
}

/** Logits of each row by a model that has not seen its source. */
export function leaveOneSourceOut(
  rows: readonly InjectionRow[],
  training: InjectionTraining,
): Map<InjectionRow, number> {
  const logits = new Map<InjectionRow, number>()
  for (const fold of new Set(rows.map(foldOf))) {
    const model = LinearModel.load(trainInjection(training, fold))
    for (const row of rows) if (foldOf(row) === fold) logits.set(row, logitOf(row.text, model))
  }
  return logits
}

/** The lowest logit that no more than `share` of the harmless rows reach; a share of 0: that none reaches. */
export function logitAt(logits: ReadonlyMap<InjectionRow, number>, share: number): number {
  const harmless = [...logits].filter(([row]) => row.label === 0).map(([, logit]) => logit)
  harmless.sort((one, other) => other - one)
  const allowed = Math.floor(share * harmless.length)
  return Math.ceil(((harmless[allowed] ?? 0) + 0.005) * 100) / 100
}

/**
 * The share that is not exceeded with 95 % confidence when `hits` of `of` were seen: Clopper and Pearson's one-sided upper
 * bound, by halving.
 */
export function upperBound(hits: number, of: number): number {
  if (hits >= of) return 1
  let [low, high] = [hits / of, 1]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (atMost(hits, of, middle) > 0.05) low = middle
    else high = middle
  }
  return high
}

/** The chance of at most `hits` in `of` trials when each hits with `share`. */
function atMost(hits: number, of: number, share: number): number {
  let logTerm = of * Math.log1p(-share)
  let sum = Math.exp(logTerm)
  for (let index = 1; index <= hits; index++) {
    logTerm += Math.log((of - index + 1) / index) + Math.log(share) - Math.log1p(-share)
    sum += Math.exp(logTerm)
  }
  return sum
}
