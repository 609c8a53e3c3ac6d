import type { Transform } from 'node:stream'
import { Fault } from '../core/fault.ts'
import { connectionFault, isClosedByPeer } from './connection-fault.ts'
import { contentDecoder } from './content-encoding.ts'
import type { Flow } from './provider.ts'
import type { UpstreamHeaders, UpstreamListener } from './upstream.ts'

/** Resuming one parser from inside another's callback is an assertion in undici; this says whether we are inside one. */
let insideCallback = 0

/** The HTTP client's hand on one request. */
interface Controller {
  abort(reason: Error): void
  pause(): void
  resume(): void
}

/** A connection as far as it matters here. */
export interface Connection {
  /** Milliseconds of the process's own clock when it last carried something; null: never. */
  usedAt: number | null
}

/** How the request gets sent: over any connection, or over one that has never been used. */
export interface Route {
  send(): void
  sendFresh(): void
}

/** One request and its response: the HTTP client's handler and the caller's `Flow` at once. */
export class Transfer implements Flow {
  /** The connection it went onto; null when that one is fresh by nature. */
  connection: Connection | null = null
  readonly #listener: UpstreamListener
  readonly #resendAfterIdleMs: number
  #route: Route | null = null
  #controller: Controller | null = null
  #decoder: Transform | null = null
  #phase: 'waiting' | 'answering' | 'over' = 'waiting'
  #wasIdle = false
  #sentAgain = false
  #paused = false

  /**
   * @param resendAfterIdleMs a request that is lost on a connection which had lain idle for so long is sent once more: the
   * other side had closed it, and nobody has read the request. Lost on a busy one it may have been read, so that is for the
   * retries to decide, which are counted.
   */
  constructor(listener: UpstreamListener, resendAfterIdleMs: number) {
    this.#listener = listener
    this.#resendAfterIdleMs = resendAfterIdleMs
  }

  start(route: Route): void {
    this.#route = route
    if (this.#phase !== 'over') route.send()
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

  onRequestStart(controller: Controller): void {
    // Thrown, not aborted: the connection has carried nothing of this request and stays usable.
    if (this.#phase === 'over') throw new CallerLeft()
    this.#controller = controller
    if (this.connection !== null) {
      const { usedAt } = this.connection
      const now = performance.now()
      this.#wasIdle = usedAt !== null && now - usedAt >= this.#resendAfterIdleMs
      this.connection.usedAt = now
    }
    if (this.#paused) controller.pause()
  }

  onResponseStart(controller: Controller, status: number, headers: UpstreamHeaders): void {
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

  onResponseData(controller: Controller, bytes: Buffer): void {
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
    if (this.connection !== null) this.connection.usedAt = performance.now()
    if (this.#phase !== 'answering') return
    if (this.#decoder !== null) this.#decoder.end()
    else this.#end()
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#controller = null
    if (this.#phase === 'over') return
    if (this.#phase === 'waiting' && this.#wasIdle && !this.#sentAgain && isClosedByPeer(error)) {
      this.#sentAgain = true
      this.connection = null
      this.#route?.sendFresh()
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
