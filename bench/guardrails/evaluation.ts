import type { Finding } from '../../src/guardrails/guardrail.ts'
import type { Judged, Judgement } from './judge.ts'
import { type Counts, type Metrics, count, metricsOf, noCounts } from './metrics.ts'
import { type SpanMetrics, spanMetrics } from './span-metrics.ts'
import { type EvaluationKind, guardrailOf, isHardNegative, isPositive } from './truth.ts'

/** One way to read findings as a verdict, and how right it was. */
export interface Reading {
  /** `any`; for injection `flag` and `block`; for toxic also `profanity` and `toxic`. */
  readonly verdict: string
  readonly all: Metrics
  readonly bySource: Readonly<Record<string, Metrics>>
  readonly byKind: Readonly<Record<string, Metrics>>
  /** Positives of one tier and all negatives; empty when the data has no tiers. */
  readonly byTier: Readonly<Record<string, Metrics>>
}

/** Texts that look like what is looked for. */
export interface HardNegatives {
  readonly rows: number
  readonly hits: number
}

/** What one evaluation says. */
export interface Evaluation {
  readonly kind: EvaluationKind
  /** Type of the guardrail, with its default settings. */
  readonly guardrail: string
  readonly rows: number
  readonly microsecondsPerKilobyte: number
  readonly readings: readonly Reading[]
  /** For personal data. */
  readonly spans?: Readonly<Record<string, SpanMetrics>>
  /** By kind of the data; empty when it has none. */
  readonly hardNegatives: Readonly<Record<string, HardNegatives>>
}

type Verdict = readonly [name: string, isReported: (findings: readonly Finding[]) => boolean]

const isAny = (findings: readonly Finding[]): boolean => findings.length > 0
/** A finding that a guardrail whose action is to block only flags is below the threshold for blocking. */
const isBlock = (findings: readonly Finding[]): boolean => findings.some(({ flagOnly }) => flagOnly !== true)

const verdicts: Readonly<Record<EvaluationKind, readonly Verdict[]>> = {
  injection: [
    ['flag', isAny],
    ['block', isBlock],
  ],
  pii: [['any', isAny]],
  secrets: [
    ['any', isAny],
    ['block', isBlock],
  ],
  toxic: [
    ['any', isAny],
    // Everything that a word list found; the model has one category of its own.
    ['profanity', (findings) => findings.some(({ kind }) => kind !== 'toxic')],
    ['toxic', (findings) => findings.some(({ kind }) => kind === 'toxic')],
  ],
}

/** Compares what was found with what is known of the texts. */
export function evaluate(kind: EvaluationKind, { judged, microsecondsPerKilobyte }: Judgement): Evaluation {
  return {
    kind,
    guardrail: guardrailOf[kind],
    rows: judged.length,
    microsecondsPerKilobyte,
    readings: verdicts[kind].map((verdict) => readingOf(kind, judged, verdict)),
    ...(kind === 'pii' ? { spans: spanMetrics(judged) } : {}),
    hardNegatives: hardNegativesOf(kind, judged),
  }
}

function readingOf(kind: EvaluationKind, judged: readonly Judged[], [verdict, isReported]: Verdict): Reading {
  const all = noCounts()
  const bySource = new Map<string, Counts>()
  const byKind = new Map<string, Counts>()
  const byTier = new Map<string, Counts>()
  for (const { row } of judged) if (row.tier !== null && isPositive(kind, row)) byTier.set(row.tier, noCounts())
  for (const { row, findings } of judged) {
    const positive = isPositive(kind, row)
    const groups = [all, counted(bySource, sourceOf(row.source)), counted(byKind, row.kind)]
    for (const [tier, counts] of byTier) if (!positive || row.tier === tier) groups.push(counts)
    const reported = isReported(findings)
    for (const counts of groups) count(counts, positive, reported)
  }
  return {
    verdict,
    all: metricsOf(all),
    bySource: metricsBy(bySource),
    byKind: metricsBy(byKind),
    byTier: metricsBy(byTier),
  }
}

/** The repository alone: what the data adds to it in the same text tells files of one source apart. */
export function sourceOf(source: string): string {
  return /^[\w.-]+\/[\w.-]+/.exec(source)?.[0] ?? source
}

function counted(groups: Map<string, Counts>, name: string): Counts {
  const counts = groups.get(name) ?? noCounts()
  groups.set(name, counts)
  return counts
}

function metricsBy(groups: ReadonlyMap<string, Counts>): Record<string, Metrics> {
  const sorted = [...groups].sort(([one], [other]) => one.localeCompare(other))
  return Object.fromEntries(sorted.map(([name, counts]) => [name, metricsOf(counts)]))
}

function hardNegativesOf(kind: EvaluationKind, judged: readonly Judged[]): Record<string, HardNegatives> {
  const groups: Record<string, HardNegatives> = {}
  for (const { row, findings } of judged) {
    if (!isHardNegative(kind, row)) continue
    for (const name of [row.kind, 'all']) {
      const before = groups[name] ?? { rows: 0, hits: 0 }
      groups[name] = { rows: before.rows + 1, hits: before.hits + (findings.length > 0 ? 1 : 0) }
    }
  }
  return groups
}
