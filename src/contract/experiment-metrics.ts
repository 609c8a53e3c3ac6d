/** The metrics of experiments: what each is, which way is good, and what may be a name of one. */

export type MetricKind = 'rate' | 'mean' | 'ratio'
export type Direction = 'increase' | 'decrease'

export interface MetricFacts {
  readonly kind: MetricKind
  /** Which way is better. */
  readonly direction: Direction
  /** Lies within 0 and 1 by nature. */
  readonly bounded: boolean
  /** Has a heavy tail: its unit means are winsorised before they are compared. */
  readonly heavyTailed: boolean
  /** In a sentence: `the success rate`. */
  readonly label: string
}

const rate = (label: string, direction: Direction): MetricFacts => ({
  kind: 'rate',
  direction,
  bounded: true,
  heavyTailed: false,
  label,
})
const amount = (label: string): MetricFacts => ({
  kind: 'mean',
  direction: 'decrease',
  bounded: false,
  heavyTailed: true,
  label,
})
const score = (label: string): MetricFacts => ({
  kind: 'mean',
  direction: 'increase',
  bounded: true,
  heavyTailed: false,
  label,
})

/** Measured by Promptbox itself. `satisfaction`: ratings (1 to 5 as 0 to 1) and thumbs together. */
export const builtInMetrics: Readonly<Record<string, MetricFacts>> = {
  success_rate: rate('the success rate', 'increase'),
  output_valid_rate: rate('the share of answers in the right form', 'increase'),
  guardrail_block_rate: rate('the share of blocked exchanges', 'decrease'),
  latency_ms: amount('the latency'),
  time_to_first_chunk_ms: amount('the time to the first chunk'),
  cost_usd: amount('the cost of an exchange'),
  input_tokens: amount('the number of input tokens'),
  output_tokens: amount('the number of output tokens'),
  quality_score: score('the quality score'),
  satisfaction: score('the satisfaction of users'),
}

/** Feedback with a meaning of its own; any other name is a number, or a yes or no. */
export const feedbackMetrics: Readonly<Record<string, MetricFacts>> = {
  rating: { kind: 'mean', direction: 'increase', bounded: false, heavyTailed: false, label: 'the rating' },
  thumbs: rate('the share of thumbs up', 'increase'),
  accuracy: score('the accuracy'),
  confidence: score('the confidence'),
}

export const metricNamePattern = /^[a-z][a-z0-9_.-]{0,63}$/
export const metricNameRule =
  'must be 1 to 64 lower-case letters, digits, `_`, `.` or `-`, beginning with a letter, such as `success_rate` or `rating`'

/** Facts of a metric that is no ratio; a name nobody knows is feedback, and more of it is better. */
export function metricFacts(name: string): MetricFacts {
  const known = ownFacts(builtInMetrics, name) ?? ownFacts(feedbackMetrics, name)
  return known ?? { kind: 'mean', direction: 'increase', bounded: false, heavyTailed: true, label: `\`${name}\`` }
}

/** What Promptbox measures itself cannot come as feedback. */
export function isMeasured(name: string): boolean {
  return Object.hasOwn(builtInMetrics, name)
}

function ownFacts(facts: Readonly<Record<string, MetricFacts>>, name: string): MetricFacts | undefined {
  return Object.hasOwn(facts, name) ? facts[name] : undefined
}
