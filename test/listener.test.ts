import { Hono } from 'hono'
import { expect, it } from 'vitest'
import { type ListenerOptions, listen } from '../src/listener.ts'

const options: ListenerOptions = {
  host: '127.0.0.1',
  port: 0,
  keepAliveTimeoutMs: 1000,
  headersTimeoutMs: 1000,
  requestTimeoutMs: 1000,
}

it('says what to do when the port is taken', async () => {
  const first = await listen(new Hono(), options)
  try {
    await expect(listen(new Hono(), { ...options, port: first.port })).rejects.toThrow(
      `Nothing can be served on 127.0.0.1 port ${first.port}. Another program listens there. Stop it, or set PORT to another port.`,
    )
  } finally {
    await first.close()
  }
})

it('says what to do when the address is not one of this machine', async () => {
  await expect(listen(new Hono(), { ...options, host: '192.0.2.1' })).rejects.toThrow(
    /^Nothing can be served on 192\.0\.2\.1 port 0\. It is no address of this machine\. Set HOST /,
  )
})
