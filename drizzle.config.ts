import { defineConfig } from 'drizzle-kit'

/** For `npx drizzle-kit generate`, which compares `db/schema` with the last snapshot and needs no database. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './db/schema/index.ts',
  out: './db/migrations',
  schemaFilter: ['promptbox'],
})
