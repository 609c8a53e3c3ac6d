import type { Finding } from '../../src/guardrails/guardrail.ts'
import type { Judged } from './judge.ts'
import { kindsOfType, structuredTypes } from './span-types.ts'

/** How well what is marked in the texts was found: a finding is right when it overlaps a span of its type. */
export interface SpanMetrics {
  readonly spans: number
  readonly found: number
  /** Findings of the type that overlap no span of it. */
  readonly wrong: number
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
}

/** By the type of the data; `structured` is the sum of those whose form alone tells them. Texts without marks are left out. */
export function spanMetrics(judged: readonly Judged[]): Readonly<Record<string, SpanMetrics>> {
  const byType = Object.fromEntries(
    Object.entries(kindsOfType).map(([type, isKind]) => [type, metricsOfType(judged, type, isKind)]),
  )
  const structured = structuredTypes.map((type) => byType[type]).filter((each) => each !== undefined)
  const sum = (of: (each: SpanMetrics) => number): number => structured.reduce((total, each) => total + of(each), 0)
  return {
    ...byType,
    structured: withRatios(
      sum((each) => each.spans),
      sum((each) => each.found),
      sum((each) => each.wrong),
    ),
  }
}

function metricsOfType(judged: readonly Judged[], type: string, isKind: (kind: string) => boolean): SpanMetrics {
  let marked = 0
  let found = 0
  let wrong = 0
  for (const { row, findings } of judged) {
    if (row.spans === null) continue
    const spans = row.spans.filter((span) => span.type === type)
    const ofType = findings.filter((finding) => isKind(finding.kind))
    marked += spans.length
    found += spans.filter((span) => ofType.some((finding) => overlap(finding, span))).length
    wrong += ofType.filter((finding) => !spans.some((span) => overlap(finding, span))).length
  }
  return withRatios(marked, found, wrong)
}

function overlap(finding: Finding, span: { readonly start: number; readonly end: number }): boolean {
  return finding.start < span.end && finding.end > span.start
}

function withRatios(spans: number, found: number, wrong: number): SpanMetrics {
  const precision = found + wrong === 0 ? null : found / (found + wrong)
  const recall = spans === 0 ? null : found / spans
  const f1 = spans + found + wrong === 0 ? null : (2 * found) / (found + wrong + spans)
  return { spans, found, wrong, precision, recall, f1 }
}
