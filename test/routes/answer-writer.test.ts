import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { AnswerWriter } from '../../src/routes/answer-writer.ts'
import { KeepaliveWheel } from '../../src/routes/keepalive-wheel.ts'
import { wireFormOf } from '../../src/routes/wire-form.ts'

const flow = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

it('E08 a stream that was opened without a chunk shows its head and a comment at once', async () => {
  // A wheel that never turns, so that the comment is not the wheel's.
  const wheel = new KeepaliveWheel(3_600_000)
  const server = createServer((_incoming, outgoing) => {
    const writer = new AnswerWriter(outgoing, {
      requestId: 'id',
      earlyHeaders: { 'x-request-id': 'id' },
      form: wireFormOf('chat'),
      wheel,
    })
    writer.head({ status: 200, stream: true, headers: {}, upstreamRequestId: null }, flow)
    writer.started()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const first = await response.body?.getReader().read()
  expect(Buffer.from(first?.value ?? []).toString()).toBe(': keepalive\n\n')
  server.closeAllConnections()
  server.close()
  wheel.stop()
})

it('an answer that is no stream, where one was opened early, breaks off and leaves nothing behind', async () => {
  const wheel = new KeepaliveWheel(3_600_000)
  const server = createServer((_incoming, outgoing) => {
    const writer = new AnswerWriter(outgoing, {
      requestId: 'id',
      earlyHeaders: {},
      form: wireFormOf('audio'),
      wheel,
    })
    writer.openEarly()
    const raw = { contentType: 'audio/mpeg', contentLength: 3 }
    writer.head({ status: 200, stream: false, headers: {}, upstreamRequestId: null, raw }, flow)
    writer.chunk({ json: Buffer.from('abc'), value: {}, usage: null, internal: false })
    writer.end()
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const whole = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`).then((each) => each.text())
  await expect(whole).rejects.toThrow()
  expect(wheel.size).toBe(0)
  server.close()
  wheel.stop()
})
