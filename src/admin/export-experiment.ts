import type { ExperimentStatistics } from '../experiments/statistics.ts'
import type { ExportedUnit, StoredExperiment } from '../store/experiment-port.ts'
import type { Stores } from '../store/ports.ts'
import { statisticsOf } from './read-experiment.ts'

const unitsPerPage = 1_000

/**
 * What was measured, as CSV with a header line, piece by piece: one line for each unit and phase, with sum and count of each
 * metric. The first piece is read before this resolves, so that a database that is away is a fault and no half answer.
 */
export async function exportExperiment(
  stores: Pick<Stores, 'experimentLedger'>,
  stored: StoredExperiment,
  now: number,
): Promise<AsyncIterable<string>> {
  const metrics = metricsOf(await statisticsOf(stores, stored, now), stored)
  const first = await pageAfter(stores, stored, undefined)
  return linesOf(stores, stored, metrics, first)
}

async function* linesOf(
  stores: Pick<Stores, 'experimentLedger'>,
  stored: StoredExperiment,
  metrics: readonly string[],
  first: readonly ExportedUnit[],
): AsyncIterable<string> {
  yield lineOf([
    'unit',
    'phase',
    'variant',
    'first_at',
    'exchanges',
    ...metrics.flatMap((metric) => [`${metric}_sum`, `${metric}_count`]),
  ])
  let page = first
  while (page.length > 0) {
    yield page.map((unit) => lineOf(fieldsOf(unit, metrics))).join('')
    page = page.length < unitsPerPage ? [] : await pageAfter(stores, stored, page.at(-1))
  }
}

function pageAfter(
  { experimentLedger }: Pick<Stores, 'experimentLedger'>,
  { tenantId, slug }: StoredExperiment,
  last: ExportedUnit | undefined,
): Promise<readonly ExportedUnit[]> {
  const after = last === undefined ? undefined : { unit: last.unit, phase: last.phase }
  return experimentLedger.units(tenantId, slug, { limit: unitsPerPage, after })
}

/** Those that have a sum of their own: a ratio and the quality score are made of others. */
function metricsOf({ phases }: ExperimentStatistics, { body }: StoredExperiment): readonly string[] {
  const made = new Set(['quality_score', ...Object.keys(body.ratios ?? {})])
  const measured = phases.flatMap(({ variants }) =>
    Object.values(variants).flatMap((each) => Object.keys(each.metrics)),
  )
  return [...new Set(measured)].filter((metric) => !made.has(metric)).toSorted()
}

function fieldsOf({ unit, phase, variant, firstAt, exchanges, sums }: ExportedUnit, metrics: readonly string[]) {
  const measured = metrics.flatMap((metric) => {
    const sum = Object.hasOwn(sums, metric) ? sums[metric] : undefined
    return sum === undefined ? ['', 0] : [sum.sum, sum.count]
  })
  return [unit, phase, variant, new Date(firstAt).toISOString(), exchanges, ...measured]
}

function lineOf(fields: readonly (string | number)[]): string {
  return `${fields.map(fieldOf).join(',')}\r\n`
}

/** A text that a spreadsheet would take for a formula gets an apostrophe before it. */
function fieldOf(field: string | number): string {
  if (typeof field === 'number') return String(field)
  const harmless = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
