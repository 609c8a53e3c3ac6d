import { Fault } from '../../core/fault.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { AnswerChunk, AnswerSink, ProviderCall } from '../provider.ts'
import { EventReader, type EventListener } from '../sse.ts'
import { firstMeaningfulByte, UpstreamAnswer } from '../upstream-answer.ts'
import { readUsage } from '../usage.ts'
import { CompletionBuilder } from './chunks-to-completion.ts'
import { completionToChunks } from './completion-to-chunks.ts'
import type { Draft } from './draft.ts'
import type { ChatReading, OpenReading } from './reading.ts'

/**
 * One chat answer on its way to a sink; how the upstream's words are read is the reading's business. What was asked for and
 * what comes are two things: either may be a stream, events or one JSON text, told apart by the first byte that is not white
 * space, because content types lie. The sink gets what the client asked for.
 */
export class ChatAnswer extends UpstreamAnswer implements EventListener {
  readonly #openReading: OpenReading
  #form: 'unknown' | 'whole' | 'events' = 'unknown'
  #reader: EventReader | null = null
  #reading: ChatReading | null = null
  #builder: CompletionBuilder | null = null

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
    super(call, sink, now, warnings)
    this.#openReading = openReading
  }

  protected override opened(): void {
    // A stream's head goes out now; the first event decides whether it is kept.
    if (this.call.stream && !/json|html/i.test(this.contentType())) this.sendHead(true)
  }

  protected override received(bytes: Buffer): void {
    if (this.#form === 'events') this.#readEvents(bytes)
    else if (this.#form === 'whole') this.keep(bytes)
    else this.#sniff(bytes)
  }

  protected override ended(): void {
    if (this.#form === 'events') {
      this.#reader?.end()
      if (this.isLive()) this.#finishStream(false)
    } else if (this.#form === 'whole') {
      this.#takeWhole()
    } else {
      this.refuse(new Fault('upstream_interrupted', 'The provider answered with nothing at all.', this.details()))
    }
  }

  protected override broken(fault: Fault): void {
    // Every choice had its finish_reason: the answer is whole, only the end mark is missing.
    if (this.#reading?.complete === true && fault.kind !== 'internal') this.#finishStream(false)
    else this.refuse(fault)
  }

  protected override closed(): void {
    this.#reader = null
    this.#reading = null
    this.#builder = null
  }

  event(data: string, name: string | undefined, tail: boolean): void {
    if (!this.isLive() || this.#reading === null) return
    const fault = this.#reading.event(data, name)
    if (fault === null) return
    // An event cut off by the end of the stream is not bad JSON but a stream that broke off.
    if (fault === 'done') this.#finishStream(true)
    else if (tail && fault.cause instanceof SyntaxError) this.#finishStream(false)
    else this.refuse(fault)
  }

  #readEvents(bytes: Buffer): void {
    if (this.#builder !== null && this.isTooLarge(bytes)) return
    this.#reader?.feed(bytes)
    this.flush()
  }

  #sniff(bytes: Buffer): void {
    const start = firstMeaningfulByte(bytes)
    if (start === bytes.length) return
    const rest = start === 0 ? bytes : bytes.subarray(start)
    const first = String.fromCharCode(rest[0] ?? 0)
    if (first === '{' || first === '[') {
      this.#form = 'whole'
      this.keep(rest)
    } else if (/event-stream/i.test(this.contentType()) ? first !== '<' : /[:deir]/.test(first)) {
      this.#beginEvents()
      this.#readEvents(rest)
    } else {
      const message =
        'The provider answered with something that is neither JSON nor an event stream. Its base URL may be wrong.'
      this.refuse(new Fault('upstream_error', message, this.details()))
    }
  }

  #beginEvents(): void {
    this.#form = 'events'
    if (this.call.stream) this.sendHead(true)
    else this.#builder = new CompletionBuilder()
    this.#reading = this.#read()
    this.#reader = new EventReader(this, this.call.limits.maxEventChars)
  }

  #read(): ChatReading {
    const { stream, clientWantsUsage } = this.call
    return this.#openReading({
      call: this.call,
      now: this.now,
      source: () => this.source(),
      push: (chunk) => this.#take(chunk),
      wantsUsage: clientWantsUsage || !stream,
    })
  }

  #take(chunk: AnswerChunk): void {
    if (this.#builder === null) this.push(chunk)
    else if (!chunk.internal) this.#builder.add(chunk.value)
  }

  /** The upstream's stream is over, by its end mark or by its end. */
  #finishStream(marked: boolean): void {
    const fault = this.#reading?.finish(marked) ?? null
    if (!this.isLive()) return
    if (fault !== null) this.refuse(fault)
    else if (this.#builder !== null) this.#sendCompletion(this.#builder.build(), true, null)
    else this.finish()
  }

  #takeWhole(): void {
    const kept = this.keptJson()
    if (kept === null) return
    const { bytes, value } = kept
    const whole = this.#read().whole(value)
    if (whole instanceof Fault) this.refuse(whole)
    else if (this.call.stream) this.#sendAsChunks(whole.completion)
    else this.#sendCompletion(whole.completion, whole.changed, bytes, whole.usage)
  }

  /** An upstream that was asked to stream and answered in one piece. */
  #sendAsChunks(completion: Draft): void {
    this.sendHead(true)
    for (const chunk of completionToChunks(completion, this.call.clientWantsUsage)) this.push(chunk)
    this.finish()
  }

  #sendCompletion(completion: Draft, changed: boolean, bytes: Buffer | null, usage?: Usage): void {
    const value = completion as JsonObject
    this.sendHead(false)
    const json = changed || bytes === null ? JSON.stringify(value) : bytes
    this.push({ json, value, usage: usage ?? readUsage(value['usage']), internal: false })
    this.finish()
  }
}
