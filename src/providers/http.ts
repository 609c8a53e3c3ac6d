import { Client, Pool, type Dispatcher } from 'undici'
import type { Transform } from 'node:stream'
import { Fault } from '../core/fault.ts'
import { contentDecoder } from './content-encoding.ts'
import { connectionFault, isClosedByPeer } from './connection-fault.ts'
import { guardedLookup, mayCall } from './guarded-lookup.ts'
import type { Flow } from './provider.ts'

/** The only file that knows undici: connections to upstreams, and one request over one of them. */

/** Response headers, lower case. */
export type UpstreamHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export interface UpstreamRequest {
  /** Absolute http or https URL. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Milliseconds until the response head, counted from sending; 0 is no limit. */
  readonly headTimeoutMs: number
  /** Milliseconds between two pieces of the body; 0 is no limit. */
  readonly idleTimeoutMs: number
}

/** Hears one response: head, then pieces of the decoded body, then end; or fail, at any time, as the last word. */
export interface UpstreamListener {
  head(status: number, headers: UpstreamHeaders): void
  data(bytes: Buffer): void
  end(): void
  fail(fault: Fault): void
}

export interface UpstreamOptions {
  /** TCP and TLS connect, milliseconds. */
  readonly connectTimeoutMs: number
  /** Connections to one origin. More requests than that wait for a free one. */
  readonly connections: number
  /** Whether this machine and private networks may be called. Link-local and metadata addresses never are. */
  readonly allowPrivate: boolean
}

export interface Upstreams {
  /** Sends a POST. Never throws; the listener is never called before this has returned. */
  send(request: UpstreamRequest, listener: UpstreamListener): Flow
  /** Takes no more requests and resolves when the running ones are over. */
  drain(): Promise<void>
  /** Ends every connection now. */
  close(): Promise<void>
}

/** Origins that are kept connected; the one unused for longest is let go when another is needed. */
const maximumOrigins = 256
/** Response heads larger than this are refused. Cloudflare and content-security headers alone can take 8 KiB. */
const maximumHeadBytes = 64 * 1024
/** Many servers close idle connections after 60 s or more; those that do it sooner are covered by the second send. */
const keepAliveMs = 30_000

/** A connection that knows whether it has carried a request before: only then may a lost request be sent again. */
class CountingClient extends Client {
  sent = 0

  constructor(origin: URL, options: object) {
    super(origin, options)
    this.on('connect', () => {
      this.sent = 0
    })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (options instanceof Dispatch) options.transfer.client = this
    return super.dispatch(options, handler)
  }
}

/** What undici is asked to do, with the way back to who asked. */
class Dispatch implements Dispatcher.DispatchOptions {
  readonly transfer: Transfer
  readonly path: string
  readonly method = 'POST'
  readonly headers: Record<string, string>
  readonly body: string
  readonly headersTimeout: number
  readonly bodyTimeout: number

  constructor(transfer: Transfer, path: string, request: UpstreamRequest) {
    this.transfer = transfer
    this.path = path
    this.headers = request.headers
    this.body = request.body
    this.headersTimeout = request.headTimeoutMs
    this.bodyTimeout = request.idleTimeoutMs
  }
}

/** All connections to one origin. */
class Origin {
  readonly #address: string
  readonly #options: UpstreamOptions
  readonly #pool: Pool
  /** Never uses a connection twice; made when a kept one turned out to be dead. */
  #fresh: Pool | null = null

  constructor(address: string, options: UpstreamOptions) {
    this.#address = address
    this.#options = options
    this.#pool = new Pool(address, {
      ...poolOptions(options),
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      factory: (origin, clientOptions) => new CountingClient(origin, clientOptions),
    })
  }

  dispatch(dispatch: Dispatch): void {
    this.#pool.dispatch(dispatch, dispatch.transfer)
  }

  dispatchFresh(dispatch: Dispatch): void {
    this.#fresh ??= new Pool(this.#address, { ...poolOptions(this.#options), pipelining: 0 })
    this.#fresh.dispatch(dispatch, dispatch.transfer)
  }

  async drain(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#fresh?.close()])
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#pool.destroy(), this.#fresh?.destroy()])
  }
}

function poolOptions(options: UpstreamOptions): Pool.Options {
  return {
    connections: options.connections,
    connect: { timeout: options.connectTimeoutMs, lookup: guardedLookup(options.allowPrivate) },
    maxHeaderSize: maximumHeadBytes,
  }
}

/** Resuming one parser from inside another's callback is an assertion in undici; this says whether we are inside one. */
let insideCallback = 0

/** One request and its response. It is undici's handler and the caller's `Flow` at once. */
class Transfer implements Dispatcher.DispatchHandler, Flow {
  client: CountingClient | null = null
  readonly #origin: Origin
  readonly #dispatch: Dispatch
  readonly #listener: UpstreamListener
  #controller: Dispatcher.DispatchController | null = null
  #decoder: Transform | null = null
  #phase: 'waiting' | 'answering' | 'over' = 'waiting'
  #onUsedConnection = false
  #sentAgain = false
  #paused = false

  constructor(origin: Origin, path: string, request: UpstreamRequest, listener: UpstreamListener) {
    this.#origin = origin
    this.#dispatch = new Dispatch(this, path, request)
    this.#listener = listener
  }

  start(): void {
    this.#origin.dispatch(this.#dispatch)
  }

  pause(): void {
    if (this.#paused || this.#phase === 'over') return
    this.#paused = true
    this.#decoder?.pause()
    this.#controller?.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#decoder?.resume()
    if (this.#decoder?.writableNeedDrain !== true) this.#resumeReading()
  }

  abort(): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#decoder?.destroy()
    this.#controller?.abort(new CallerLeft())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown, not aborted: the connection has carried nothing of this request and stays usable.
    if (this.#phase === 'over') throw new CallerLeft()
    this.#controller = controller
    this.#onUsedConnection = this.client !== null && this.client.sent++ > 0
    if (this.#paused) controller.pause()
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (status < 200 || this.#phase !== 'waiting') return
    this.#phase = 'answering'
    insideCallback += 1
    try {
      const encoding = headers['content-encoding']
      const decoder = contentDecoder(String(encoding ?? ''))
      if (decoder === undefined) {
        const message = 'The provider compressed its answer in a way that was not asked for and is not known.'
        this.#fail(new Fault('upstream_error', message))
        controller.abort(new CallerLeft())
        return
      }
      if (decoder !== null) this.#readThrough(decoder)
      this.#listener.head(status, headers)
    } catch (error) {
      this.#defect(error)
    } finally {
      insideCallback -= 1
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#phase !== 'answering') return
    if (this.#decoder !== null) {
      if (!this.#decoder.write(bytes)) controller.pause()
      return
    }
    insideCallback += 1
    try {
      this.#listener.data(bytes)
    } catch (error) {
      this.#defect(error)
    } finally {
      insideCallback -= 1
    }
  }

  onResponseEnd(): void {
    if (this.#phase !== 'answering') return
    if (this.#decoder !== null) this.#decoder.end()
    else this.#end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#controller = null
    if (this.#phase === 'over') return
    if (this.#phase === 'waiting' && this.#onUsedConnection && !this.#sentAgain && isClosedByPeer(error)) {
      this.#sentAgain = true
      this.#onUsedConnection = false
      this.client = null
      this.#origin.dispatchFresh(this.#dispatch)
      return
    }
    this.#fail(connectionFault(error, this.#phase === 'answering'))
  }

  #readThrough(decoder: Transform): void {
    this.#decoder = decoder
    decoder.on('data', (bytes: Buffer) => {
      if (this.#phase !== 'answering') return
      try {
        this.#listener.data(bytes)
      } catch (error) {
        this.#defect(error)
      }
    })
    decoder.on('drain', () => {
      if (!this.#paused) this.#resumeReading()
    })
    decoder.on('end', () => {
      if (this.#phase === 'answering') this.#end()
    })
    decoder.on('error', (cause) => {
      if (this.#phase !== 'answering') return
      this.#fail(new Fault('upstream_error', 'The provider sent a compressed answer that cannot be read.', { cause }))
      this.#controller?.abort(new CallerLeft())
    })
    if (this.#paused) decoder.pause()
  }

  #resumeReading(): void {
    const controller = this.#controller
    if (controller === null) return
    if (insideCallback === 0) controller.resume()
    else queueMicrotask(() => this.#paused || controller.resume())
  }

  #end(): void {
    this.#phase = 'over'
    try {
      this.#listener.end()
    } catch (error) {
      this.#tell(Fault.from(error))
    }
  }

  #fail(fault: Fault): void {
    this.#phase = 'over'
    this.#decoder?.destroy()
    this.#tell(fault)
  }

  /** The listener threw: a defect of ours, which must end this exchange and nothing else. */
  #defect(error: unknown): void {
    this.abort()
    this.#tell(Fault.from(error))
  }

  #tell(fault: Fault): void {
    try {
      this.#listener.fail(fault)
    } catch (error) {
      // Nobody is left to tell, and an exception out of an undici callback would end the process.
      process.emitWarning(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

/** Why we ended a request ourselves; never shown to anybody. */
class CallerLeft extends Error {}

const nothingToStop: Flow = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

/** Connections to any number of upstream origins, at most `options.connections` to each. */
export function openUpstreams(options: UpstreamOptions): Upstreams {
  const origins = new Map<string, Origin>()
  const endpoints = new Map<string, { readonly origin: Origin; readonly path: string }>()

  function endpoint(url: string): { readonly origin: Origin; readonly path: string } {
    const known = endpoints.get(url)
    if (known !== undefined) return known
    const parsed = new URL(url)
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw new TypeError('not an http URL')
    if (!mayCall(parsed.hostname, options.allowPrivate)) throw new TypeError('an address that must not be called')
    let origin = origins.get(parsed.origin)
    if (origin === undefined) {
      if (origins.size >= maximumOrigins) letGoOfOldest()
      origin = new Origin(parsed.origin, options)
      origins.set(parsed.origin, origin)
    }
    const made = { origin, path: parsed.pathname + parsed.search }
    endpoints.set(url, made)
    return made
  }

  function letGoOfOldest(): void {
    for (const [address, origin] of origins) {
      origins.delete(address)
      for (const [url, known] of endpoints) if (known.origin === origin) endpoints.delete(url)
      void origin.drain()
      return
    }
  }

  return {
    send(request, listener) {
      let target
      try {
        target = endpoint(request.url)
      } catch (cause) {
        const fault = new Fault('upstream_connection', 'The base URL of this provider is not an http or https URL that may be called.', { cause })
        queueMicrotask(() => listener.fail(fault))
        return nothingToStop
      }
      const transfer = new Transfer(target.origin, target.path, request, listener)
      // In a microtask, so that whoever asked holds the flow before anything can be heard.
      queueMicrotask(() => transfer.start())
      return transfer
    },
    async drain() {
      await Promise.all([...origins.values()].map((origin) => origin.drain()))
    },
    async close() {
      await Promise.all([...origins.values()].map((origin) => origin.destroy()))
    },
  }
}
