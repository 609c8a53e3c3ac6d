import { sql } from 'drizzle-orm'
import { text } from 'drizzle-orm/pg-core'
import { instant, promptbox } from './promptbox.ts'

/** Who owns what. One row, `default`, made by the first migration. */
export const tenants = promptbox.table('tenants', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: instant('created_at')
    .notNull()
    .default(sql`now()`),
})
