import type { Sql, TransactionSql } from 'postgres'
import { backupFormat, charactersAtOnce, type RowCounts } from './backup.ts'
import { backupTables, quotedName } from './backup-tables.ts'
import { migrate, migrationStatus } from './migrate.ts'
import { ensurePartitionsWithin } from './partitions.ts'

interface Header {
  readonly format: string
  readonly migration: number
}
interface Section {
  readonly table: string
  readonly columns: readonly string[]
}

const rowsAtOnce = 500

/**
 * Puts a backup into an empty database: all of it or nothing. The schema is brought to the state the backup is of, filled,
 * and then brought to that of this build. Throws when the database holds anything already, the backup is of a newer build,
 * or it is not whole.
 */
export async function restore(sql: Sql, lines: AsyncIterable<string>): Promise<RowCounts> {
  const iterator = lines[Symbol.asyncIterator]()
  const first = await iterator.next()
  const header = readHeader(first.done === true ? '' : first.value)
  const { build } = await migrationStatus(sql)
  if (header.migration > build)
    throw new Error(
      `The backup is of migration ${header.migration}, this build knows up to ${build}. Use a newer Promptbox.`,
    )
  await migrate(sql, { upTo: header.migration })
  await requireEmpty(sql, header.migration)
  const counts = await sql.begin(async (transaction) => {
    await transaction`select set_config('statement_timeout', '0', true)`
    const filled = await fill(transaction, iterator)
    await advanceSequences(transaction)
    return { value: filled }
  })
  await migrate(sql)
  return counts.value
}

function readHeader(line: string): Header {
  const header = headerOf(line)
  if (header === null || header['format'] !== backupFormat || !Number.isInteger(header['migration'])) {
    throw new Error(`This is no backup of Promptbox: its first line does not say "${backupFormat}".`)
  }
  return header as unknown as Header
}

/** null: the line is a row. */
function headerOf(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('# ')) return null
  try {
    return JSON.parse(line.slice(2)) as Readonly<Record<string, unknown>>
  } catch {
    throw new Error('The backup is damaged: a line that begins with # is no JSON.')
  }
}

/** What the first migration and nobody else put there does not count. */
async function requireEmpty(sql: Sql, migration: number): Promise<void> {
  const { database } = await migrationStatus(sql)
  if (database === migration && (await filledTable(sql)) === null) return
  throw new Error(
    'The database is not empty: a backup goes into an empty one only, so that nothing is overwritten or mixed. Name another database or data directory.',
  )
}

/** The first table that has anything, besides the default tenant; null: none has. */
async function filledTable(sql: Sql): Promise<string | null> {
  for (const { name } of await backupTables(sql)) {
    const unless = name === 'tenants' ? `where id <> 'default'` : ''
    const rows = await sql.unsafe(`select from promptbox.${quotedName(name)} ${unless} limit 1`)
    if (rows.length > 0) return name
  }
  return null
}

async function fill(transaction: TransactionSql, lines: AsyncIterator<string>): Promise<Record<string, number>> {
  const known = new Map((await backupTables(transaction)).map((table) => [table.name, table]))
  const counts: Record<string, number> = {}
  let section: Section | null = null
  let rows: string[] = []
  let characters = 0
  let ended: number | null = null

  const flush = async (): Promise<void> => {
    if (section === null || rows.length === 0) return
    if (section.table === 'exchanges' || section.table === 'exchange_bodies')
      await ensurePartitionsWithin(transaction, momentsOf(rows))
    await insertRows(transaction, section, rows)
    counts[section.table] = (counts[section.table] ?? 0) + rows.length
    rows = []
    characters = 0
  }

  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    if (next.value === '') continue
    const header = headerOf(next.value)
    if (header === null) {
      rows.push(next.value)
      characters += next.value.length
      if (rows.length === rowsAtOnce || characters >= charactersAtOnce) await flush()
      continue
    }
    await flush()
    if (header['end'] === true) ended = Number(header['rows'])
    else section = readSection(header, known)
  }
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  if (ended === null || ended !== all)
    throw new Error(
      `The backup is not whole: it has ${all} rows${ended === null ? ' and no end' : `, and says ${ended}`}. Nothing was restored.`,
    )
  return counts
}

function readSection(
  header: Readonly<Record<string, unknown>>,
  known: ReadonlyMap<string, { readonly columns: readonly string[] }>,
): Section {
  const { table, columns } = header
  const there = typeof table === 'string' ? known.get(table) : undefined
  if (typeof table !== 'string' || there === undefined || !Array.isArray(columns))
    throw new Error(`The backup has a table ${JSON.stringify(table)} that its own migration does not know.`)
  const strange = (columns as readonly unknown[]).find((column) => !there.columns.includes(String(column)))
  if (strange !== undefined)
    throw new Error(
      `The backup has a column ${JSON.stringify(strange)} of ${table} that its own migration does not know.`,
    )
  return { table, columns: columns as string[] }
}

async function insertRows(
  transaction: TransactionSql,
  { table, columns }: Section,
  rows: readonly string[],
): Promise<void> {
  const name = `promptbox.${quotedName(table)}`
  const list = columns.map(quotedName).join(', ')
  // The default tenant is there already.
  const unless = table === 'tenants' ? 'on conflict do nothing' : ''
  await transaction.unsafe(
    `insert into ${name} (${list}) overriding system value
      select ${list} from json_populate_recordset(null::${name}, $1::json) ${unless}`,
    [`[${rows.join(',')}]`],
  )
}

/** Of rows of the log. Only the moment is read; the row goes to the database as it is. */
function momentsOf(rows: readonly string[]): readonly number[] {
  return rows.map((row) => Date.parse((JSON.parse(row) as { created_at: string }).created_at))
}

async function advanceSequences(transaction: TransactionSql): Promise<void> {
  for (const { name, counted } of await backupTables(transaction)) {
    for (const column of counted) {
      const table = `promptbox.${quotedName(name)}`
      await transaction.unsafe(
        `select setval(pg_get_serial_sequence('${table.replaceAll("'", "''")}', '${column}'), greatest(max(${quotedName(column)}), 1), max(${quotedName(column)}) is not null) from ${table}`,
      )
    }
  }
}
