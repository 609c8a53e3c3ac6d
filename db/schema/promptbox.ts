import { customType, pgSchema } from 'drizzle-orm/pg-core'

/** Everything Promptbox owns in a database lives in this one schema; nothing outside it is ever touched. */
export const promptbox = pgSchema('promptbox')

/**
 * A moment as the rest of the house speaks of it: a number of milliseconds since 1970. Stored with exactly that precision,
 * so that a cursor made of the number names one moment and not a whole millisecond of them.
 */
export const instant = customType<{ data: number; driverData: string }>({
  dataType: () => 'timestamp (3) with time zone',
  toDriver: (milliseconds) => new Date(milliseconds).toISOString(),
  fromDriver: (text) => new Date(text).getTime(),
})

/** Words to search in; filled by the database itself, never written and seldom read. */
export const searchWords = customType<{ data: string }>({ dataType: () => 'tsvector' })
