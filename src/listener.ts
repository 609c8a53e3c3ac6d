import { createServer, STATUS_CODES, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import type { Env, Hono } from 'hono'
import { Fault } from './core/fault.ts'
import { newRequestId } from './core/ids.ts'

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  /** Silence on an idle connection before it is closed; longer than the pools of usual clients keep theirs. */
  readonly keepAliveTimeoutMs: number
  /** From the first byte of a request to the end of its headers: a slow loris is cut off here. */
  readonly headersTimeoutMs: number
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeoutMs: number
}

export interface Listener {
  readonly server: Server
  readonly port: number
  /** No new connections; each is closed once it is idle; resolves when the last one is gone. */
  close(): Promise<void>
  /** Cuts what is still open. */
  destroy(): void
}

/** Serves an app on a port; 0 takes a free one. Throws when the port is taken. */
export async function listen<Environment extends Env>(
  http: Hono<Environment>,
  options: ListenerOptions,
): Promise<Listener> {
  const listener = getRequestListener((request, bindings) => http.fetch(request, bindings), {
    // HTTP/1.0 clients send no Host header.
    hostname: options.host,
    autoCleanupIncoming: false,
    errorHandler: answerUnreadable,
  })
  const server = createServer(
    {
      keepAliveTimeout: options.keepAliveTimeoutMs,
      headersTimeout: options.headersTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      connectionsCheckingInterval: Math.max(100, Math.min(5_000, options.headersTimeoutMs / 4)),
      noDelay: true,
    },
    (incoming, outgoing) => void listener(incoming, outgoing),
  )
  server.on('clientError', answerClientError)
  await new Promise<void>((resolve, reject) => {
    const onError = (cause: Error): void => {
      reject(cannotListen(cause, options))
    }
    server.once('error', onError)
    server.listen(options.port, options.host, () => {
      server.off('error', onError)
      resolve()
    })
  })
  const address = server.address()
  return {
    server,
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        // A connection that was busy at this moment is idle after its answer, and would be kept for its next request.
        const sweep = setInterval(() => {
          server.closeIdleConnections()
        }, 20)
        server.close(() => {
          clearInterval(sweep)
          resolve()
        })
        server.closeIdleConnections()
      }),
    destroy: () => {
      server.closeAllConnections()
    },
  }
}

const wayOut: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program listens there. Stop it, or set PORT to another port.',
  EACCES: 'This user may not listen there. Set PORT to 1024 or more.',
  EADDRNOTAVAIL: 'It is no address of this machine. Set HOST to one of its own, such as 127.0.0.1.',
  ENOTFOUND: 'The name is not known. Set HOST to an address of this machine, such as 127.0.0.1.',
}

function cannotListen(cause: NodeJS.ErrnoException, { host, port }: ListenerOptions): Error {
  const fix = wayOut[cause.code ?? ''] ?? `${cause.message}. Check HOST and PORT.`
  return new Error(`Nothing can be served on ${host} port ${port}. ${fix}`, { cause })
}

const clientFaults = new Map<string, Fault>([
  [
    'HPE_HEADER_OVERFLOW',
    new Fault('invalid_request', 'The request headers are larger than 16 KiB.', {
      status: 431,
      code: 'headers_too_large',
    }),
  ],
  ['ERR_HTTP_REQUEST_TIMEOUT', new Fault('request_timeout', 'The request did not arrive in time.')],
])

/** HTTP that is no request for us: a Host or a target that makes no URL. Whatever a route throws was answered before. */
function answerUnreadable(error: unknown): Response {
  const fault =
    error instanceof RequestError
      ? new Fault('invalid_request', `This is not a valid HTTP request: ${error.message}.`, { cause: error })
      : Fault.from(error)
  return Response.json(fault.toEnvelope(), { status: fault.status, headers: { 'x-request-id': newRequestId() } })
}

/** What never became a request: broken HTTP, too many headers, too slow. Said in the same envelope, then the connection ends. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  // Behind a request that is being answered nothing can be said: it would stand in the middle of that answer.
  const { _httpMessage: answering } = socket as { readonly _httpMessage?: ServerResponse | null }
  if (error.code === 'ECONNRESET' || !socket.writable || answering?.headersSent === true) {
    socket.destroy()
    return
  }
  const fault = clientFaults.get(error.code ?? '') ?? new Fault('invalid_request', 'This is not a valid HTTP request.')
  const body = JSON.stringify(fault.toEnvelope())
  socket.end(
    `HTTP/1.1 ${fault.status} ${STATUS_CODES[fault.status] ?? 'Bad Request'}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
