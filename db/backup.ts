import type { Sql } from 'postgres'
import { backupTables, type BackupTable, logTables, quotedName } from './backup-tables.ts'
import { migrationStatus } from './migrate.ts'

/*
 * A backup is lines of text:
 *
 *   # {"format":"promptbox-backup/1","migration":2,…}     what it is of
 *   # {"table":"prompts","columns":["tenant_id",…]}       the rows that follow are of this table
 *   {"tenant_id":"default",…}                             a row as the database writes it, never read as JSON by us
 *   # {"end":true,"rows":4711}                            it is whole
 *
 * It holds no secret in the clear: keys are hashes, credentials sealed with the encryption key, which is not in it.
 */

export const backupFormat = 'promptbox-backup/1'

export interface BackupOptions {
  /** With the log of exchanges. */
  readonly exchanges: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Rows by table. */
export type RowCounts = Readonly<Record<string, number>>

const mostRowsAtOnce = 500
/** What is read at once may have about as many characters: bodies of exchanges can have millions each. */
export const charactersAtOnce = 8 * 1024 * 1024

/**
 * Writes the whole database down, as of one moment. `write` gets whole lines, with their ends, and is awaited. Throws when
 * the schema is not that of this build.
 */
export async function backUp(
  sql: Sql,
  options: BackupOptions,
  write: (lines: string) => Promise<void>,
): Promise<RowCounts> {
  const { database, build } = await migrationStatus(sql)
  if (database !== build) {
    throw new Error(
      `The database is at migration ${database ?? 'none'}, this build at ${build}. Run \`promptbox migrate up\` first, or use the Promptbox of that database.`,
    )
  }
  const counts: Record<string, number> = {}
  await sql.begin('isolation level repeatable read read only', async (transaction) => {
    await transaction`select set_config('statement_timeout', '0', true)`
    const tables = (await backupTables(transaction)).filter(({ name }) => options.exchanges || !logTables.has(name))
    const header = { format: backupFormat, migration: database, at: new Date(options.at).toISOString() }
    await write(`# ${JSON.stringify({ ...header, exchanges: options.exchanges })}\n`)
    for (const table of tables) {
      await write(`# ${JSON.stringify({ table: table.name, columns: table.columns })}\n`)
      counts[table.name] = await writeRows(table, write, (statement) =>
        transaction.unsafe<{ row: string }[]>(statement),
      )
    }
  })
  const rows = Object.values(counts).reduce((sum, count) => sum + count, 0)
  await write(`# ${JSON.stringify({ end: true, rows })}\n`)
  return counts
}

/** Through a cursor, so that a log of any length fits into memory. */
async function writeRows(
  { name, columns }: BackupTable,
  write: (lines: string) => Promise<void>,
  run: (statement: string) => PromiseLike<readonly { readonly row: string }[]>,
): Promise<number> {
  const list = columns.map(quotedName).join(', ')
  await run(
    `declare backup no scroll cursor for select row_to_json(kept)::text as row from (select ${list} from promptbox.${quotedName(name)}) kept`,
  )
  let count = 0
  let longest = 1
  let fitting = 1
  for (;;) {
    const rows = await run(`fetch ${fitting} from backup`)
    if (rows.length === 0) break
    count += rows.length
    longest = Math.max(longest, ...rows.map(({ row }) => row.length))
    // What comes may be longer than all before, so more are asked for step by step.
    fitting = Math.max(1, Math.min(mostRowsAtOnce, 2 * fitting, Math.floor(charactersAtOnce / longest)))
    await write(rows.map(({ row }) => `${row}\n`).join(''))
  }
  await run('close backup')
  return count
}
