import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { envelopeOf, request, startWire, type Wire } from './support.ts'

const mebi = 1024 * 1024
let wire: Wire
beforeAll(async () => {
  wire = await startWire({ PROMPTBOX_MAX_BODY_BYTES: String(48 * mebi) })
})
afterAll(() => wire.dispose())

function send(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${wire.app.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${wire.app.key}`, 'content-type': 'application/json', ...headers },
    body,
    duplex: 'half',
  })
}

describe('a large body', () => {
  it('D10 of 25 MB, 15 of them a picture, arrives unchanged', async () => {
    const image = `data:image/png;base64,${'iVBORw0KGgo'.repeat(1_500_000)}`
    const content = [
      { type: 'image_url', image_url: { url: image } },
      { type: 'text', text: 'x'.repeat(9_000_000) },
    ]
    const body = JSON.stringify({ ...request, messages: [{ role: 'user', content }] })
    expect(body.length).toBeGreaterThan(25_000_000)
    const response = await wire.app.post('/chat/completions', body)
    expect(response.status).toBe(200)
    await response.text()
    const arrived = wire.openai.requests.at(-1)?.text
    expect(arrived === body.replace('openai/gpt-4o-mini', 'gpt-4o-mini')).toBe(true)
  })

  it('D11 above the limit is a 413, whether its length was announced or not, and the next request works', async () => {
    const announced = await send('x'.repeat(49 * mebi))
    expect(announced.status).toBe(413)
    expect(await envelopeOf(announced)).toMatchObject({ code: 'request_too_large' })
    const chunked = await send(
      new ReadableStream({
        start(controller) {
          for (let piece = 0; piece < 49; piece++) controller.enqueue(new Uint8Array(mebi))
          controller.close()
        },
      }),
    )
    expect(chunked.status).toBe(413)
    expect(await envelopeOf(chunked)).toMatchObject({ code: 'request_too_large' })
    const next = await send(JSON.stringify(request))
    expect(next.status).toBe(200)
    await next.text()
  })
})

describe('a compressed body', () => {
  it('D12 is read', async () => {
    const response = await send(new Uint8Array(gzipSync(JSON.stringify(request))), { 'content-encoding': 'gzip' })
    expect(response.status).toBe(200)
    await response.text()
    const sent = wire.openai.requests.at(-1)
    expect(sent?.json).toEqual({ ...request, model: 'gpt-4o-mini' })
    expect(sent?.headers['content-encoding']).toBeUndefined()
  })

  it('D12 in an unknown way is a 415, a broken one a 400, and a bomb a 413', async () => {
    const unknown = await send('x', { 'content-encoding': 'zstd' })
    expect(unknown.status).toBe(415)
    expect(await envelopeOf(unknown)).toMatchObject({ code: 'unsupported_media_type' })
    const broken = await send('no gzip', { 'content-encoding': 'gzip' })
    expect(broken.status).toBe(400)
    expect((await envelopeOf(broken)).message).toContain('gzip')
    const bomb = await send(new Uint8Array(gzipSync(Buffer.alloc(60 * mebi))), { 'content-encoding': 'gzip' })
    expect(bomb.status).toBe(413)
    await bomb.text()
  })
})
