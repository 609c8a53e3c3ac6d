import type { Sql, TransactionSql } from 'postgres'

/** A table as a backup sees it. */
export interface BackupTable {
  readonly name: string
  /** Those that are written; what the database works out by itself is not. */
  readonly columns: readonly string[]
  /** Columns whose next value comes from a sequence. */
  readonly counted: readonly string[]
}

/** The log of exchanges: much larger than all the rest. */
export const logTables: ReadonlySet<string> = new Set(['exchanges', 'exchange_bodies'])

/** Of the program itself, and of processes that run now: nobody else's. */
const ownTables: ReadonlySet<string> = new Set(['migrations', 'leases'])

interface ColumnRow {
  readonly table: string
  readonly column: string
  readonly counted: boolean
}

/** All tables of the schema, each after those it refers to. */
export async function backupTables(sql: Sql | TransactionSql): Promise<readonly BackupTable[]> {
  const rows = await sql<ColumnRow[]>`
    select c.relname as table, a.attname as column,
      pg_get_serial_sequence(format('promptbox.%I', c.relname), a.attname) is not null as counted
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where n.nspname = 'promptbox' and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname, a.attnum`
  const references = await sql<{ readonly from: string; readonly to: string }[]>`
    select origin.relname as from, target.relname as to
    from pg_constraint k
    join pg_class origin on origin.oid = k.conrelid
    join pg_class target on target.oid = k.confrelid
    join pg_namespace n on n.oid = origin.relnamespace
    where n.nspname = 'promptbox' and k.contype = 'f' and k.conrelid <> k.confrelid`
  const names = [...new Set(rows.map(({ table }) => table))].filter((name) => !ownTables.has(name))
  return inOrder(names, references).map((name) => {
    const own = rows.filter(({ table }) => table === name)
    return {
      name,
      columns: own.map(({ column }) => column),
      counted: own.filter(({ counted }) => counted).map(({ column }) => column),
    }
  })
}

function inOrder(
  names: readonly string[],
  references: readonly { readonly from: string; readonly to: string }[],
): readonly string[] {
  const done = new Set<string>()
  const visit = (name: string): void => {
    if (done.has(name)) return
    done.add(name)
    for (const { to } of references.filter(({ from }) => from === name)) visit(to)
    ordered.push(name)
  }
  const ordered: string[] = []
  for (const name of names) visit(name)
  return ordered
}

/** A name inside a statement. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
