import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { backUp, type RowCounts } from '../../../db/backup.ts'
import { migrate, migrateBack, migrationStatus } from '../../../db/migrate.ts'
import { restore } from '../../../db/restore.ts'
import { type Command, type Result, CommandError, exitCodes, usageError } from '../command.ts'
import { withDatabase, withExistingDatabase } from '../database-access.ts'
import { textTable } from '../text-table.ts'

const where = [
  'Works on the database in DATABASE_URL, else on the embedded one in PROMPTBOX_DATA_DIR, which has to be stopped for it.',
]

export const migrateUp: Command = {
  name: 'migrate up',
  summary: 'Bring the schema of the database to that of this build',
  details: where,
  run: (_, context) =>
    withDatabase(context, async ({ sql }) => {
      const steps = await migrate(sql, { onApplied: ({ number, name }) => context.say(`step ${number} ${name}`) })
      const { database } = await migrationStatus(sql)
      return {
        json: { steps, migration: database },
        text: `${steps} steps; the database is at migration ${database}.\n`,
      }
    }),
}

export const migrateStatus: Command = {
  name: 'migrate status',
  summary: 'Say where the schema stands; exit 1 when steps are pending',
  details: where,
  run: (_, context) =>
    withExistingDatabase(context, async ({ sql }): Promise<Result> => {
      const status = await migrationStatus(sql)
      const pending = status.pending.map(({ number, name }) => `  pending: ${number} ${name}\n`).join('')
      const text = `The database is at migration ${status.database ?? 'none'}, this build at ${status.build}.\n${pending}`
      return { json: status, text, exitCode: status.pending.length === 0 ? exitCodes.done : exitCodes.negative }
    }),
}

export const migrateDown: Command = {
  name: 'migrate back',
  summary: 'Take the schema back to an earlier migration, before starting an older Promptbox',
  details: [...where, 'What only later migrations know is lost; the log of exchanges is kept, always.'],
  options: {
    to: { type: 'string', value: 'NUMBER', description: 'migration to go back to; left out: one step' },
    yes: { type: 'boolean', description: 'really do it' },
  },
  examples: ['migrate back --to 1 --yes'],
  run: (invocation, context) =>
    withExistingDatabase(context, async ({ sql }) => {
      const { database } = await migrationStatus(sql)
      const to = Number(invocation.value('to') ?? (database ?? 0) - 1)
      if (!Number.isInteger(to)) throw usageError('--to must be the number of a migration.')
      if (!invocation.flag('yes'))
        throw usageError(
          `This takes the schema from migration ${database ?? 'none'} back to ${to} and deletes what only later ones know. Say --yes to do it.`,
        )
      const steps = await migrateBack(sql, to)
      return { json: { steps, migration: to }, text: `${steps} steps back; the database is at migration ${to}.\n` }
    }),
}

export const backupCommand: Command = {
  name: 'backup',
  summary: 'Write the whole database into one file',
  operands: [{ name: 'file' }],
  details: [
    ...where,
    'The file is gzipped text, readable by its owner only. It holds no secret in the clear, and not the encryption key:',
    'keep that apart (PROMPTBOX_ENCRYPTION_KEY, or the file `encryption-key` in the data directory).',
  ],
  options: { exchanges: { type: 'boolean', description: 'with the log of exchanges, which can be large' } },
  examples: ['backup promptbox.backup.gz'],
  run: (invocation, context) =>
    withExistingDatabase(context, async ({ sql }) => {
      const file = resolve(context.directory, invocation.operand('file') ?? '')
      const draft = `${file}.${process.pid}.new`
      const lines = new Transform({ decodeStrings: false })
      lines._transform = (text, _encoding, done) => done(null, text)
      const written = pipeline(lines, createGzip(), createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true }))
      // Awaited below; a file that cannot be written must not end the process before.
      written.catch(() => undefined)
      try {
        const write = async (text: string): Promise<void> => {
          if (lines.destroyed) return written
          if (!lines.write(text)) await Promise.race([new Promise((go) => lines.once('drain', go)), written])
        }
        const counts = await backUp(sql, { exchanges: invocation.flag('exchanges'), at: Date.now() }, write)
        lines.end()
        await written
        await rename(draft, file)
        return countsResult(counts, file)
      } catch (error) {
        lines.destroy()
        await rm(draft, { force: true })
        throw error
      }
    }),
}

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Put a backup into an empty database',
  operands: [{ name: 'file' }],
  details: [
    ...where,
    'All of it or nothing. The database must be empty: nothing is ever overwritten. Give the new one the encryption key',
    'of the old one, else stored provider credentials cannot be opened.',
  ],
  examples: ['restore promptbox.backup.gz'],
  run: (invocation, context) =>
    withDatabase(context, async ({ sql }) => {
      const file = resolve(context.directory, invocation.operand('file') ?? '')
      const counts = await restore(sql, readLines(file))
      return countsResult(counts, file)
    }),
}

/** By line feeds alone: other separators may stand inside a row. */
async function* readLines(file: string): AsyncGenerator<string> {
  const source = createReadStream(file)
  const plain = source.pipe(createGunzip()).setEncoding('utf8')
  source.on('error', (error) => plain.destroy(error))
  let parts: string[] = []
  try {
    for await (const text of plain as AsyncIterable<string>) {
      const [first = '', ...further] = text.split('\n')
      parts.push(first)
      if (further.length === 0) continue
      // Put together once: a row may be longer than many of these texts.
      yield parts.join('')
      parts = [further.pop() ?? '']
      yield* further
    }
  } catch (error) {
    throw new CommandError(
      `${file} cannot be read as a backup: ${error instanceof Error ? error.message : String(error)}`,
      exitCodes.negative,
    )
  }
  const rest = parts.join('')
  if (rest !== '') yield rest
}

function countsResult(counts: RowCounts, file: string): Result {
  const filled = Object.entries(counts).filter(([, count]) => count > 0)
  return { json: { file, rows: counts }, text: `${textTable(['TABLE', 'ROWS'], filled)}\n${file}\n` }
}
