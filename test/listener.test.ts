import { Hono } from 'hono'
import { Agent, request } from 'node:http'
import { expect, it } from 'vitest'
import { listen } from '../src/listener.ts'

const options = {
  host: '127.0.0.1',
  port: 0,
  keepAliveTimeoutMs: 60_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
}

it('closes when the last answer is out, though its client keeps the connection', async () => {
  let arrived = (): void => undefined
  let answer = (): void => undefined
  const hasArrived = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const mayAnswer = new Promise<void>((resolve) => {
    answer = resolve
  })
  const http = new Hono()
  http.get('/', async (context) => {
    arrived()
    await mayAnswer
    return context.text('whole')
  })
  const listener = await listen(http, options)
  const agent = new Agent({ keepAlive: true })
  const text = new Promise<string>((resolve, reject) => {
    const asking = request({ port: listener.port, agent }, (response) => {
      let read = ''
      response.on('data', (piece: Buffer) => {
        read += piece.toString()
      })
      response.on('end', () => {
        resolve(read)
      })
    })
    asking.on('error', reject)
    asking.end()
  })
  await hasArrived
  const closed = listener.close()
  answer()
  expect(await text).toBe('whole')
  await closed
  agent.destroy()
})
