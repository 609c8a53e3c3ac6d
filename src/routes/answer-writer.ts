import type { ServerResponse } from 'node:http'
import type { Fault } from '../core/fault.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow, RawForm } from '../providers/provider.ts'
import type { KeepaliveWheel, Silent } from './keepalive-wheel.ts'
import type { WireForm } from './wire-form.ts'

const eventStreamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Asks nginx and its kin not to collect events.
  'x-accel-buffering': 'no',
} as const

export interface WriterContext {
  readonly requestId: string
  /** Headers of an answer that is opened before anything is known of it. */
  readonly earlyHeaders: Readonly<Record<string, string>>
  readonly form: WireForm
  readonly wheel: KeepaliveWheel
}

/**
 * The last sink: writes an answer into the node response. A stream leaves in the normal form that every client reads
 * (`data: {json}`, LF, comments only as keepalive, `event:` only where the API has names); an answer in one piece leaves with
 * its length; raw bytes leave as they come. When the client reads slower than the provider writes, the provider is paused,
 * so memory stays bounded.
 */
export class AnswerWriter implements AnswerSink, Silent {
  lastRound = 0
  readonly #outgoing: ServerResponse
  readonly #context: WriterContext
  #headers: Readonly<Record<string, string>>
  #flow: Flow | null = null
  #isStream = false
  #raw: RawForm | null = null
  #pending = ''
  #whole: string | Uint8Array | null = null
  #hasWritten = false
  #events = 0

  constructor(outgoing: ServerResponse, context: WriterContext) {
    this.#outgoing = outgoing
    this.#context = context
    this.#headers = context.earlyHeaders
  }

  /** The client has seen a status line. */
  get isOpen(): boolean {
    return this.#outgoing.headersSent
  }

  /** Before the answer starts. `headers`: all of it but those of its form; the upstream's are among them. */
  answeredWith(headers: Readonly<Record<string, string>>): void {
    this.#headers = headers
  }

  /**
   * Shows a stream's status line and a comment although nobody has answered yet: clients and balancers give up on silence.
   * Nothing of an answer has been promised by that, so the request can still fall over.
   */
  openEarly(): void {
    if (this.#outgoing.headersSent || this.#outgoing.destroyed) return
    this.#isStream = true
    this.#openStream()
    this.keepAlive()
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#flow = flow
    this.#isStream = head.stream
    this.#raw = head.raw ?? null
    if (this.#outgoing.destroyed) return
    if (!head.stream && this.#outgoing.headersSent) {
      // A stream was promised, and this is none: there is no way to say it but to break off.
      this.#context.wheel.remove(this)
      this.#outgoing.destroy()
      return
    }
    if (head.raw !== undefined) {
      const { contentType, contentLength } = head.raw
      this.#outgoing.writeHead(200, {
        ...this.#headers,
        'content-type': contentType,
        ...(contentLength === null ? {} : { 'content-length': String(contentLength) }),
      })
    } else if (head.stream && !this.#outgoing.headersSent) {
      this.#openStream()
    }
  }

  /**
   * After the answer was started: a stream that was opened without a chunk shows its head at once, and a comment with it,
   * which gets through to readers that wait for a first byte.
   */
  started(): void {
    if (this.#isStream && !this.#hasWritten && !this.#outgoing.writableEnded) this.keepAlive()
  }

  chunk(chunk: AnswerChunk): void {
    if (this.#raw !== null) {
      this.#write(chunk.json)
      return
    }
    if (!this.#isStream) {
      this.#whole = chunk.json
      return
    }
    const json = typeof chunk.json === 'string' ? chunk.json : Buffer.from(chunk.json).toString('utf8')
    this.#events += 1
    this.#pending += chunk.event === undefined ? `data: ${json}\n\n` : `event: ${chunk.event}\ndata: ${json}\n\n`
  }

  flush(): void {
    if (this.#pending === '') return
    const text = this.#pending
    this.#pending = ''
    this.#write(text)
  }

  end(): void {
    if (this.#isStream) this.#context.wheel.remove(this)
    // The client is gone; writing would be an error that nobody can act on.
    if (this.#outgoing.destroyed) return
    if (this.#raw !== null) {
      this.#outgoing.end()
      return
    }
    if (this.#isStream) {
      this.#endStream(this.#context.form.streamEnd)
      return
    }
    const body = this.#whole ?? ''
    this.#outgoing.writeHead(200, {
      ...this.#headers,
      'content-type': 'application/json',
      'content-length': String(typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength),
    })
    this.#outgoing.end(body)
  }

  /** After the head only an error event can say it; the missing end mark says that the answer is not whole. */
  fail(fault: Fault): void {
    if (this.#isStream) this.#context.wheel.remove(this)
    if (this.#outgoing.destroyed) return
    const { form, requestId } = this.#context
    if (this.#raw !== null) {
      // Bytes have no place for an error: a broken connection is the only honest end.
      this.#outgoing.destroy()
      return
    }
    if (this.#isStream) {
      this.#endStream(fault.isTold ? '' : form.errorEvents(fault, requestId, this.#events))
      return
    }
    this.#outgoing.writeHead(fault.status, { ...this.#headers, 'content-type': 'application/json' })
    this.#outgoing.end(form.error(fault, requestId))
  }

  keepAlive(): void {
    if (this.#outgoing.writableNeedDrain) return
    this.#write(': keepalive\n\n')
  }

  #openStream(): void {
    this.#outgoing.writeHead(200, { ...this.#headers, ...eventStreamHeaders })
    this.#context.wheel.add(this)
  }

  #endStream(last: string): void {
    const text = this.#pending + last
    this.#pending = ''
    if (text === '') this.#outgoing.end()
    else this.#outgoing.end(text)
  }

  #write(bytes: string | Uint8Array): void {
    this.lastRound = this.#context.wheel.round
    this.#hasWritten = true
    if (this.#outgoing.destroyed || this.#outgoing.write(bytes)) return
    const flow = this.#flow
    if (flow === null) return
    flow.pause()
    this.#outgoing.once('drain', () => {
      flow.resume()
    })
  }
}
