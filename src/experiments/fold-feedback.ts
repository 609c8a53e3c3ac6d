import type { FeedbackRecord } from '../core/feedback.ts'
import type { AssignmentExclusion } from '../core/record.ts'
import { type ExperimentFold, unitOf } from './fold.ts'
import { feedbackCounts } from './exposure.ts'

/** So long feedback waits for its exchange to be recorded. */
export const feedbackWaitsMs = 7 * 86_400_000

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

/** How long after a vain look the next one comes, by the age of what waits. */
const pauses: readonly (readonly [age: number, pause: number])[] = [
  [5 * secondMs, secondMs],
  [minuteMs, 5 * secondMs],
  [10 * minuteMs, minuteMs],
  [2 * hourMs, 10 * minuteMs],
  [feedbackWaitsMs, hourMs],
]

/**
 * When feedback that was given `at` is looked at again; null: it is given up. Most waits for moments only, and what is about
 * an exchange that never was should not be asked for over and over.
 */
export function lookAgainAt(at: number, now: number): number | null {
  const found = pauses.find(([age]) => now - at < age)
  return found === undefined ? null : now + found[1]
}

/** Larger ones count as this: the squares of their sums have to stay numbers. */
export const largestFeedback = 1e15

/** What of a statement counts; null: a text. */
export function numberOfFeedback(value: FeedbackRecord['value']): number | null {
  if (typeof value === 'string') return null
  const number = Number(value)
  return Number.isNaN(number) ? null : Math.min(largestFeedback, Math.max(-largestFeedback, number))
}

/** Feedback with what is known of its exchange. */
export interface FeedbackToFold {
  readonly name: string
  readonly value: number | null
  readonly counted: number | null
  /** null: not recorded yet. */
  readonly exchange: {
    readonly requestId: string
    readonly experiment: string | null
    readonly phase: number | null
    readonly variant: string | null
    readonly unit: string | null
    readonly excluded: AssignmentExclusion | null
  } | null
}

/** What becomes of it: `counted` with what is counted now; `waits`: to be looked at again; `dropped`: it counts nowhere. */
export type FoldedFeedbackFate =
  | { readonly fate: 'counted'; readonly counted: number | null }
  | { readonly fate: 'waits' | 'dropped' }

/** @param foldOf the fold of an experiment; null: there is no such one. */
export function foldFeedback(
  { name, value, counted, exchange }: FeedbackToFold,
  foldOf: (experiment: string) => ExperimentFold | null,
): FoldedFeedbackFate {
  if (exchange === null) return { fate: 'waits' }
  const { experiment, phase, variant, excluded } = exchange
  if (experiment === null || phase === null || variant === null) return { fate: 'dropped' }
  if (!feedbackCounts(excluded) || value === counted) return { fate: 'dropped' }
  const fold = foldOf(experiment)
  if (fold === null) return { fate: 'dropped' }
  const fate = fold.judge({ phase, variant, unit: unitOf(exchange), name, counted, value })
  return fate === 'counted' ? { fate, counted: value } : { fate }
}
