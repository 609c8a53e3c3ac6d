import { openDatabase } from '../../db/open.ts'

/** A process that appends rows to the embedded database of a directory for ever and says each number once it is committed. */
const [, , dataDir = ''] = process.argv
const { sql } = await openDatabase({ databaseUrl: null, dataDir, application: 'appender' })
await sql`create table if not exists public.appended (number int primary key, filler text)`
const [{ last } = { last: 0 }] = await sql<
  { last: number }[]
>`select coalesce(max(number), 0) as last from public.appended`
for (let number = last + 1; ; number++) {
  await sql`insert into public.appended values (${number}, ${'x'.repeat(number % 2000)})`
  process.stdout.write(`${number}\n`)
}
