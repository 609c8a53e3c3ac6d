import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eq } from 'drizzle-orm'
import { parseArray, writeArray } from '../../db/array-text.ts'
import { prompts } from '../../db/schema/index.ts'
import type { Database } from '../../db/open.ts'
import { databaseKinds, scratchDatabase } from '../support/database.ts'

/** Everything PostgreSQL takes as text: no NUL, no half characters. */
const text = fc.string({ unit: 'binary', maxLength: 30 }).map((value) => value.replaceAll('\0', ''))
const hostile = fc.constantFrom('', 'NULL', 'null', '{', '}', ',', '"', '\\', '\\"', ' ', '{}', "'", '\n', 'ä😀')
const texts = fc.array(fc.oneof(text, hostile))

test('the text of an array reads back as it was written', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.oneof(text, hostile))), (values) => {
      expect(parseArray(writeArray(values), (element) => element)).toEqual(values)
    }),
  )
  expect(parseArray('[0:1]={1,NULL}', Number)).toEqual([1, null])
  expect(parseArray('{{1,2},{3,4}}', Number)).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect(() => parseArray('{"a', String)).toThrow(/breaks off/)
})

describe.each(databaseKinds)('values through the %s database', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await scratchDatabase({ kind })
  })
  afterAll(() => database.close())

  test('arrays of text go in and come back the same, as parameters, as sql.array, and through Drizzle', async () => {
    const { sql, drizzle } = database
    await drizzle.insert(prompts).values({ tenantId: 'default', slug: 'values', name: 'Values' })
    await fc.assert(
      fc.asyncProperty(texts, async (values) => {
        const [row] = await sql`select ${values}::text[] as plain, ${sql.array(values)}::text[] as array`
        expect(row).toEqual({ plain: values, array: values })
        await drizzle.update(prompts).set({ tags: values }).where(eq(prompts.slug, 'values'))
        const [prompt] = await drizzle.select({ tags: prompts.tags }).from(prompts).where(eq(prompts.slug, 'values'))
        expect(prompt).toEqual({ tags: values })
      }),
      { numRuns: 40 },
    )
  })

  test('moments keep their millisecond, numbers their digits, JSON its values', async () => {
    const { sql, drizzle } = database
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 253_402_300_799_999 }), async (moment) => {
        await drizzle
          .insert(prompts)
          .values({ tenantId: 'default', slug: 'moment', name: 'Moment', createdAt: moment })
          .onConflictDoUpdate({ target: [prompts.tenantId, prompts.slug], set: { createdAt: moment } })
        const [row] = await drizzle
          .select({ createdAt: prompts.createdAt })
          .from(prompts)
          .where(eq(prompts.slug, 'moment'))
        expect(row).toEqual({ createdAt: moment })
      }),
      { numRuns: 40 },
    )
    const [row] =
      await sql`select ${JSON.stringify({ a: [1.5, null] })}::jsonb as json, ${'9007199254740993'}::bigint as big,
      ${[1, 2]}::int[] as numbers, ${'0.1000'}::numeric as exact, ${null}::text as nothing, ${true} as yes`
    expect(row).toEqual({
      json: { a: [1.5, null] },
      big: '9007199254740993',
      numbers: [1, 2],
      exact: '0.1000',
      nothing: null,
      yes: true,
    })
  })
})
