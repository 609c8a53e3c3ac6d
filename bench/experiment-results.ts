import { parseArgs } from 'node:util'
import { resultsOf } from '../src/admin/read-experiment.ts'
import { experimentBodySchema } from '../src/contract/experiment-body.ts'
import { type FoldedAfter, ExperimentFold, noTotals } from '../src/experiments/fold.ts'
import { createPostgresStores } from '../src/store/choose.ts'
import { writeCells, writeTotals } from '../src/store/postgres/fold-rows.ts'
import { type DatabaseKind, databaseKinds, scratchDatabase } from '../test/support/database.ts'

/**
 * How long the results of an experiment take that has ten million exchanges of a million units, milliseconds; the bar is 100. The
 * statistics are those of a sample of the units, multiplied, since they are as many rows and as large whatever they count; the rows
 * of the units are all there.
 *
 *     node --import tsx bench/experiment-results.ts [--units 1000000]      with TEST_DATABASE_URL also on a server
 */
const { values } = parseArgs({ options: { units: { type: 'string', default: '1000000' } } })
const units = Number(values.units)
const exchangesOfEach = 10
const sampled = 20_000
const looks = 41
const tenantId = 'default'
const slug = 'ten-million'
const actor = { tenantId, id: 'bench', name: 'bench' }
const startedAt = Date.UTC(2026, 0, 1)

const body = experimentBodySchema.parse({
  prompt: 'greeting',
  variants: [
    { name: 'control', version: 1 },
    { name: 'warm', version: 2 },
    { name: 'brief', version: 3 },
  ],
  secondary_metrics: ['rating', 'output_tokens', 'time_to_first_chunk_ms'],
  guardrail_metrics: [
    { metric: 'latency_ms', margin: 0.1 },
    { metric: 'cost_usd', margin: 0.1 },
  ],
  planned_units: units * 2,
})

/** The fold of the sample: latencies and costs as they come, from milliseconds to minutes. */
function fold(): FoldedAfter {
  const folding = new ExperimentFold({
    body,
    kind: 'experiment',
    units: [],
    before: new Map(),
    cells: [],
    totals: noTotals,
  })
  for (let unit = 0; unit < sampled; unit++) {
    const variant = body.variants[unit % 3]?.name ?? 'control'
    for (let exchange = 0; exchange < exchangesOfEach; exchange++) {
      const place = ((unit * 7919 + exchange * 104_729) % 10_007) / 10_007
      folding.expose({
        tenantId,
        experiment: slug,
        phase: 1,
        variant,
        unit: `unit-${unit}`,
        requestId: `request-${unit}-${exchange}`,
        at: startedAt + unit,
        excluded: null,
        measures: {
          success_rate: place < 0.93 ? 1 : 0,
          output_valid_rate: 1,
          guardrail_block_rate: place < 0.01 ? 1 : 0,
          latency_ms: 300 / (1.001 - place),
          time_to_first_chunk_ms: 90 / (1.001 - place),
          input_tokens: 200 + Math.floor(place * 3000),
          output_tokens: 20 + Math.floor(place * 900),
          cost_usd: 0.0001 + place * 0.004,
        },
      })
    }
  }
  return folding.result()
}

async function measure(kind: DatabaseKind): Promise<void> {
  const database = await scratchDatabase({ kind })
  try {
    const stores = createPostgresStores(database)
    const phases = [{ number: 1, startedAt, weights: { control: 1, warm: 1, brief: 1 }, units: null }]
    await stores.experiments.create(actor, { slug, kind: 'experiment', body, seed: slug, rollout: null })
    const stored = await stores.experiments.change(actor, slug, () => ({
      status: 'running',
      startedAt,
      phases,
      event: null,
    }))
    const { cells, totals } = fold()
    const times = units / sampled
    const many = cells.map((cell) => ({ ...cell, units: cell.units * times, exchanges: cell.exchanges * times }))
    const row = { tenantId, experiment: slug }
    await writeCells(
      database.drizzle,
      many.map((value) => ({ ...row, value })),
    )
    await writeTotals(database.drizzle, [{ ...row, value: totals }])
    await database.sql`
      insert into promptbox.experiment_units (tenant_id, experiment, unit, phase, variant, first_at, exchanges, sums)
      select ${tenantId}, ${slug}, md5(number::text), 1, 'warm', now(), ${exchangesOfEach}, '{"success_rate": [9, 10]}'
      from generate_series(1, ${units}::int) as number`
    const took: number[] = []
    for (let look = 0; look < looks; look++) {
      const began = performance.now()
      await resultsOf(stores, stored, Date.now())
      took.push(performance.now() - began)
    }
    const sorted = took.toSorted((left, right) => left - right)
    const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1)
    console.log(`${kind}: ${units * exchangesOfEach} exchanges, ${cells.length} rows of statistics`)
    console.log(
      `${kind}: results in ${at(0.5)} ms (median), ${at(0.95)} ms (95th), ${(took[0] ?? 0).toFixed(1)} ms (first)`,
    )
  } finally {
    await database.close()
  }
}

for (const kind of databaseKinds) await measure(kind)
