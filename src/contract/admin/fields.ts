import { z } from 'zod'

/** Fields that several nouns of the admin API share. */

export const instant = z.iso
  .datetime({ offset: true })
  .meta({ description: 'ISO 8601 with time zone.', examples: ['2026-11-20T09:30:00.000Z'] })

export const momentRule = 'must lie in the years 1970 to 9999'

/** A text for people, never empty. */
export function line(maxCharacters: number): z.ZodString {
  return z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(maxCharacters, `must have at most ${maxCharacters} characters`)
}

/** Tags of one prompt. */
export const mostTags = 100

/** A list without repeats. */
export function listOf<Item extends z.ZodType<string>>(item: Item, maxItems: number, description: string) {
  return z
    .array(item)
    .max(maxItems, `must have at most ${maxItems} entries`)
    .refine((items) => new Set(items).size === items.length, 'must not name anything twice')
    .meta({ description })
}

export const reason = line(1000).meta({ description: 'Why, for the timeline.' })

/** A number in a query string. */
export function queryInteger(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d{1,16}$/, rule)
    .transform(Number)
    .pipe(z.int(rule).min(min, rule).max(max, rule))
}

export const queryBoolean = z
  .enum(['true', 'false'], 'must be `true` or `false`')
  .transform((text) => text === 'true')
  .pipe(z.boolean())

export const queryText = z.string().min(1, 'must not be empty').max(512, 'must have at most 512 characters')

export const largestPage = 200
export const defaultPage = 50

/** Query parameters of every list. */
export const pageQuery = {
  limit: queryInteger(1, largestPage)
    .optional()
    .meta({ description: `Rows on one page, 1 to ${largestPage}; ${defaultPage} when left out.` }),
  cursor: queryText.optional().meta({ description: '`next_cursor` of the page before. Left out: the first page.' }),
}

/** One page of a list. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({
    data: z.array(row),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'Pass it as `cursor` for the next page; null on the last.' }),
  })
}

/** What the author of a version should know, though it can be used. */
export const warnings = z
  .array(z.string())
  .meta({ description: 'What may not be as meant, such as a variable that is declared and never used.' })

/** Answer to a removal. */
export const removed = z.object({ id: z.string(), deleted: z.literal(true) }).meta({ id: 'Removed' })
