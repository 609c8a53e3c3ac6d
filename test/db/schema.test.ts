import { sql as statement } from 'drizzle-orm'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../../db/open.ts'
import { changes, changesChannel, events, promptVersions, prompts } from '../../db/schema/index.ts'
import { databaseKinds, emptyDatabase, scratchDatabase } from '../support/database.ts'

describe.each(databaseKinds)('the schema on the %s database', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await scratchDatabase({ kind, maxConnections: 4 })
  })
  beforeEach(() => emptyDatabase(database))
  afterAll(() => database.close())

  const prompt = (slug: string, more: Partial<typeof prompts.$inferInsert> = {}) =>
    database.drizzle.insert(prompts).values({ tenantId: 'default', slug, name: slug, ...more })
  const version = (more: Partial<typeof promptVersions.$inferInsert> = {}) =>
    database.drizzle.insert(promptVersions).values({
      tenantId: 'default',
      slug: 'reply',
      version: 1,
      status: 'draft',
      body: '{}',
      hash: 'h',
      createdBy: 'admin',
      ...more,
    })

  test('every table has a tenant, and every moment a time zone', async () => {
    const tables = await database.sql`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'promptbox' and c.relkind in ('r', 'p') and c.relname not in ('migrations', 'tenants')
        and not exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id')`
    expect(tables).toEqual([])
    const columns = await database.sql`
      select table_name, column_name, data_type from information_schema.columns
      where table_schema = 'promptbox' and data_type in ('timestamp without time zone', 'character varying', 'date', 'money')`
    expect(columns).toEqual([])
  })

  test('a prompt is found by words of its slug, name, tags and description, in any form', async () => {
    await prompt('topic_extraction.v2', {
      name: 'Topic extraction',
      description: 'Names what a text talks about',
      tags: ['Über-Text'],
    })
    await prompt('other')
    const find = async (q: string): Promise<string[]> => {
      const rows = await database.drizzle
        .select({ slug: prompts.slug })
        .from(prompts)
        .where(
          statement`${prompts.search} @@ (websearch_to_tsquery('simple', ${q}) || websearch_to_tsquery('english', ${q}))`,
        )
      return rows.map(({ slug }) => slug)
    }
    for (const q of ['topic', 'extraction', 'extract', 'talking', 'über', 'topic_extraction.v2', 'text names']) {
      expect(await find(q), q).toEqual(['topic_extraction.v2'])
    }
    expect(await find('nothing')).toEqual([])
    await database.drizzle
      .update(prompts)
      .set({ tags: ['renamed'] })
      .where(statement`slug = 'other'`)
    expect(await find('renamed')).toEqual(['other'])
  })

  test('a version is kept to the letter and cannot be changed or deleted; only its status moves', async () => {
    await prompt('reply')
    const body = '{ "b": 1.0, "a": "\\u0000", "n": 12345678901234567890, "a2": "\\ud800" }'
    await version({ body })
    const [kept] = await database.drizzle.select({ body: promptVersions.body }).from(promptVersions)
    expect(kept?.body).toBe(body)
    await database.drizzle.update(promptVersions).set({ status: 'approved' })
    for (const change of [{ body: '{"x":1}' }, { hash: 'other' }, { changeNote: 'later' }, { version: 2 }]) {
      await expect(database.drizzle.update(promptVersions).set(change)).rejects.toMatchObject({
        cause: { message: 'version 1 of prompt reply is immutable' },
      })
    }
    await expect(database.sql`delete from promptbox.prompt_versions`).rejects.toThrow(/immutable/)
  })

  test('numbers and semantic versions are taken once; a body is a JSON object', async () => {
    await prompt('reply')
    await version({ semver: '1.0.0' })
    await expect(version()).rejects.toMatchObject({ cause: { constraint_name: 'prompt_versions_pkey' } })
    await expect(version({ version: 2, semver: '1.0.0' })).rejects.toMatchObject({
      cause: { constraint_name: 'prompt_versions_semver_key' },
    })
    await version({ version: 2 })
    await version({ version: 3 })
    await expect(version({ version: 4, body: '[]' })).rejects.toMatchObject({
      cause: { constraint_name: 'prompt_versions_body_check' },
    })
    await expect(version({ version: 0 })).rejects.toMatchObject({
      cause: { constraint_name: 'prompt_versions_version_check' },
    })
  })

  test('the audit trail can only grow', async () => {
    await database.drizzle.insert(events).values({
      tenantId: 'default',
      noun: 'prompt',
      nounId: 'reply',
      event: 'prompt_created',
      actorId: 'admin',
      actorName: 'Admin',
    })
    await expect(database.sql`update promptbox.events set reason = 'other'`).rejects.toThrow(/append only/)
    await expect(database.sql`delete from promptbox.events`).rejects.toThrow(/append only/)
  })

  const change = { noun: 'prompt', tenantId: 'default', nounId: 'reply' } as const

  test.runIf(kind === 'server')(
    'changes become visible in the order of their numbers, though their transactions overlap',
    async () => {
      const { drizzle, sql } = database
      const seen = async (): Promise<number> =>
        Number((await sql`select coalesce(max(seq), 0) as seq from promptbox.changes`)[0]?.['seq'])
      const before = await seen()
      let secondDone = false
      let second: Promise<unknown> = Promise.resolve()
      await drizzle.transaction(async (first) => {
        await first.insert(changes).values(change)
        second = drizzle
          .transaction((transaction) => transaction.insert(changes).values(change))
          .then(() => (secondDone = true))
        // The second one has arrived and waits.
        await expect
          .poll(
            async () =>
              (await sql`select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted`)[0]?.[
                'n'
              ],
          )
          .toBe(1)
        expect(secondDone).toBe(false)
        expect(await seen()).toBe(before)
      })
      await second
      expect(await seen()).toBe(before + 2)
    },
  )

  test.runIf(kind === 'server')('whoever listens hears of a change when it is committed', async () => {
    let heard = (): void => {}
    const notice = new Promise<void>((resolve) => (heard = resolve))
    await database.sql.listen(changesChannel, () => heard())
    await database.drizzle.transaction((transaction) => transaction.insert(changes).values(change))
    await notice
  })
})
