import { once } from 'node:events'
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

/**
 * A real HTTP server on 127.0.0.1 that plays a provider. What it does with each request is a script: a function that is
 * handed an `UpstreamAnswer` and may wait for a `Signal` between two writes, so that no test has to sleep.
 *
 *   const upstream = await startScriptedUpstream()
 *   upstream.next(sse([chunk('Hel'), chunk('lo'), '[DONE]']))
 *   … call the code under test with upstream.baseUrl …
 *   const request = await upstream.nextRequest()
 *   expect(request.json).toMatchObject({ model: 'm' })
 */
export interface ScriptedUpstream {
  /** `http://127.0.0.1:<port>`, no trailing slash. */
  readonly origin: string
  /** `origin` + `/v1`, what an OpenAI-type provider's base URL looks like. */
  readonly baseUrl: string
  readonly port: number
  /** Every request received so far, in order of arrival. */
  readonly requests: readonly ReceivedRequest[]
  /** TCP connections accepted so far. */
  readonly connections: number
  /** TCP connections open now. */
  readonly openConnections: number
  /** Scripts for the coming requests, one each, first in first out. */
  next(...scripts: readonly Script[]): void
  /** The script of every request that `next` has none for. Without it such a request is answered 599. */
  always(script: Script): void
  /** Resolves with the first request that no earlier call has been given, whole body included. */
  nextRequest(): Promise<ReceivedRequest>
  /** Resolves with the open connections once every one of them is gone. */
  allClosed(): Promise<void>
  /** Closes sockets that wait for a next request, as a provider's load balancer does. */
  closeIdle(): void
  close(): Promise<void>
}

/** One request as it arrived. */
export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  /** Lower case; a repeated header is joined as node does. */
  readonly headers: Readonly<Record<string, string>>
  /** Header names and values as they stood on the wire. */
  readonly rawHeaders: readonly string[]
  /** The bytes of the body. */
  readonly body: Buffer
  readonly text: string
  /** The body parsed; throws when it is no JSON. */
  readonly json: Record<string, unknown>
  /** Which connection carried it, counted from 1. */
  readonly connection: number
  /** How many requests that connection has carried, this one included. */
  readonly onConnection: number
  /** True once the client has gone away before the answer was finished. */
  readonly aborted: boolean
  /** Resolves when the answer is finished or the connection is gone; true when the client went away first. */
  readonly closed: Promise<boolean>
}

/** The upstream's side of one exchange. */
export interface UpstreamAnswer {
  readonly request: ReceivedRequest
  readonly response: ServerResponse
  /** Status and headers go out at once, before any body. */
  head(status: number, headers?: OutgoingHttpHeaders): void
  /** One write, and with chunked framing one HTTP chunk, so the reader sees exactly this piece. Resolves when the socket has taken it. */
  write(piece: string | Uint8Array): Promise<void>
  /** One server-sent event with `data:`; an object is written as JSON. */
  event(data: string | object): Promise<void>
  end(): void
  /** TCP reset: what was written before may still arrive. */
  reset(): void
  /** TCP FIN in the middle of the answer. */
  cut(): void
  /** Resolves when the client has gone away. */
  readonly gone: Promise<void>
}

export type Script = (answer: UpstreamAnswer) => void | Promise<void>

/** Something a script waits for and a test lets happen. */
export interface Signal {
  readonly reached: Promise<void>
  give(): void
}

export function signal(): Signal {
  let give = (): void => undefined
  const reached = new Promise<void>((resolve) => {
    give = resolve
  })
  return { reached, give: () => give() }
}

/** A JSON answer with its length. */
export function json(value: unknown, status = 200, headers: OutgoingHttpHeaders = {}): Script {
  return body(JSON.stringify(value), status, { 'content-type': 'application/json', ...headers })
}

/** Any body with its length. */
export function body(content: string | Uint8Array, status = 200, headers: OutgoingHttpHeaders = {}): Script {
  const bytes = Buffer.from(content as Uint8Array)
  return ({ response }) => {
    response.writeHead(status, { 'content-length': bytes.length, ...headers })
    response.end(bytes)
  }
}

/** A stream of events, one write each. `[DONE]` is not added: name it. */
export function sse(events: readonly (string | object)[], headers: OutgoingHttpHeaders = {}): Script {
  return async (answer) => {
    answer.head(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers })
    for (const event of events) await answer.event(event)
    answer.end()
  }
}

/** A stream given as raw bytes, each piece written (and framed) on its own. */
export function pieces(parts: Iterable<string | Uint8Array>, headers: OutgoingHttpHeaders = {}): Script {
  return async (answer) => {
    answer.head(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers })
    for (const part of parts) await answer.write(part)
    answer.end()
  }
}

/** A gzipped body although nobody asked for one. */
export function gzipped(content: string | Uint8Array, status = 200, headers: OutgoingHttpHeaders = {}): Script {
  return body(gzipSync(content), status, { 'content-encoding': 'gzip', ...headers })
}

/** Takes the request and never answers. */
export const hang: Script = () => undefined

/** Resets the connection before any byte of an answer. */
export const resetAtOnce: Script = (answer) => answer.reset()

class Received implements ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  readonly connection: number
  readonly onConnection: number
  readonly closed: Promise<boolean>
  aborted = false

  constructor(
    message: IncomingMessage,
    response: ServerResponse,
    bytes: Buffer,
    connection: number,
    onConnection: number,
  ) {
    this.method = message.method ?? ''
    this.path = message.url ?? ''
    this.headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]))
    this.rawHeaders = message.rawHeaders
    this.body = bytes
    this.connection = connection
    this.onConnection = onConnection
    this.closed = new Promise((resolve) => {
      const over = (): void => {
        this.aborted ||= !response.writableFinished
        resolve(this.aborted)
      }
      if (response.closed || message.socket.destroyed) over()
      else response.once('close', over)
    })
  }

  get text(): string {
    return this.body.toString('utf8')
  }

  get json(): Record<string, unknown> {
    return JSON.parse(this.text)
  }
}

class Answer implements UpstreamAnswer {
  readonly request: ReceivedRequest
  readonly response: ServerResponse
  readonly gone: Promise<void>

  constructor(request: ReceivedRequest, response: ServerResponse) {
    this.request = request
    this.response = response
    this.gone = request.closed.then(() => undefined)
  }

  head(status: number, headers: OutgoingHttpHeaders = {}): void {
    this.response.writeHead(status, headers)
    this.response.flushHeaders()
  }

  async write(piece: string | Uint8Array): Promise<void> {
    if (this.response.destroyed) return
    if (!this.response.write(piece)) await Promise.race([once(this.response, 'drain'), this.gone])
  }

  event(data: string | object): Promise<void> {
    return this.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
  }

  end(): void {
    this.response.end()
  }

  reset(): void {
    this.response.socket?.resetAndDestroy()
  }

  cut(): void {
    // node:http holds a chunk back until the next tick, and newer releases of Node do not send it when the socket ends before.
    const { socket } = this.response
    process.nextTick(() => socket?.destroySoon())
  }
}

/** Starts a provider to be scripted, on a free port unless one is named. Close it at the end of the test. */
export async function startScriptedUpstream(onPort = 0): Promise<ScriptedUpstream> {
  const scripts: Script[] = []
  const requests: ReceivedRequest[] = []
  const waiting: ((request: ReceivedRequest) => void)[] = []
  const sockets = new Map<Socket, { readonly number: number; requests: number }>()
  const closedWaiters: (() => void)[] = []
  let fallback: Script = body('no script for this request', 599)
  let accepted = 0
  let handedOut = 0

  const server = createServer({ keepAliveTimeout: 600_000, noDelay: true }, (message, response) => {
    void receive(message, response)
  })
  server.on('connection', (socket) => {
    accepted += 1
    sockets.set(socket, { number: accepted, requests: 0 })
    socket.on('error', () => undefined)
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) for (const done of closedWaiters.splice(0)) done()
    })
  })

  async function receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    const parts: Buffer[] = []
    try {
      for await (const part of message) parts.push(part as Buffer)
    } catch {
      return // The client went away while it was sending; there is nobody to answer.
    }
    const connection = sockets.get(message.socket) ?? { number: 0, requests: 0 }
    connection.requests += 1
    const request = new Received(message, response, Buffer.concat(parts), connection.number, connection.requests)
    requests.push(request)
    const waiter = waiting.shift()
    if (waiter !== undefined) {
      handedOut += 1
      waiter(request)
    }
    const script = scripts.shift() ?? fallback
    try {
      await script(new Answer(request, response))
    } catch (error) {
      response.destroy(error instanceof Error ? error : undefined)
    }
  }

  server.listen(onPort, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`

  return {
    origin,
    baseUrl: `${origin}/v1`,
    port,
    requests,
    get connections() {
      return accepted
    },
    get openConnections() {
      return sockets.size
    },
    next: (...more) => void scripts.push(...more),
    always: (script) => {
      fallback = script
    },
    nextRequest: () => {
      const arrived = requests[handedOut]
      if (arrived !== undefined) {
        handedOut += 1
        return Promise.resolve(arrived)
      }
      return new Promise((resolve) => waiting.push(resolve))
    },
    allClosed: () => (sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => closedWaiters.push(resolve))),
    closeIdle: () => server.closeIdleConnections(),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
