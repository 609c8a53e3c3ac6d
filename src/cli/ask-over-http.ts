import { type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { text } from 'node:stream/consumers'

export interface HttpQuestion {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** From connecting to the last byte, milliseconds. */
  readonly timeoutMs: number
}

/**
 * Asks once and reads the whole answer; no redirect is followed. Not `fetch`: that gives up after five minutes without an
 * answer, whatever its signal says, and a run of test cases or a large import may take longer.
 */
export async function askOverHttp({
  method,
  url,
  headers,
  body,
  timeoutMs,
}: HttpQuestion): Promise<{ readonly status: number; readonly text: string }> {
  const signal = AbortSignal.timeout(timeoutMs)
  const send = url.startsWith('https:') ? requestSecure : requestPlain
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // A connection of its own, so that nothing keeps the process when it is done.
      const asked = send(url, { method, headers: { ...headers, ...length }, signal, agent: false }, resolve)
      asked.on('error', reject)
      asked.end(body)
    })
    return { status: response.statusCode ?? 0, text: await text(response) }
  } catch (error) {
    throw signal.aborted ? new Error(`there was no answer within ${timeoutMs / 1000} s`, { cause: error }) : error
  }
}
