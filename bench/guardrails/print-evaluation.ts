import type { Evaluation, Reading } from './evaluation.ts'
import type { Metrics } from './metrics.ts'
import type { SpanMetrics } from './span-metrics.ts'

/** The evaluation as tables for a person. */
export function printed(evaluation: Evaluation): string {
  const { guardrail, rows, microsecondsPerKilobyte, readings, spans, hardNegatives } = evaluation
  const parts = [
    `Guardrail ${guardrail} with its default settings on ${rows} texts: ${microsecondsPerKilobyte.toFixed(1)} µs per KB.`,
    ...readings.map(readingOf),
  ]
  if (spans !== undefined) parts.push(spansOf(spans))
  if (Object.keys(hardNegatives).length > 0)
    parts.push(
      table(
        ['hard negatives', 'texts', 'hits', 'share'],
        Object.entries(hardNegatives).map(([name, { rows, hits }]) => [
          name,
          String(rows),
          String(hits),
          percent(hits / rows, 1),
        ]),
      ),
    )
  parts.push(
    'FPR: share of the texts to be left alone that were reported; <=: upper end of its 95 % interval (Clopper-Pearson, two-sided).',
  )
  return `${parts.join('\n\n')}\n`
}

const metricHeads = ['texts', 'positive', 'precision', 'recall', 'F1', 'FPR', 'FPR <=']

function readingOf({ verdict, all, bySource, byKind, byTier }: Reading): string {
  const rows = [
    metricRow('all', all),
    ...Object.entries(byTier).map(([tier, metrics]) => metricRow(`tier ${tier}`, metrics)),
    ...Object.entries(byKind).map(([kind, metrics]) => metricRow(`kind ${kind}`, metrics)),
    ...Object.entries(bySource).map(([source, metrics]) => metricRow(`from ${source}`, metrics)),
  ]
  return table([`verdict: ${verdict}`, ...metricHeads], rows)
}

function metricRow(name: string, metrics: Metrics): string[] {
  return [
    name,
    String(metrics.rows),
    String(metrics.positives),
    figure(metrics.precision),
    figure(metrics.recall),
    figure(metrics.f1),
    percent(metrics.falsePositiveRate, 2),
    percent(metrics.falsePositiveRateUpper, 2),
  ]
}

function spansOf(spans: Readonly<Record<string, SpanMetrics>>): string {
  return table(
    ['spans by type', 'marked', 'found', 'wrong', 'precision', 'recall', 'F1'],
    Object.entries(spans).map(([type, each]) => [
      type,
      String(each.spans),
      String(each.found),
      String(each.wrong),
      figure(each.precision),
      figure(each.recall),
      figure(each.f1),
    ]),
  )
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(3)
}

function percent(value: number | null, digits: number): string {
  return value === null ? '-' : `${(value * 100).toFixed(digits)} %`
}

const mostNameChars = 48

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, ...rows].map(([name = '', ...cells]) => [name.slice(0, mostNameChars), ...cells])
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n')
}
