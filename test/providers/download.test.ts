import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../../src/core/fault.ts'
import { downloadLimits, openDownloads, type DownloadLimits, type WantedFile } from '../../src/providers/download.ts'
import {
  body,
  gzipped,
  hang,
  pieces,
  signal,
  startScriptedUpstream,
  type ScriptedUpstream,
  type Script,
} from '../support/scripted-upstream.ts'

let server: ScriptedUpstream
beforeAll(async () => {
  server = await startScriptedUpstream()
})
afterAll(() => server.close())

const png = { 'content-type': 'image/png' }
const image: Script = body('PNG', 200, png)
const redirect = (location: string): Script => body('', 302, { location })

function wanted(path: string, number = 0): WantedFile {
  const url = path.startsWith('/') ? server.origin + path : path
  return { url, param: `messages[${number}]`, accept: ['image/'] }
}

function fetchAll(
  files: readonly WantedFile[],
  limits: Partial<DownloadLimits> = {},
  signal = new AbortController().signal,
): ReturnType<ReturnType<typeof openDownloads>['fetch']> {
  return openDownloads({ allowPrivate: true, limits: { ...downloadLimits, ...limits } }).fetch(files, signal)
}

async function refused(files: readonly WantedFile[], limits: Partial<DownloadLimits> = {}): Promise<Fault> {
  return fetchAll(files, limits).then(
    () => {
      throw new Error('nothing was refused')
    },
    (fault: Fault) => fault,
  )
}

describe('downloads', () => {
  it('give the bytes as base64 with their media type, by their URL', async () => {
    server.next(image, body('JPG', 200, { 'content-type': 'IMAGE/JPEG; q=1' }))
    const files = await fetchAll([wanted('/a?b=c'), wanted('/d', 1)], { parallel: 1 })
    expect([...files]).toEqual([
      [`${server.origin}/a?b=c`, { mimeType: 'image/png', data: 'UE5H' }],
      [`${server.origin}/d`, { mimeType: 'image/jpeg', data: 'SlBH' }],
    ])
  })

  it('hold no more for all requests together than they may, and take more when the others are done', async () => {
    const downloads = openDownloads({ allowPrivate: true, limits: { ...downloadLimits, maxBytesAtOnce: 3_000 } })
    const started = signal()
    const goOn = signal()
    const slow: Script = async (answer) => {
      answer.head(200, { ...png, 'content-length': '2001' })
      await answer.write(Buffer.alloc(2_000))
      started.give()
      await goOn.reached
      await answer.write(Buffer.alloc(1))
      answer.end()
    }
    const big = body(Buffer.alloc(3_000), 200, png)
    server.next(slow)
    const never = new AbortController().signal
    const first = downloads.fetch([wanted('/slow')], never)
    await started.reached
    server.next(big)
    await expect(downloads.fetch([wanted('/big')], never)).rejects.toMatchObject({ kind: 'unavailable' })
    goOn.give()
    await first
    server.next(big)
    expect((await downloads.fetch([wanted('/big')], never)).size).toBe(1)
  })

  it('follow a redirect, and look at its address as at the first', async () => {
    server.next(redirect('/there'), image)
    expect((await fetchAll([wanted('/here')])).size).toBe(1)
    server.next(redirect('http://169.254.169.254/latest/meta-data'))
    expect(await refused([wanted('/metadata')])).toMatchObject({ kind: 'invalid_request', param: 'messages[0]' })
    server.next(redirect('file:///etc/passwd'))
    expect((await refused([wanted('/file')])).message).toContain('must be an http or https URL')
  })

  it('end a chain of redirects', async () => {
    const before = server.requests.length
    server.next(...Array.from({ length: 4 }, () => redirect('/again')))
    expect((await refused([wanted('/round')])).message).toContain('more than 3 redirects')
    expect(server.requests.length - before).toBe(4)
  })

  it.each([
    ['http://169.254.169.254/'],
    ['http://metadata.google.internal/'],
    ['http://[fe80::1]/'],
    ['http://user:secret@example.com/'],
    ['ftp://example.com/a.png'],
    ['no url'],
  ])('refuse %s without calling it', async (url) => {
    const before = server.requests.length
    const fault = await refused([wanted(url)])
    expect([fault.kind, fault.param, server.requests.length]).toEqual(['invalid_request', 'messages[0]', before])
    expect(fault.message).not.toContain('secret')
  })

  it('make no connection to this machine where private addresses are closed', async () => {
    const closed = openDownloads({ allowPrivate: false })
    const port = new URL(server.origin).port
    const before = server.connections
    for (const host of ['localhost', '127.0.0.1'])
      await expect(
        closed.fetch([wanted(`http://${host}:${port}/a`)], new AbortController().signal),
      ).rejects.toMatchObject({
        kind: 'invalid_request',
      })
    expect(server.connections).toBe(before)
  })

  it.each([
    ['another media type', body('<html>', 200, { 'content-type': 'text/html' })],
    ['no media type', body('PNG')],
    ['an error', body('gone', 404, png)],
    ['no content', body('', 200, png)],
    ['a compressed answer', gzipped('PNG', 200, png)],
    ['an announced length above the limit', body('x'.repeat(101), 200, png)],
    ['more bytes than the limit, unannounced', pieces(['x'.repeat(60), 'x'.repeat(60)], png)],
    ['a connection that breaks', (answer) => answer.reset()],
  ] as readonly (readonly [string, Script])[])('refuse %s', async (_name, script) => {
    server.next(script)
    expect(await refused([wanted('/a')], { maxFileBytes: 100 })).toMatchObject({
      kind: 'invalid_request',
      param: 'messages[0]',
    })
  })

  it('bound the bytes and the number of the files of one request', async () => {
    server.next(image, image)
    const files = [wanted('/a'), wanted('/b', 1)]
    expect((await refused(files, { maxTotalBytes: 5, parallel: 1 })).param).toBe('messages[1]')
    const before = server.requests.length
    expect((await refused(files, { maxFiles: 1 })).param).toBe('messages[1]')
    expect(server.requests.length).toBe(before)
  })

  it('fetch several at a time, but not all', async () => {
    const three = signal()
    let running = 0
    let most = 0
    server.always(async (answer) => {
      running += 1
      most = Math.max(most, running)
      if (running === 3) three.give()
      await three.reached
      answer.head(200, png)
      await answer.write('PNG')
      running -= 1
      answer.end()
    })
    const files = await fetchAll(
      Array.from({ length: 12 }, (_, number) => wanted(`/${number}`, number)),
      { parallel: 3 },
    )
    expect(files.size).toBe(12)
    expect(most).toBe(3)
    server.always(body('no script', 599))
  })

  it('end the others when one fails', async () => {
    server.always((answer) => (answer.request.path === '/bad' ? body('', 500)(answer) : undefined))
    const fault = await refused([wanted('/slow'), wanted('/bad', 1)])
    expect(fault.param).toBe('messages[1]')
    await Promise.all(server.requests.filter(({ path }) => path === '/slow').map(({ closed }) => closed))
    server.always(body('no script', 599))
  })

  it('do not wait for ever', async () => {
    server.next(hang)
    expect((await refused([wanted('/never')], { timeoutMs: 50 })).message).toContain('did not come within 0.05 s')
  })

  it('end when the client hangs up', async () => {
    server.next(hang)
    const controller = new AbortController()
    const fetching = fetchAll([wanted('/hung')], {}, controller.signal)
    const failed = expect(fetching).rejects.toThrow()
    const request = await (async () => {
      for (;;) {
        const next = await server.nextRequest()
        if (next.path === '/hung') return next
      }
    })()
    controller.abort()
    expect(await request.closed).toBe(true)
    await failed
  })

  it('leave no connection behind', async () => {
    server.next(image)
    await fetchAll([wanted('/last')])
    await server.allClosed()
    expect(server.openConnections).toBe(0)
  })
})
