import { Fault } from '../../core/fault.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { faultOfResponse, type ErrorSource } from '../errors.ts'
import type { UpstreamHeaders, UpstreamListener } from '../upstream.ts'
import type { AnswerChunk, AnswerSink, Flow, ProviderCall } from '../provider.ts'
import { forwardableHeaders, upstreamRequestId } from '../response-headers.ts'
import { EventReader, type EventListener } from '../sse.ts'
import { readUsage } from '../usage.ts'
import { CompletionBuilder } from './chunks-to-completion.ts'
import { completionToChunks } from './completion-to-chunks.ts'
import type { Draft } from './draft.ts'
import type { ChatReading, OpenReading } from './reading.ts'

/** How much of an error body is read. */
const maximumErrorBytes = 64 * 1024
/** How much may follow the end mark before the connection is given up rather than kept for the next request. */
const maximumTrailingBytes = 64 * 1024

/**
 * One answer of an upstream on its way to a sink; how its words are read is the reading's business. What was asked for and what comes are two things: either
 * may be a stream, events or one JSON text, told apart by the first byte that is not white space, because content types
 * lie. The sink gets what the client asked for.
 */
export class ChatAnswer implements UpstreamListener, EventListener, Flow {
  readonly #call: ProviderCall
  readonly #sink: AnswerSink
  readonly #now: () => number
  readonly #openReading: OpenReading
  readonly #warnings: readonly string[]
  #phase: 'head' | 'error' | 'sniffing' | 'whole' | 'events' | 'over' = 'head'
  #transfer: Flow | null = null
  #status = 0
  #headers: UpstreamHeaders = {}
  #headSent = false
  #parts: Buffer[] = []
  #bytes = 0
  #reader: EventReader | null = null
  #reading: ChatReading | null = null
  #builder: CompletionBuilder | null = null
  #unflushed = false

  /**
   * @param now milliseconds since 1970.
   * @param warnings what could not be honoured of the request.
   */
  constructor(
    call: ProviderCall,
    sink: AnswerSink,
    openReading: OpenReading,
    now: () => number,
    warnings: readonly string[] = [],
  ) {
    this.#call = call
    this.#sink = sink
    this.#openReading = openReading
    this.#now = now
    this.#warnings = warnings
  }

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
    this.#headers = headers
    if (status >= 200 && status < 300) {
      this.#phase = 'sniffing'
      // A stream's head goes out now; the first event decides whether it is kept.
      if (this.#call.stream && !/json|html/i.test(this.#contentType())) this.#sendHead()
    } else if (status < 400) {
      this.#refuse(faultOfResponse(Buffer.alloc(0), this.#source()))
    } else {
      this.#phase = 'error'
    }
  }

  data(bytes: Buffer): void {
    switch (this.#phase) {
      case 'events':
        this.#readEvents(bytes)
        return
      case 'sniffing':
        this.#sniff(bytes)
        return
      case 'whole':
        this.#collect(bytes)
        return
      case 'error':
        this.#bytes += bytes.length
        this.#parts.push(bytes)
        if (this.#bytes >= maximumErrorBytes) this.#refuse(faultOfResponse(Buffer.concat(this.#parts), this.#source()))
        return
      case 'over':
        this.#bytes += bytes.length
        if (this.#bytes > maximumTrailingBytes) this.#transfer?.abort()
        return
      case 'head':
    }
  }

  end(): void {
    switch (this.#phase) {
      case 'events':
        this.#reader?.end()
        if (this.#isLive()) this.#finish(false)
        return
      case 'sniffing':
        this.#refuse(new Fault('upstream_interrupted', 'The provider answered with nothing at all.', this.#details()))
        return
      case 'whole':
        this.#takeWhole()
        return
      case 'error':
        this.#refuse(faultOfResponse(Buffer.concat(this.#parts), this.#source()))
        return
      case 'head':
      case 'over':
    }
  }

  fail(fault: Fault): void {
    if (this.#phase === 'over') return
    if (this.#phase === 'error') {
      this.#refuse(faultOfResponse(Buffer.concat(this.#parts), this.#source()))
    } else if (this.#phase === 'events' && this.#reading?.complete === true && fault.kind !== 'internal') {
      this.#finish(false) // Every choice had its finish_reason: the answer is whole, only the end mark is missing.
    } else {
      this.#refuse(fault)
    }
  }

  event(data: string, name: string | undefined, tail: boolean): void {
    if (this.#phase !== 'events' || this.#reading === null) return
    const fault = this.#reading.event(data, name)
    if (fault === null) return
    if (fault === 'done') {
      this.#finish(true)
      return
    }
    // An event cut off by the end of the stream is not bad JSON but a stream that broke off.
    if (tail && fault.cause instanceof SyntaxError) this.#finish(false)
    else this.#refuse(fault)
  }

  tooLong(): void {
    const message = `The provider sent an event of more than ${this.#call.limits.maxEventChars} characters.`
    this.#refuse(new Fault('upstream_error', message, this.#details()))
  }

  #readEvents(bytes: Buffer): void {
    if (this.#builder !== null && this.#isTooLarge(bytes)) return
    this.#reader?.feed(bytes)
    if (this.#unflushed && this.#isLive()) this.#flush()
  }

  #sniff(bytes: Buffer): void {
    let start = 0
    while (start < bytes.length && isSkippable(bytes[start] ?? 0)) start += 1
    if (start === bytes.length) return
    const rest = start === 0 ? bytes : bytes.subarray(start)
    const first = String.fromCharCode(rest[0] ?? 0)
    if (first === '{' || first === '[') {
      this.#phase = 'whole'
      this.#collect(rest)
    } else if (/event-stream/i.test(this.#contentType()) ? first !== '<' : /[:deir]/.test(first)) {
      this.#beginEvents()
      this.#readEvents(rest)
    } else {
      const message =
        'The provider answered with something that is neither JSON nor an event stream. Its base URL may be wrong.'
      this.#refuse(new Fault('upstream_error', message, this.#details()))
    }
  }

  #beginEvents(): void {
    this.#phase = 'events'
    if (this.#call.stream) this.#sendHead()
    else this.#builder = new CompletionBuilder()
    this.#reading = this.#read()
    this.#reader = new EventReader(this, this.#call.limits.maxEventChars)
  }

  #read(): ChatReading {
    const { stream, clientWantsUsage } = this.#call
    return this.#openReading({
      call: this.#call,
      now: this.#now,
      source: () => this.#source(),
      push: (chunk) => this.#take(chunk),
      wantsUsage: clientWantsUsage || !stream,
    })
  }

  #take(chunk: AnswerChunk): void {
    if (!this.#isLive()) return
    if (this.#builder !== null) {
      if (!chunk.internal) this.#builder.add(chunk.value)
      return
    }
    this.#unflushed = true
    this.#sink.chunk(chunk)
  }

  /** The upstream's stream is over, by its end mark or by its end. */
  #finish(marked: boolean): void {
    const fault = this.#reading?.finish(marked) ?? null
    if (!this.#isLive()) return
    if (fault !== null) this.#refuse(fault)
    else if (this.#builder !== null) this.#sendCompletion(this.#builder.build(), true, null)
    else this.#endStream()
  }

  #endStream(): void {
    if (this.#unflushed) this.#flush()
    if (!this.#isLive()) return
    this.#close()
    this.#sink.end()
  }

  #collect(bytes: Buffer): void {
    if (this.#isTooLarge(bytes)) return
    this.#parts.push(bytes)
  }

  #takeWhole(): void {
    const only = this.#parts.length === 1 ? this.#parts[0] : undefined
    const bytes = only ?? Buffer.concat(this.#parts)
    let value: unknown
    try {
      value = JSON.parse(bytes.toString('utf8'))
    } catch (cause) {
      this.#refuse(
        new Fault('upstream_error', 'The provider sent an answer that is not valid JSON.', {
          ...this.#details(),
          cause,
        }),
      )
      return
    }
    const whole = this.#read().whole(value)
    if (whole instanceof Fault) this.#refuse(whole)
    else if (this.#call.stream) this.#sendAsChunks(whole.completion)
    else this.#sendCompletion(whole.completion, whole.changed, bytes, whole.usage)
  }

  /** An upstream that was asked to stream and answered in one piece. */
  #sendAsChunks(completion: Draft): void {
    this.#sendHead()
    for (const chunk of completionToChunks(completion, this.#call.clientWantsUsage)) this.#take(chunk)
    if (this.#isLive()) this.#endStream()
  }

  #sendCompletion(completion: Draft, changed: boolean, bytes: Buffer | null, usage?: Usage): void {
    const value = completion as JsonObject
    this.#sendHead()
    if (!this.#isLive()) return
    const json = changed || bytes === null ? JSON.stringify(value) : bytes
    this.#sink.chunk({ json, value, usage: usage ?? readUsage(value['usage']), internal: false })
    this.#unflushed = true
    this.#endStream()
  }

  #sendHead(): void {
    if (this.#headSent || !this.#isLive()) return
    this.#headSent = true
    const headers = forwardableHeaders(this.#headers)
    const id = upstreamRequestId(this.#headers)
    const head = { status: this.#status, stream: this.#call.stream, headers, upstreamRequestId: id }
    this.#sink.head(this.#warnings.length === 0 ? head : { ...head, warnings: this.#warnings }, this)
  }

  #flush(): void {
    this.#unflushed = false
    this.#sink.flush()
  }

  /** Ends the exchange with a fault; what the upstream still has to say is not wanted. */
  #refuse(fault: Fault): void {
    if (!this.#isLive()) return
    const finished = this.#unflushed
    if (finished) this.#flush()
    if (!this.#isLive()) return
    this.#close()
    this.#transfer?.abort()
    this.#sink.fail(fault)
  }

  #close(): void {
    this.#phase = 'over'
    this.#parts = []
    this.#bytes = 0
    this.#reader = null
    this.#reading = null
    this.#builder = null
    // Whatever is left upstream is read to its end, so that the connection can serve again.
    this.#transfer?.resume()
  }

  /** A method because the phase changes under every call to the sink. */
  #isLive(): boolean {
    return this.#phase !== 'over'
  }

  #isTooLarge(bytes: Buffer): boolean {
    this.#bytes += bytes.length
    if (this.#bytes <= this.#call.limits.maxAnswerBytes) return false
    const message = `The provider sent an answer of more than ${this.#call.limits.maxAnswerBytes} bytes.`
    this.#refuse(new Fault('upstream_error', message, this.#details()))
    return true
  }

  #contentType(): string {
    return String(this.#headers['content-type'] ?? '')
  }

  #details(): { readonly upstreamRequestId: string | null } {
    return { upstreamRequestId: upstreamRequestId(this.#headers) }
  }

  #source(): ErrorSource {
    return { status: this.#status, headers: this.#headers, apiKey: this.#call.credential.apiKey, now: this.#now() }
  }
}

/** White space, and the bytes of a byte order mark. DeepSeek sends empty lines while it thinks, also before JSON. */
function isSkippable(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xef || byte === 0xbb || byte === 0xbf
}
