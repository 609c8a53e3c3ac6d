import { once } from 'node:events'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import postgres from 'postgres'

/**
 * Prints TEST_DATABASE_URL=… and TEST_REDIS_URL=… for the real services that answer. Where the environment names one it has
 * to answer, else this ends with 1; otherwise the usual local address is tried, and what is missing is said aloud.
 */
const services = [
  {
    what: 'Postgres',
    variable: 'TEST_DATABASE_URL',
    usual: `postgres://${encodeURIComponent(userInfo().username)}@127.0.0.1:5432/postgres`,
    async ask(url) {
      const sql = postgres(url, { max: 1, connect_timeout: 3, onnotice: () => {} })
      try {
        await sql`SELECT 1`
      } finally {
        await sql.end({ timeout: 1 })
      }
    },
  },
  {
    what: 'Redis',
    variable: 'TEST_REDIS_URL',
    usual: 'redis://127.0.0.1:6379',
    async ask(url) {
      const { hostname, port } = new URL(url)
      const socket = connect({ host: hostname, port: Number(port || 6379), timeout: 3_000 })
      socket.on('timeout', () => socket.destroy(new Error('no answer within 3 s')))
      try {
        await once(socket, 'connect')
      } finally {
        socket.destroy()
      }
    },
  },
]

for (const { what, variable, usual, ask } of services) {
  const named = process.env[variable]
  const url = named ?? usual
  try {
    await ask(url)
    console.log(`${variable}=${url}`)
  } catch (error) {
    const reason = error.message || error.code
    if (named === undefined) {
      console.error(
        `\n!!! No ${what} at the usual local address (${reason}): its tests are SKIPPED. Set ${variable} to run them.\n`,
      )
    } else {
      console.error(`\n!!! ${variable} is set, but ${what} does not answer (${reason}).\n`)
      process.exitCode = 1
    }
  }
}
