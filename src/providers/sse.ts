import { StringDecoder } from 'node:string_decoder'
import { createParser, type EventSourceParser } from 'eventsource-parser'

/** Hears the events of one stream. Comments, ids and retry hints are not heard: no client of ours may see them. */
export interface EventListener {
  /** @param tail the stream ended inside this event, so it may be cut off. */
  event(data: string, name: string | undefined, tail: boolean): void
  /** One event, or one line, is longer than allowed. The reader takes no more. */
  tooLong(): void
}

/**
 * Turns the bytes of a server-sent event stream, cut anywhere, into events: UTF-8 split between two pieces, any of the
 * three line ends, a byte order mark, a missing blank line after the last event.
 */
export class EventReader {
  readonly #decoder = new StringDecoder('utf8')
  readonly #parser: EventSourceParser
  #started = false
  #tail = false
  #terminated = false

  /** @param maximumChars of one event, its line included. */
  constructor(listener: EventListener, maximumChars: number) {
    this.#parser = createParser({
      maxBufferSize: maximumChars,
      onEvent: (event) => {
        if (event.data.length > maximumChars) this.#refuse(listener)
        else if (!this.#terminated) listener.event(event.data, event.event, this.#tail)
      },
      onError: (error) => {
        // Unknown fields and bad retry hints are to be ignored by the standard.
        if (error.type === 'max-buffer-size-exceeded') this.#refuse(listener)
      },
    })
  }

  /** Feeds one piece; events are heard before this returns. */
  feed(bytes: Buffer): void {
    if (this.#terminated) return
    const text = this.#decoder.write(bytes)
    if (text !== '') this.#feedText(text)
  }

  /** The stream is over: an event without its blank line is heard now. */
  end(): void {
    if (this.#terminated) return
    this.#tail = true
    this.#feedText(`${this.#decoder.end()}\n\n`)
    this.#terminated = true
  }

  #feedText(text: string): void {
    if (this.#started) return this.#parser.feed(text)
    this.#started = true
    this.#parser.feed(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  }

  #refuse(listener: EventListener): void {
    if (this.#terminated) return
    this.#terminated = true
    listener.tooLong()
  }
}
