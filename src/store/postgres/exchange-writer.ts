import type { Sql, TransactionSql } from 'postgres'
import { ensurePartitionsFor } from '../../../db/partitions.ts'
import type { ExchangeRecord } from '../../core/record.ts'
import { databaseAway } from '../faults.ts'
import type { ExchangeWriter } from '../ports.ts'
import { exposureOf } from '../../experiments/exposure.ts'
import { type GuardrailCount, countGuardrails } from '../guardrail-results.ts'
import { RecordsRefused, type RefusedRecord } from '../refused-records.ts'
import { storableRecord, whyNever } from '../storable-record.ts'
import { plainArray, textArray } from './array-literal.ts'
import { databaseErrorOf, isDatabaseAway, isDataRefused } from './database-errors.ts'
import { bodyColumns, exchangeColumns, exposureColumns, hourColumns, type Column } from './exchange-columns.ts'

const dayMs = 86_400_000

/**
 * Writes batches of records, each in one transaction with one statement for the rows and one for the bodies, which take every
 * column as one array: the statement's text is the same for every size of batch. Records that are there already stay as they
 * are; what guardrails said of the others is added to the counts by the hour in the same transaction, and those of experiments
 * leave an event to be counted. A record that the database refuses for what is in it does not hold up the others: throws `RecordsRefused` when they
 * are committed. Fault `unavailable` when the database is away: nothing of the batch is certain then, write it again.
 */
export function createExchangeWriter(sql: Sql): ExchangeWriter {
  const knownDays = new Set<number>()

  async function ensureDays(records: readonly ExchangeRecord[]): Promise<void> {
    const days = new Set(records.map((record) => Math.floor(record.createdAt / dayMs)))
    const unknown = [...days].filter((day) => !knownDays.has(day))
    if (unknown.length === 0) return
    await ensurePartitionsFor(
      sql,
      unknown.map((day) => day * dayMs),
    )
    for (const day of unknown) knownDays.add(day)
  }

  async function insert(records: readonly ExchangeRecord[]): Promise<number> {
    await ensureDays(records)
    const withBodies = records.filter((record) => record.bodies !== null)
    const isCounted = (record: ExchangeRecord) =>
      record.guardrailResults !== undefined || record.assignment !== undefined
    const counted = records.filter(isCounted)
    return sql.begin(async (transaction) => {
      // Not awaited one by one: both statements travel together.
      const [rows] = await Promise.all([
        insertInto(
          transaction,
          'exchanges',
          exchangeColumns,
          records,
          counted.length === 0 ? '' : 'returning request_id',
        ),
        withBodies.length === 0 ? null : insertInto(transaction, 'exchange_bodies', bodyColumns, withBodies),
      ])
      const news = newOf(counted, rows)
      const exposures = news.flatMap((record) => exposureOf(record) ?? [])
      if (exposures.length > 0) await insertInto(transaction, 'experiment_events', exposureColumns, exposures)
      // Last, because other writers wait for these rows until the commit.
      const counts = countGuardrails(news)
      if (counts.length > 0) await addToHours(transaction, counts)
      return rows.count
    })
  }

  /** As much of these as the database takes; what it does not take goes to `refused`. */
  async function insertWhatFits(records: readonly ExchangeRecord[], refused: RefusedRecord[]): Promise<number> {
    try {
      return await insert(records)
    } catch (error) {
      const found = databaseErrorOf(error)
      if (found === null || !isDataRefused(found)) throw error
      // The reason may be a partition that was dropped since.
      knownDays.clear()
      const [first] = records
      if (records.length === 1 && first !== undefined) return insertAlone(first, refused)
      const middle = Math.ceil(records.length / 2)
      const written = await insertWhatFits(records.slice(0, middle), refused)
      return written + (await insertWhatFits(records.slice(middle), refused))
    }
  }

  async function insertAlone(record: ExchangeRecord, refused: RefusedRecord[]): Promise<number> {
    try {
      return await insert([record])
    } catch (error) {
      const found = databaseErrorOf(error)
      if (found === null || !isDataRefused(found)) throw error
      refused.push({ requestId: record.requestId, reason: found.error.message })
      return 0
    }
  }

  return {
    async write(records) {
      const refused: RefusedRecord[] = []
      const good: ExchangeRecord[] = []
      for (const record of records) {
        const reason = whyNever(record)
        if (reason === null) good.push(storableRecord(record))
        else refused.push({ requestId: record.requestId, reason })
      }
      // One order for all writers, so that two with the same records wait for each other instead of locking each other out.
      good.sort((one, other) => (one.requestId < other.requestId ? -1 : 1))
      const written = good.length === 0 ? 0 : await insertWhatFits(good, refused).catch(rethrow)
      if (refused.length > 0) throw new RecordsRefused(refused, written)
      return written
    },
  }
}

function rethrow(error: unknown): never {
  const found = databaseErrorOf(error)
  throw found !== null && isDatabaseAway(found) ? databaseAway(found.error) : error
}

/** Those of the records whose rows the database did not have: what is written again is not counted again. */
function newOf(records: readonly ExchangeRecord[], inserted: readonly unknown[]): readonly ExchangeRecord[] {
  const ids = new Set((inserted as readonly { readonly request_id: string }[]).map((row) => row.request_id))
  // Each id once, though a batch may have a record twice.
  return records.filter((record) => ids.delete(record.requestId.toLowerCase()))
}

function addToHours(transaction: TransactionSql, counts: readonly GuardrailCount[]) {
  const names = hourColumns.map(({ name }) => name).join(', ')
  const text = `insert into promptbox.guardrail_hours as hours (${names}) ${selection(hourColumns)}
    on conflict (tenant_id, hour, guardrail, stage, verdict, mode) do update set count = hours.count + excluded.count`
  return transaction.unsafe(text, parametersOf(hourColumns, counts), { prepare: true })
}

function insertInto<Row>(
  transaction: TransactionSql,
  table: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  ending = '',
) {
  const names = columns.map(({ name }) => name).join(', ')
  const text = `insert into promptbox.${table} (${names}) ${selection(columns)} on conflict do nothing ${ending}`
  return transaction.unsafe(text, parametersOf(columns, rows), { prepare: true })
}

function parametersOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  return columns.map(({ type, of }) =>
    type === 'text' ? textArray(rows.map(of) as (string | null)[]) : plainArray(rows.map(of)),
  )
}

/** The rows that the parameters hold, one array for each column. */
function selection(columns: readonly Column<never>[]): string {
  const names = columns.map(({ name }) => name).join(', ')
  const values = columns.map(({ name, cast }) => (cast === undefined ? name : `${name}::${cast}`)).join(', ')
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ')
  return `select ${values} from unnest(${arrays}) as row (${names})`
}
