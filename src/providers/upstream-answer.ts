import { Fault } from '../core/fault.ts'
import { faultOfResponse, type ErrorSource } from './errors.ts'
import type { AnswerChunk, AnswerSink, Flow, ProviderCall, RawForm } from './provider.ts'
import { forwardableHeaders, upstreamRequestId } from './response-headers.ts'
import type { UpstreamHeaders, UpstreamListener } from './upstream.ts'

/** How much of an error body is read. */
const maximumErrorBytes = 64 * 1024
/** How much may follow the end mark before the connection is given up rather than kept for the next request. */
const maximumTrailingBytes = 64 * 1024

/**
 * The skeleton of every answer on its way from an upstream to a sink: the head, refusals, the hang-up, bounds, and that
 * nothing is said after the end. What the body means is for the kinds of answers that extend it.
 */
export abstract class UpstreamAnswer implements UpstreamListener, Flow {
  protected readonly call: ProviderCall
  protected readonly sink: AnswerSink
  /** Milliseconds since 1970. */
  protected readonly now: () => number
  /** Of the upstream's response. */
  protected headers: UpstreamHeaders = {}
  /** Something was given to the sink since the last flush. */
  protected unflushed = false
  readonly #warnings: readonly string[]
  #phase: 'head' | 'error' | 'body' | 'over' = 'head'
  #transfer: Flow | null = null
  #status = 0
  #headSent = false
  #errorParts: Buffer[] = []
  #kept: Buffer[] = []
  #bytes = 0

  /** @param warnings what could not be honoured of the request. */
  constructor(call: ProviderCall, sink: AnswerSink, now: () => number, warnings: readonly string[] = []) {
    this.call = call
    this.sink = sink
    this.now = now
    this.#warnings = warnings
  }

  /** A 2xx has come: its head. */
  protected abstract opened(): void
  /** A piece of the body. */
  protected abstract received(bytes: Buffer): void
  /** The body came to its end. */
  protected abstract ended(): void
  /** The connection broke within the body. */
  protected abstract broken(fault: Fault): void
  /** Nothing more will be said: memory may go. */
  protected abstract closed(): void

  /** The request is on its way; from here on the flow works. */
  sentBy(transfer: Flow): void {
    this.#transfer = transfer
  }

  pause(): void {
    if (this.#phase !== 'over') this.#transfer?.pause()
  }

  resume(): void {
    this.#transfer?.resume()
  }

  abort(): void {
    if (this.#phase === 'over') return
    this.#close()
    this.#transfer?.abort()
  }

  head(status: number, headers: UpstreamHeaders): void {
    if (this.#phase !== 'head') return
    this.#status = status
    this.headers = headers
    if (status >= 200 && status < 300) {
      this.#phase = 'body'
      this.opened()
    } else if (status < 400) {
      this.refuse(faultOfResponse(Buffer.alloc(0), this.source()))
    } else {
      this.#phase = 'error'
    }
  }

  data(bytes: Buffer): void {
    switch (this.#phase) {
      case 'body':
        this.received(bytes)
        return
      case 'error':
        this.#bytes += bytes.length
        this.#errorParts.push(bytes)
        if (this.#bytes >= maximumErrorBytes) this.#refuseByBody()
        return
      case 'over':
        this.#bytes += bytes.length
        if (this.#bytes > maximumTrailingBytes) this.#transfer?.abort()
        return
      case 'head':
    }
  }

  end(): void {
    if (this.#phase === 'body') this.ended()
    else if (this.#phase === 'error') this.#refuseByBody()
  }

  fail(fault: Fault): void {
    if (this.#phase === 'over') return
    if (this.#phase === 'error') this.#refuseByBody()
    else if (this.#phase === 'body') this.broken(fault)
    else this.refuse(fault)
  }

  /** Said once, before the first chunk. */
  protected sendHead(stream: boolean, raw?: RawForm): void {
    if (this.#headSent || !this.isLive()) return
    this.#headSent = true
    this.sink.head(
      {
        status: this.#status,
        stream,
        headers: forwardableHeaders(this.headers),
        upstreamRequestId: upstreamRequestId(this.headers),
        ...(this.#warnings.length === 0 ? {} : { warnings: this.#warnings }),
        ...(raw === undefined ? {} : { raw }),
      },
      this,
    )
  }

  protected push(chunk: AnswerChunk): void {
    if (!this.isLive()) return
    this.unflushed = true
    this.sink.chunk(chunk)
  }

  protected flush(): void {
    if (!this.unflushed || !this.isLive()) return
    this.unflushed = false
    this.sink.flush()
  }

  /** The answer is whole. */
  protected finish(): void {
    this.flush()
    if (!this.isLive()) return
    this.#close()
    this.sink.end()
  }

  /** Ends the exchange with a fault; what the upstream still has to say is not wanted. */
  protected refuse(fault: Fault): void {
    this.flush()
    if (!this.isLive()) return
    this.#close()
    this.#transfer?.abort()
    this.sink.fail(fault)
  }

  /** A method because the phase changes under every call to the sink. */
  protected isLive(): boolean {
    return this.#phase !== 'over'
  }

  /** Keeps a piece of an answer that comes as one JSON text. */
  protected keep(bytes: Buffer): void {
    if (!this.isTooLarge(bytes)) this.#kept.push(bytes)
  }

  /** What was kept, as bytes and parsed. null: it is no JSON, and the exchange has been ended with that. */
  protected keptJson(): { readonly bytes: Buffer; readonly value: unknown } | null {
    const [only] = this.#kept
    const bytes = this.#kept.length === 1 && only !== undefined ? only : Buffer.concat(this.#kept)
    try {
      return { bytes, value: JSON.parse(bytes.toString('utf8')) as unknown }
    } catch (cause) {
      const message = 'The provider sent an answer that is not valid JSON.'
      this.refuse(new Fault('upstream_error', message, { ...this.details(), cause }))
      return null
    }
  }

  /** One event of a stream is longer than allowed. */
  tooLong(): void {
    const message = `The provider sent an event of more than ${this.call.limits.maxEventChars} characters.`
    this.refuse(new Fault('upstream_error', message, this.details()))
  }

  /** Counts bytes that are kept; refuses when there are too many of them. */
  protected isTooLarge(bytes: Buffer): boolean {
    this.#bytes += bytes.length
    if (this.#bytes <= this.call.limits.maxAnswerBytes) return false
    const message = `The provider sent an answer of more than ${this.call.limits.maxAnswerBytes} bytes.`
    this.refuse(new Fault('upstream_error', message, this.details()))
    return true
  }

  protected contentType(): string {
    return String(this.headers['content-type'] ?? '')
  }

  protected details(): { readonly upstreamRequestId: string | null } {
    return { upstreamRequestId: upstreamRequestId(this.headers) }
  }

  protected source(): ErrorSource {
    return { status: this.#status, headers: this.headers, apiKey: this.call.credential.apiKey, now: this.now() }
  }

  #refuseByBody(): void {
    this.refuse(faultOfResponse(Buffer.concat(this.#errorParts), this.source()))
  }

  #close(): void {
    this.#phase = 'over'
    this.#errorParts = []
    this.#kept = []
    this.#bytes = 0
    this.closed()
    // Whatever is left upstream is read to its end, so that the connection can serve again.
    this.#transfer?.resume()
  }
}

/** White space, and the bytes of a byte order mark. DeepSeek sends empty lines while it thinks, also before JSON. */
export function firstMeaningfulByte(bytes: Buffer): number {
  let start = 0
  while (start < bytes.length && isSkippable(bytes[start] ?? 0)) start += 1
  return start
}

function isSkippable(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xef || byte === 0xbb || byte === 0xbf
}
