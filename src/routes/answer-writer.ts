import type { ServerResponse } from 'node:http'
import type { Fault } from '../core/fault.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../providers/provider.ts'
import type { KeepaliveWheel, Silent } from './keepalive-wheel.ts'

const eventStreamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  // Asks nginx and its kin not to collect events.
  'x-accel-buffering': 'no',
} as const

/**
 * The last sink: writes an answer into the node response. A stream leaves in the normal form that every client reads
 * (`data: {json}`, LF, comments only as keepalive, `[DONE]` last); an answer in one piece leaves with its length. When the
 * client reads slower than the provider writes, the provider is paused, so memory stays bounded.
 */
export class AnswerWriter implements AnswerSink, Silent {
  lastRound = 0
  readonly #outgoing: ServerResponse
  readonly #headers: Record<string, string>
  readonly #wheel: KeepaliveWheel
  #flow: Flow | null = null
  #isStream = false
  #pending = ''
  #whole: string | Uint8Array | null = null
  #hasWritten = false

  /** `headers`: all of the answer's but those of its form; the upstream's are among them. */
  constructor(outgoing: ServerResponse, headers: Record<string, string>, wheel: KeepaliveWheel) {
    this.#outgoing = outgoing
    this.#headers = headers
    this.#wheel = wheel
  }

  head(head: AnswerHead, flow: Flow): void {
    this.#flow = flow
    this.#isStream = head.stream
    if (!head.stream || this.#outgoing.destroyed) return
    this.#outgoing.writeHead(200, { ...this.#headers, ...eventStreamHeaders })
    this.#wheel.add(this)
  }

  /**
   * After the answer was started: a stream that was opened without a chunk shows its head at once, and a comment with it,
   * which gets through to readers that wait for a first byte.
   */
  started(): void {
    if (this.#isStream && !this.#hasWritten && !this.#outgoing.writableEnded) this.keepAlive()
  }

  chunk(chunk: AnswerChunk): void {
    if (!this.#isStream) {
      this.#whole = chunk.json
      return
    }
    const json = typeof chunk.json === 'string' ? chunk.json : Buffer.from(chunk.json).toString('utf8')
    this.#pending += `data: ${json}\n\n`
  }

  flush(): void {
    if (this.#pending === '') return
    const text = this.#pending
    this.#pending = ''
    this.#write(text)
  }

  end(): void {
    if (this.#isStream) this.#wheel.remove(this)
    // The client is gone; writing would be an error that nobody can act on.
    if (this.#outgoing.destroyed) return
    if (this.#isStream) {
      this.#outgoing.end(`${this.#pending}data: [DONE]\n\n`)
      this.#pending = ''
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

  /** After the head only an error event can say it; the missing `[DONE]` says that the answer is not whole. */
  fail(fault: Fault): void {
    if (this.#isStream) this.#wheel.remove(this)
    if (this.#outgoing.destroyed) return
    const envelope = JSON.stringify(fault.toEnvelope())
    if (this.#isStream) {
      this.#outgoing.end(`${this.#pending}data: ${envelope}\n\n`)
      this.#pending = ''
      return
    }
    this.#outgoing.writeHead(fault.status, { ...this.#headers, 'content-type': 'application/json' })
    this.#outgoing.end(envelope)
  }

  keepAlive(): void {
    if (this.#outgoing.writableNeedDrain) return
    this.#write(': keepalive\n\n')
  }

  #write(text: string): void {
    this.lastRound = this.#wheel.round
    this.#hasWritten = true
    if (this.#outgoing.destroyed || this.#outgoing.write(text)) return
    const flow = this.#flow
    if (flow === null) return
    flow.pause()
    this.#outgoing.once('drain', () => {
      flow.resume()
    })
  }
}
