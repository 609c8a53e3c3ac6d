import type { Readable } from 'node:stream'
import { Client, Pool, type Dispatcher } from 'undici'
import { Fault } from '../core/fault.ts'
import { guardedLookup, mayCall } from './guarded-lookup.ts'
import type { Flow } from './provider.ts'
import { Transfer, type Connection, type Route } from './transfer.ts'
import type { UpstreamOptions, UpstreamRequest, Upstreams } from './upstream.ts'

/** The only file that knows undici: the connections to upstreams, and how a request gets onto one. */

/** Origins that are kept connected; the one made first is let go when another is needed. */
const maximumOrigins = 256
const maximumEndpoints = 4096
/** Response heads larger than this are refused. Cloudflare and content-security headers alone can take 8 KiB. */
const maximumHeadBytes = 64 * 1024
/** Many servers close idle connections after 60 s or more; those that do it sooner are covered by the second send. */
const keepAliveMs = 30_000
/** undici counts time in ticks of half a second that all connections share, and fires up to one of them too early. */
const timerSlackMs = 500

/** A connection that knows how long it has lain idle: only then may a lost request be sent again uncounted. */
class TimedClient extends Client implements Connection {
  usedAt: number | null = null

  constructor(origin: URL, options: object) {
    super(origin, options)
    this.on('connect', () => {
      this.usedAt = null
    })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (options instanceof Dispatch) options.transfer.connection = this
    return super.dispatch(options, handler)
  }
}

/** What undici is asked to do, and who asked. */
class Dispatch implements Dispatcher.DispatchOptions, Route {
  readonly transfer: Transfer
  readonly pools: Pools
  readonly path: string
  readonly method = 'POST'
  readonly headers: Record<string, string>
  readonly headersTimeout: number
  readonly bodyTimeout: number

  body: string | Readable = ''
  readonly #request: UpstreamRequest

  constructor(transfer: Transfer, pools: Pools, path: string, request: UpstreamRequest) {
    this.#request = request
    this.transfer = transfer
    this.pools = pools
    this.path = path
    this.headers = request.headers
    this.headersTimeout = neverEarly(request.headTimeoutMs)
    this.bodyTimeout = neverEarly(request.idleTimeoutMs)
  }

  send(): void {
    this.#open()
    this.pools.kept.dispatch(this, this.transfer)
  }

  sendFresh(): void {
    this.#open()
    this.pools.fresh.dispatch(this, this.transfer)
  }

  /** An upload is opened again each time it is sent. */
  #open(): void {
    const { body } = this.#request
    this.body = typeof body === 'string' ? body : body.open()
  }
}

/** 0 is no limit. */
function neverEarly(limitMs: number): number {
  return limitMs === 0 ? 0 : limitMs + timerSlackMs
}

/** All connections to one origin. */
class Pools {
  readonly kept: Pool
  readonly #address: string
  readonly #options: UpstreamOptions
  #fresh: Pool | null = null

  constructor(address: string, options: UpstreamOptions) {
    this.#address = address
    this.#options = options
    this.kept = new Pool(address, {
      ...poolOptions(options),
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      factory: (origin, clientOptions) => new TimedClient(origin, clientOptions),
    })
  }

  /** Never uses a connection twice; needed when a kept one turned out to be dead. */
  get fresh(): Pool {
    return (this.#fresh ??= new Pool(this.#address, { ...poolOptions(this.#options), pipelining: 0 }))
  }

  async drain(): Promise<void> {
    await Promise.all([this.kept.close(), this.#fresh?.close()])
  }

  async destroy(): Promise<void> {
    await Promise.all([this.kept.destroy(), this.#fresh?.destroy()])
  }
}

function poolOptions(options: UpstreamOptions): Pool.Options {
  return {
    connections: options.connections,
    connect: { timeout: options.connectTimeoutMs, lookup: guardedLookup(options.allowPrivate) },
    maxHeaderSize: maximumHeadBytes,
  }
}

/** Where one URL leads. */
interface Endpoint {
  readonly pools: Pools
  readonly path: string
}

const nothingToStop: Flow = { pause: () => undefined, resume: () => undefined, abort: () => undefined }

/** Connections to any number of upstream origins, at most `options.connections` to each. */
export function openUpstreams(options: UpstreamOptions): Upstreams {
  const origins = new Map<string, Pools>()
  const endpoints = new Map<string, Endpoint>()

  function endpoint(url: string): Endpoint {
    const known = endpoints.get(url)
    if (known !== undefined) return known
    const parsed = new URL(url)
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw new TypeError('not an http URL')
    if (!mayCall(parsed.hostname, options.allowPrivate)) throw new TypeError('an address that must not be called')
    let pools = origins.get(parsed.origin)
    if (pools === undefined) {
      if (origins.size >= maximumOrigins) letGoOfFirst()
      pools = new Pools(parsed.origin, options)
      origins.set(parsed.origin, pools)
    }
    if (endpoints.size >= maximumEndpoints) endpoints.clear()
    const made = { pools, path: parsed.pathname + parsed.search }
    endpoints.set(url, made)
    return made
  }

  function letGoOfFirst(): void {
    const [first] = origins
    if (first === undefined) return
    origins.delete(first[0])
    endpoints.clear()
    void first[1].drain()
  }

  return {
    send(request, listener) {
      let target: Endpoint
      try {
        target = endpoint(request.url)
      } catch (cause) {
        const message = 'The base URL of this provider is not an http or https URL that may be called.'
        const fault = new Fault('upstream_connection', message, { cause })
        queueMicrotask(() => listener.fail(fault))
        return nothingToStop
      }
      const transfer = new Transfer(listener, options.resendAfterIdleMs)
      const route = new Dispatch(transfer, target.pools, target.path, request)
      // In a microtask, so that whoever asked holds the flow before anything can be heard.
      queueMicrotask(() => transfer.start(route))
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
