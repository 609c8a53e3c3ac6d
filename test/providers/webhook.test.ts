import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type WebhookCall, openWebhooks } from '../../src/providers/webhook.ts'
import {
  type ScriptedUpstream,
  body,
  hang,
  json,
  pieces,
  resetAtOnce,
  startScriptedUpstream,
} from '../support/scripted-upstream.ts'

let server: ScriptedUpstream
beforeAll(async () => {
  server = await startScriptedUpstream()
})
afterAll(() => server.close())

function call(more: Partial<WebhookCall> = {}, allowPrivate = true): ReturnType<ReturnType<typeof openWebhooks>> {
  const url = `${server.origin}/check?of=answers`
  return openWebhooks({ allowPrivate })({ url, body: '{"a":1}', headers: {}, timeoutMs: 10_000, ...more })
}

describe('a webhook', () => {
  it('is asked with POST, JSON and the headers that were given', async () => {
    server.next(json({ passed: true }))
    expect(await call({ headers: { 'x-promptbox-signature': 't=1,v1=00' } })).toEqual({
      status: 200,
      text: '{"passed":true}',
    })
    const request = await server.nextRequest()
    expect(request).toMatchObject({ method: 'POST', path: '/check?of=answers', text: '{"a":1}' })
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'x-promptbox-signature': 't=1,v1=00',
      'user-agent': expect.stringMatching(/^promptbox\//),
    })
    await server.allClosed()
  })

  it('may answer with any status but a redirect, which is not followed', async () => {
    server.next(json({ error: 'x' }, 500))
    expect(await call()).toEqual({ status: 500, text: '{"error":"x"}' })
    const before = server.requests.length
    server.next(body('', 307, { location: `${server.origin}/elsewhere` }))
    expect(await call()).toEqual({ problem: 'it answered with a redirect (HTTP 307), which is not followed' })
    expect(server.requests.length).toBe(before + 1)
  })

  it('is never asked at what is no address of HTTP, and that is no exception', async () => {
    for (const url of ['checks', 'ftp://127.0.0.1/x', 'file:///etc/passwd', 'data:text/plain,x'])
      expect(await call({ url })).toEqual({ problem: expect.stringMatching(/^its address is no/) })
  })

  it('is given up when it hangs, before its answer and within it', async () => {
    server.next(hang, async (answer) => {
      answer.head(200, { 'content-type': 'application/json' })
      await answer.write('{"passed":')
    })
    const late = { problem: 'it did not answer within 50 ms' }
    expect(await call({ timeoutMs: 50 })).toEqual(late)
    expect(await call({ timeoutMs: 50 })).toEqual(late)
    await server.allClosed()
  })

  it('is not read to the end when that is far', async () => {
    server.next(pieces(Array.from({ length: 5_000 }, () => 'x'.repeat(16_384))))
    expect(await call()).toEqual({ problem: 'its answer has more than 65536 bytes' })
    await server.allClosed()
  })

  it('that is not there, or breaks off, is a problem without its address', async () => {
    server.next(resetAtOnce)
    const broken = { problem: 'its server could not be reached or broke off' }
    expect(await call()).toEqual(broken)
    const gone = await startScriptedUpstream()
    await gone.close()
    expect(await call({ url: `${gone.origin}/` })).toEqual(broken)
  })

  it.each([
    'http://localhost:1/',
    'http://127.0.0.1:1/',
    'http://[::1]:1/',
    'http://10.0.0.1/',
    'http://box.internal/',
  ])('at %s is asked only where private addresses may be', async (url) => {
    expect(await call({ url }, false)).toEqual({ problem: expect.stringContaining('must not be called') })
  })

  it.each(['http://169.254.169.254/latest', 'http://metadata.google.internal/', 'http://[fd00:ec2::254]/'])(
    'at %s is never asked',
    async (url) => {
      expect(await call({ url }, true)).toEqual({ problem: expect.stringContaining('must not be called') })
    },
  )
})
