import { Fault } from '../../core/fault.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { faultInStream, faultOfError, readProviderError } from '../errors.ts'
import type { AnswerSink, ProviderCall } from '../provider.ts'
import { EventReader, type EventListener } from '../sse.ts'
import { firstMeaningfulByte, UpstreamAnswer } from '../upstream-answer.ts'
import type { Forwarding } from './forwarding.ts'

/**
 * One answer that is handed on in the upstream's own shapes: events with their names, JSON as its bytes, speech as it comes.
 * Only what has to be known is read out of it: tokens, whether it is whole, errors.
 */
export class ForwardAnswer extends UpstreamAnswer implements EventListener {
  readonly #forwarding: Forwarding
  #form: 'unknown' | 'whole' | 'events' | 'raw' = 'unknown'
  #reader: EventReader | null = null
  #sent = 0
  #isWhole = false
  #failed: Fault | null = null

  /** @param now milliseconds since 1970. */
  constructor(
    call: ProviderCall,
    sink: AnswerSink,
    forwarding: Forwarding,
    now: () => number,
    warnings: readonly string[] = [],
  ) {
    super(call, sink, now, warnings)
    this.#forwarding = forwarding
  }

  protected override opened(): void {
    const type = this.contentType()
    // A page is what some machine on the way has to say, never speech or a transcript.
    if (this.#forwarding.raw === true && !/json|event-stream|html/i.test(type)) {
      this.#form = 'raw'
      const length = Number(this.headers['content-length'] ?? Number.NaN)
      const encoded = this.headers['content-encoding'] !== undefined
      this.sendHead(false, {
        contentType: type === '' ? 'application/octet-stream' : type,
        contentLength: Number.isSafeInteger(length) && !encoded ? length : null,
      })
    } else if (this.call.stream && /event-stream/i.test(type)) {
      this.sendHead(true)
    }
  }

  protected override received(bytes: Buffer): void {
    switch (this.#form) {
      case 'events':
        this.#readEvents(bytes)
        return
      case 'whole':
        this.keep(bytes)
        return
      case 'raw':
        this.push({ json: bytes, value: {}, usage: null, internal: false })
        this.flush()
        return
      case 'unknown':
        this.#sniff(bytes)
    }
  }

  protected override ended(): void {
    switch (this.#form) {
      case 'events':
        this.#reader?.end()
        this.#finishStream(false)
        return
      case 'whole':
        this.#takeWhole()
        return
      case 'raw':
        this.finish()
        return
      case 'unknown':
        this.refuse(new Fault('upstream_interrupted', 'The provider answered with nothing at all.', this.details()))
    }
  }

  protected override broken(fault: Fault): void {
    if (this.#form === 'events' && (this.#isWhole || this.#failed !== null)) this.#finishStream(false)
    else this.refuse(fault)
  }

  protected override closed(): void {
    this.#reader = null
  }

  event(data: string, name: string | undefined, tail: boolean): void {
    if (!this.isLive()) return
    if (data.trim() === '[DONE]') {
      if (this.#forwarding.endMark !== null) this.#finishStream(true)
      return
    }
    let value: unknown
    try {
      value = JSON.parse(data)
    } catch (cause) {
      // An event cut off by the end of the stream is not bad JSON but a stream that broke off.
      if (tail) this.#finishStream(false)
      else this.refuse(new Fault('upstream_error', 'The provider sent an event that is not valid JSON.', { cause }))
      return
    }
    if (isJsonObject(value)) this.#take(value, data, name)
    else
      this.refuse(new Fault('upstream_error', 'The provider sent an event that is not a JSON object.', this.details()))
  }

  #take(value: JsonObject, data: string, name: string | undefined): void {
    const seen = this.#forwarding.event(value, name)
    const isError =
      seen.state === 'failed' || (value['error'] !== undefined && value['error'] !== null && this.#sent === 0)
    if (isError && this.#sent === 0) {
      this.refuse(faultOfError(readProviderError(errorIn(value)), this.source()))
      return
    }
    if (isError) this.#failed ??= this.#toldFault(value)
    if (seen.state === 'last') this.#isWhole = true
    this.#sent += 1
    // Data over several lines was joined by line feeds, which cannot go out in one event.
    const json = data.includes('\n') ? JSON.stringify(value) : data
    const event = this.#eventName(value, name)
    const internal = seen.usageOnly === true && !this.call.clientWantsUsage
    this.push({ json, value, usage: seen.usage, internal, ...(event === undefined ? {} : { event }) })
  }

  /** The dialects without an end mark name their events, and their clients go by the name. */
  #eventName(value: JsonObject, name: string | undefined): string | undefined {
    if (this.#forwarding.endMark !== null) return undefined
    const type = value['type']
    return name ?? (typeof type === 'string' ? type : undefined)
  }

  /** The provider says itself, in an event the client gets, that it failed: nothing is to be added to that. */
  #toldFault(value: JsonObject): Fault {
    const fault = faultInStream(readProviderError(errorIn(value)), this.source())
    const { kind, message, param, code, type, upstreamRequestId, upstreamStatus } = fault
    return new Fault(kind, message, { param, code, type, upstreamRequestId, upstreamStatus, isTold: true })
  }

  #finishStream(marked: boolean): void {
    if (!this.isLive()) return
    if (this.#failed !== null) {
      this.refuse(this.#failed)
    } else if (this.#isWhole || (marked && this.#sent > 0)) {
      this.finish()
    } else {
      const message =
        this.#sent === 0
          ? 'The provider ended its stream without an answer.'
          : 'The provider ended its stream before the answer was finished.'
      this.refuse(new Fault('upstream_interrupted', message, this.details()))
    }
  }

  #readEvents(bytes: Buffer): void {
    this.#reader?.feed(bytes)
    this.flush()
  }

  #sniff(bytes: Buffer): void {
    const start = firstMeaningfulByte(bytes)
    if (start === bytes.length) return
    const first = String.fromCharCode(bytes[start] ?? 0)
    const isEvents = /event-stream/i.test(this.contentType())
    // No event begins so: an error, often, under the content type of the stream it stands for.
    if (first === '{' || first === '[') {
      this.#form = 'whole'
      this.keep(bytes)
    } else if (isEvents && this.call.stream) {
      this.#form = 'events'
      this.sendHead(true)
      this.#reader = new EventReader(this, this.call.limits.maxEventChars)
      this.#readEvents(bytes)
    } else {
      const message = isEvents
        ? 'The provider answered with a stream although none was asked for.'
        : 'The provider answered with something that is neither JSON nor an event stream. Its base URL may be wrong.'
      this.refuse(new Fault('upstream_error', message, this.details()))
    }
  }

  #takeWhole(): void {
    const kept = this.keptJson()
    if (kept === null) return
    const { bytes, value } = kept
    if (!isJsonObject(value) || isFailure(value)) {
      this.refuse(faultOfError(readProviderError(value), this.source()))
      return
    }
    const written = this.#forwarding.rewriteWhole?.(value, this.call) ?? null
    const events = this.call.stream ? (this.#forwarding.wholeAsEvents?.(value) ?? null) : null
    if (this.call.stream && events === null) {
      const message = 'The provider answered in one piece although a stream was asked for.'
      this.refuse(new Fault('upstream_error', message, this.details()))
      return
    }
    this.sendHead(this.call.stream)
    if (events === null) {
      this.push({ json: written ?? bytes, value, usage: this.#forwarding.wholeUsage(value), internal: false })
      this.finish()
      return
    }
    for (const event of events) this.#take(event, JSON.stringify(event), undefined)
    this.#finishStream(true)
  }
}

/** An error instead of an answer. A response object has an `error` of its own, null when all is well, and a status. */
function isFailure(value: JsonObject): boolean {
  return (
    value['type'] === 'error' ||
    (value['error'] !== undefined && value['error'] !== null && value['object'] === undefined)
  )
}

/** Where the error stands: in the event itself, or in the response it carries. */
function errorIn(value: JsonObject): JsonObject {
  const response = value['response']
  if (isJsonObject(response) && isJsonObject(response['error'])) return { error: response['error'] }
  return value
}
