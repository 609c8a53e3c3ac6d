import { and, desc, eq, getTableColumns, inArray, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { promptVersions, testRuns } from '../../../db/schema/index.ts'
import type { CaseResult } from '../../contract/test-run.ts'
import type { JsonObject } from '../../core/json.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import { noVersion } from '../faults.ts'
import { cleanStrings } from '../storable-record.ts'
import type { TestRun, TestRunRow, TestRunStore } from '../test-run-port.ts'
import { withFaults } from './database-errors.ts'
import { type Transaction, write } from './transaction.ts'

const { result, tenantId: _, ...rowColumns } = getTableColumns(testRuns)

/** What is kept in one column: read only when the whole run is. */
interface StoredResult {
  readonly threshold: number
  readonly cases: readonly CaseResult[]
}

export function createTestRunStore(database: Drizzle): TestRunStore {
  return {
    add: (actor, run, keep) =>
      write(database, async (transaction) => {
        const { threshold, cases, ...columns } = run
        const { tenantId } = actor
        const [version] = await transaction
          .select({ version: promptVersions.version })
          .from(promptVersions)
          .where(
            and(
              eq(promptVersions.tenantId, tenantId),
              eq(promptVersions.slug, run.slug),
              eq(promptVersions.version, run.version),
            ),
          )
        if (version === undefined) throw noVersion(run.slug, run.version)
        // A hostile answer must not keep its run from being kept.
        const stored = cleanStrings({ threshold, cases }) as JsonObject
        const createdAt = sql`clock_timestamp()`
        const [row] = await transaction
          .insert(testRuns)
          .values({ ...columns, tenantId, result: stored, createdBy: actor.id, createdAt })
          .returning({ ...rowColumns, result })
        if (row === undefined) throw noVersion(run.slug, run.version)
        await prune(transaction, { tenantId, slug: run.slug, version: run.version }, keep)
        return { value: toRun(row), changed: null }
      }),

    list: (tenantId, slug, { version, limit, cursor }) =>
      withFaults(async () => {
        const rows = await database
          .select(rowColumns)
          .from(testRuns)
          .where(
            and(
              eq(testRuns.tenantId, tenantId),
              eq(testRuns.slug, slug),
              version === undefined ? undefined : eq(testRuns.version, version),
              cursor === undefined ? undefined : before(cursor),
            ),
          )
          .orderBy(...newestFirst)
          .limit(limit + 1)
        return toPage(rows, limit, toRow, (last) => writeCursor('test-runs', last.createdAt, last.id))
      }),

    find: (tenantId, slug, id) =>
      withFaults(async () => {
        const [row] = await database
          .select({ ...rowColumns, result })
          .from(testRuns)
          .where(and(eq(testRuns.tenantId, tenantId), eq(testRuns.slug, slug), eq(testRuns.id, id)))
        return row === undefined ? null : toRun(row)
      }),

    newestComplete: (tenantId, slug, version) =>
      withFaults(async () => {
        const [row] = await database
          .select(rowColumns)
          .from(testRuns)
          .where(and(isOf({ tenantId, slug, version }), eq(testRuns.complete, true)))
          .orderBy(...newestFirst)
          .limit(1)
        return row === undefined ? null : toRow(row)
      }),
  }
}

interface VersionKey {
  readonly tenantId: string
  readonly slug: string
  readonly version: number
}

const isOf = ({ tenantId, slug, version }: VersionKey) =>
  and(eq(testRuns.tenantId, tenantId), eq(testRuns.slug, slug), eq(testRuns.version, version))

const newestFirst = [desc(testRuns.createdAt), desc(sql`${testRuns.id} collate "C"`)] as const

function before(cursor: string) {
  const [at, id] = readCursor('test-runs', cursor, ['moment', 'text'])
  const createdAt = sql`${sql.param(at, testRuns.createdAt)}::timestamptz`
  return sql`(${testRuns.createdAt}, ${testRuns.id} collate "C") < (${createdAt}, ${id} collate "C")`
}

/** What is beyond the newest goes, but for the newest complete one. */
async function prune(transaction: Transaction, key: VersionKey, keep: number): Promise<void> {
  const runs = await transaction
    .select({ id: testRuns.id, complete: testRuns.complete })
    .from(testRuns)
    .where(isOf(key))
    .orderBy(...newestFirst)
  const proof = runs.find(({ complete }) => complete)
  const gone = runs.slice(keep).filter((run) => run !== proof)
  if (gone.length === 0) return
  const ids = gone.map(({ id }) => id)
  await transaction.delete(testRuns).where(and(eq(testRuns.tenantId, key.tenantId), inArray(testRuns.id, ids)))
}

type Row = Omit<typeof testRuns.$inferSelect, 'result' | 'tenantId'>

function toRow(row: Row): TestRunRow {
  return { ...row, trigger: row.trigger as TestRun['trigger'] }
}

function toRun({ result, ...row }: Row & { readonly result: JsonObject }): TestRun {
  return { ...toRow(row), ...(result as unknown as StoredResult) }
}
