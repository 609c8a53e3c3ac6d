import { once } from 'node:events'
import { openConnection } from '../../../db/connection.ts'
import { createPromptStore } from '../../../src/store/postgres/prompts.ts'
import { writeAsOne } from './write-as-one.ts'

/** One writer in a process of its own: says that it is ready, waits for a word, writes, prints what it did. */
const [url = '', slug = '', writer = ''] = process.argv.slice(2)
const settings = { application: 'promptbox test', connectTimeoutMs: 60_000, statementTimeoutMs: 60_000 }
// One connection for each: fifty of these share what the server has with everybody else.
const { drizzle, close } = openConnection({ kind: 'server', url, settings }, { maxConnections: 1 })
const prompts = createPromptStore(drizzle)
// Connected before it says so, so that all begin together.
await prompts.find('default', slug)
process.stdout.write('ready\n')
await once(process.stdin, 'data')
process.stdout.write(JSON.stringify(await writeAsOne(prompts, slug, Number(writer))))
await close()
process.stdin.destroy()
