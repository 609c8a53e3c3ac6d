import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { backUp, charactersAtOnce } from '../../db/backup.ts'
import { ensurePartitionsFor } from '../../db/partitions.ts'
import { type Database, openDatabase } from '../../db/open.ts'
import { restore } from '../../db/restore.ts'
import { createPostgresStores } from '../../src/store/choose.ts'
import { exchangeAt, insertExchanges } from '../db/exchange-rows.ts'
import { actor, metadata, versionBody } from '../store/contract/subject.ts'
import { databaseKinds, embeddedDataDirectory, scratchDatabase, scratchDirectory } from '../support/database.ts'
import { type Home, promptbox } from './support.ts'

// Each command opens the database anew, and making an embedded one takes a machine that has others to run its time.
vi.setConfig({ testTimeout: 60_000 })

/** A home whose database is empty, and the way to look into it while no command runs. */
async function emptyHome(kind: 'embedded' | 'server'): Promise<Home & { dispose(): Promise<void> }> {
  if (kind === 'embedded') {
    const directory = await embeddedDataDirectory({ migrated: false })
    return {
      directory: directory.path,
      environment: { PROMPTBOX_DATA_DIR: '.' },
      dispose: async () => directory.remove(),
    }
  }
  const directory = scratchDirectory()
  const database = await scratchDatabase({ kind, migrated: false })
  if (database.connection.kind !== 'server') throw new Error('a server was asked for')
  return {
    directory: directory.path,
    environment: { DATABASE_URL: database.connection.url },
    dispose: async () => {
      await database.close()
      directory.remove()
    },
  }
}

describe.each(databaseKinds)('the command line on the %s database', (kind) => {
  let home: Awaited<ReturnType<typeof emptyHome>>
  beforeAll(async () => {
    home = await emptyHome(kind)
  })
  afterAll(() => home.dispose())

  test('migrates up, and says where it stands by its exit code', async () => {
    expect(await promptbox(home, 'migrate', 'status')).toMatchObject({ exitCode: 1, error: '' })
    expect((await promptbox(home, 'migrate', 'up', '--json')).json).toMatchObject({ migration: expect.any(Number) })
    expect((await promptbox(home, 'migrate', 'status')).exitCode).toBe(0)
  })

  // Opening the embedded database six times takes longer than it tells.
  test.skipIf(kind === 'embedded')('goes back when that is really meant', async () => {
    await promptbox(home, 'migrate', 'up')
    expect(await promptbox(home, 'migrate', 'back')).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('--yes'),
    })
    expect((await promptbox(home, 'migrate', 'back', '--yes')).exitCode).toBe(0)
    expect((await promptbox(home, 'migrate', 'status', '--json')).json).toMatchObject({ pending: [{}] })
    expect((await promptbox(home, 'migrate', 'up')).exitCode).toBe(0)
  })
})

describe.each(databaseKinds)('a backup of the %s database', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await scratchDatabase({ kind })
    const { prompts, keys } = createPostgresStores(database)
    const body = { ...versionBody('Ünïcode "quotes" \\ {{name}} \u2028'), parameters: { top_p: 0.1, seed: 1e21 } }
    await prompts.create(actor, {
      ...metadata,
      slug: 'reply',
      tags: ['a,b', '{c}'],
      version: body,
      labels: ['production'],
    })
    await prompts.addVersion(actor, 'reply', versionBody('second'))
    await prompts.setLabel(actor, 'reply', 'production', 2, 'better')
    const key = { id: 'k', tenantId: 'default', name: 'CI', hash: 'h', prefix: 'pb', scopes: ['admin'], roles: ['r'] }
    await keys.create(actor, { ...key, expiresAt: null })
    const moments = [Date.UTC(2025, 0, 1, 1), Date.UTC(2025, 5, 2, 2)]
    await ensurePartitionsFor(database.sql, moments)
    await insertExchanges(database.sql, moments.map(exchangeAt))
  })
  afterAll(() => database.close())

  const dump = async (of: Database['sql']) => {
    const tables = [
      'prompts',
      'prompt_versions',
      'prompt_labels',
      'prompt_aliases',
      'events',
      'keys',
      'changes',
      'exchanges',
      'exchange_bodies',
    ]
    return Promise.all(
      tables.map((table) => of.unsafe(`select row_to_json(t)::text as row from promptbox.${table} t order by 1`)),
    )
  }

  test('put into an empty database is the same again, the log too, and goes on from there', async () => {
    let text = ''
    const counts = await backUp(database.sql, { exchanges: true, at: 0 }, async (lines) => void (text += lines))
    expect(counts).toMatchObject({ prompts: 1, prompt_versions: 2, exchanges: 2 })
    const other = await scratchDatabase({ kind, migrated: false })
    try {
      await restore(other.sql, linesOf(text))
      expect(await dump(other.sql)).toEqual(await dump(database.sql))
      const { prompts } = createPostgresStores(other)
      const rolled = await prompts.rollback(actor, 'reply', 'production', null)
      expect(rolled).toMatchObject({ from: 2, to: 1 })
      await expect(restore(other.sql, linesOf(text))).rejects.toThrow(/not empty/)
    } finally {
      await other.close()
    }
  })

  // Millions of characters take the embedded database longer than they tell.
  test.skipIf(kind !== databaseKinds.at(-1))(
    'is read and written in parts that fit into memory, however long the rows are',
    async () => {
      const long = 'x'.repeat(3_000_000)
      const stores = createPostgresStores(database)
      for (let count = 0; count < 6; count++)
        await stores.prompts.addVersion(actor, 'reply', versionBody(`${count}${long}`))
      const parts: string[] = []
      await backUp(database.sql, { exchanges: false, at: 0 }, async (lines) => void parts.push(lines))
      for (const part of parts) expect(part.length).toBeLessThan(2 * charactersAtOnce)
      const other = await scratchDatabase({ kind, migrated: false })
      try {
        expect(await restore(other.sql, linesOf(parts.join('')))).toMatchObject({ prompt_versions: 8 })
        const [last] = await other.sql`select length(body) as length from promptbox.prompt_versions where version = 8`
        expect(last?.['length']).toBeGreaterThan(long.length)
      } finally {
        await other.close()
      }
    },
  )

  test('is refused whole when it is cut short, spoilt, something else or of a newer build', async () => {
    const spoilt: readonly (readonly [string, (text: string) => string, RegExp])[] = [
      ['its end is missing', (text) => text.slice(0, text.lastIndexOf('# ')), /not whole/],
      [
        'a row is missing',
        (text) => text.replace(/\n\{"tenant_id":"default","slug":"reply","version":2[^\n]*/, ''),
        /not whole|foreign key/,
      ],
      ['it is something else', () => 'hello\n', /no backup/],
      ['it is of a newer build', (text) => text.replace(/"migration":\d+/, '"migration":999'), /newer Promptbox/],
    ]
    let text = ''
    await backUp(database.sql, { exchanges: false, at: 0 }, async (lines) => void (text += lines))
    const other = await scratchDatabase({ kind, migrated: false })
    try {
      for (const [what, spoil, message] of spoilt) {
        await expect(restore(other.sql, linesOf(spoil(text))), what).rejects.toThrow(message)
        const [found] = await other.sql`select to_regclass('promptbox.prompts') is null as none`
        if (found?.['none'] === false) expect(await other.sql`select slug from promptbox.prompts`, what).toEqual([])
      }
      // A database in which anything was done is not empty, also where nobody made a prompt.
      await other.sql`insert into promptbox.agents (tenant_id, slug, name) values ('default', 'mailer', 'Mailer')`
      await expect(restore(other.sql, linesOf(text))).rejects.toThrow(/not empty/)
      await other.sql`delete from promptbox.agents`
      // None of them stands in the way of the right one.
      await restore(other.sql, linesOf(text))
    } finally {
      await other.close()
    }
  })
})

test('who only looks makes no database: status, back and backup say that there is none, and leave nothing behind', async () => {
  const directory = scratchDirectory()
  try {
    const home: Home = { directory: directory.path, environment: {} }
    for (const words of [
      ['migrate', 'status'],
      ['migrate', 'back', '--yes'],
      ['backup', 'all.gz'],
    ])
      expect.soft(await promptbox(home, ...words)).toMatchObject({
        exitCode: 4,
        error: expect.stringContaining('PROMPTBOX_DATA_DIR'),
      })
    expect(await readdir(directory.path)).toEqual([])
  } finally {
    directory.remove()
  }
})

test('backup and restore as commands: a file for its owner only, and exit codes for the rest', async () => {
  const [from, to] = [await embeddedDataDirectory(), await embeddedDataDirectory({ migrated: false })]
  try {
    const home = (directory: string): Home => ({ directory, environment: { PROMPTBOX_DATA_DIR: '.' } })
    const database = await openDatabase({ databaseUrl: null, dataDir: from.path, application: 'test' })
    const body = versionBody('one \u2028 two \u2029 three')
    await createPostgresStores(database).prompts.create(actor, {
      ...metadata,
      slug: 'reply',
      version: body,
      labels: [],
    })
    await database.close()
    const file = join(from.path, 'all.gz')
    expect(await promptbox(home(from.path), 'backup', 'all.gz')).toMatchObject({ exitCode: 0 })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(gunzipSync(await readFile(file)).toString()).toContain('promptbox-backup/1')
    const restored = await promptbox(home(to.path), 'restore', file, '--json')
    expect(restored.json).toMatchObject({ rows: { prompt_versions: 1 } })
    expect((await promptbox(home(to.path), 'restore', join(to.path, 'none.gz'))).exitCode).toBe(1)
  } finally {
    from.remove()
    to.remove()
  }
})

test('a database server that is not there is exit 4, with the variable that says where it is', async () => {
  const environment = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }
  for (const words of [
    ['migrate', 'status'],
    ['backup', 'none.gz'],
  ])
    expect(await promptbox({ environment }, ...words)).toMatchObject({
      exitCode: 4,
      error: expect.stringMatching(/^promptbox: The database cannot be reached: .*127\.0\.0\.1:1\. DATABASE_URL says/),
    })
})

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n')
}
