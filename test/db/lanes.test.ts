import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import postgres from 'postgres'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lastingClient } from '../../db/lasting-client.ts'

/** A server that takes connections and then says nothing, as one does that was stopped, or whose cable was cut. */
let server: Server
const open = new Set<Socket>()
let port = 0

beforeEach(async () => {
  server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address === 'object' && address !== null) port = address.port
})
afterEach(async () => {
  for (const socket of open) socket.destroy()
  server.close()
  await once(server, 'close')
})

function client(silenceMs: number) {
  const make = (options: object) =>
    postgres({ ...options, host: '127.0.0.1', port, username: 'x', database: 'x', max: 1, connect_timeout: 600 })
  return lastingClient(
    { lane: (options) => make(options), listener: () => make({}), maker: () => make({}) },
    { maxConnections: 1, silenceMs, doubtMs: silenceMs / 2 },
  )
}

test('a server that says nothing is given up: statements and transactions fail instead of waiting for ever', async () => {
  const sql = client(100)
  const waiting = [sql`select 1`, sql`select 2`, sql.begin((transaction) => transaction`select 3`)]
  for (const result of await Promise.allSettled(waiting)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION_CLOSED' } })
  }
  await sql.end({ timeout: 0 })
})

test('new statements buy a silent server no more time', async () => {
  const sql = client(300)
  let failed = false
  const first = sql`select 1`.catch(() => (failed = true))
  const more: Promise<unknown>[] = []
  while (!failed) {
    more.push(sql`select 2`.catch(() => {}))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await first
  await sql.end({ timeout: 0 })
  await Promise.all(more)
})
