import { Client } from 'undici'
import { promptboxVersion } from '../core/version.ts'
import { guardedLookup, mayCall, reasonUnreached } from './guarded-lookup.ts'

/** A question to a server of the operator's, as JSON. */
export interface WebhookCall {
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /** From connecting to the last byte, milliseconds. */
  readonly timeoutMs: number
}

export type WebhookAnswer =
  | { readonly status: number; readonly text: string }
  /** A clause without addresses: what an author may learn of the network is nothing. */
  | { readonly problem: string }

/** Asks once. Never rejects. */
export type CallWebhook = (call: WebhookCall) => Promise<WebhookAnswer>

const maxAnswerBytes = 64 * 1024

/** Calls webhooks, at public addresses only unless private ones are allowed; no redirect is followed. */
export function openWebhooks({ allowPrivate }: { readonly allowPrivate: boolean }): CallWebhook {
  const lookup = guardedLookup(allowPrivate)
  return async function callWebhook({ url: address, body, headers, timeoutMs }) {
    if (!URL.canParse(address)) return { problem: 'its address is no URL' }
    const url = new URL(address)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return { problem: 'its address is not one of HTTP' }
    if (!mayCall(url.hostname, allowPrivate)) {
      return {
        problem:
          'its address must not be called: it is this machine, a private network (PROMPTBOX_ALLOW_PRIVATE_URLS=on allows it) or a metadata service',
      }
    }
    const signal = AbortSignal.timeout(timeoutMs)
    // One connection for one call: nothing is kept towards addresses that authors chose.
    const client = new Client(url.origin, {
      pipelining: 0,
      maxHeaderSize: 16 * 1024,
      connect: { lookup, timeout: timeoutMs },
    })
    try {
      const response = await client.request({
        method: 'POST',
        path: url.pathname + url.search,
        headers: {
          'user-agent': `promptbox/${promptboxVersion}`,
          'content-type': 'application/json',
          accept: 'application/json',
          'accept-encoding': 'identity',
          ...headers,
        },
        body,
        signal,
      })
      // What is left unread ends with the connection, which is nobody's error.
      response.body.on('error', () => undefined)
      if (response.statusCode >= 300 && response.statusCode < 400)
        return { problem: `it answered with a redirect (HTTP ${response.statusCode}), which is not followed` }
      return await read(response.statusCode, response.body as AsyncIterable<Buffer>)
    } catch (error) {
      return { problem: signal.aborted ? `it did not answer within ${timeoutMs} ms` : reasonUnreached(error) }
    } finally {
      await client.destroy()
    }
  }
}

async function read(status: number, body: AsyncIterable<Buffer>): Promise<WebhookAnswer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    if (bytes > maxAnswerBytes) return { problem: `its answer has more than ${maxAnswerBytes} bytes` }
    parts.push(part)
  }
  return { status, text: Buffer.concat(parts).toString('utf8') }
}
