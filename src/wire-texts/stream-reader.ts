import type { JsonObject } from '../core/json.ts'
import type { AnswerField, AnswerPlace, Look } from './answer-place.ts'

/** A piece of one of the texts of a streamed answer. Never empty. */
export interface TextPiece {
  /**
   * As in a whole answer (`AnswerPlace`); arguments come as the model writes them, not string by string. A text that goes
   * on after it was closed, which a provider should not do, is another one, `…~2`: a closed channel never gets a piece again.
   */
  readonly channel: string
  readonly choice: number
  readonly field: AnswerField
  readonly text: string
}

/** One event of a stream, read. */
export interface StreamEvent {
  /** Pieces of text in it, in order. */
  readonly pieces: readonly TextPiece[]
  /**
   * Channels whose text is over, in the order in which they began. What is still held of one has to go out before this
   * event, by `delta`; of one that has a piece in this very event (some providers send the last text and the finish reason
   * together), it goes behind that piece, into the text given to `with`.
   */
  readonly closes: readonly string[]
  /** The whole answer is over with this event: every channel that is open is to be closed before it. */
  readonly closesAll: boolean
  /**
   * It carries texts that are whole: repeats of what went by in pieces, and texts that never come in pieces (a search, the
   * result of a tool which the provider ran); or it spells a text again that became another, in `logprobs` or in sound.
   * `repeated` rewrites them. It then has no pieces.
   */
  readonly repeats: boolean
  /**
   * The event with these texts in place of its pieces (same order and count); the very same one when they are the same.
   * null when nothing is left in it worth sending. `logprobs` of a changed piece are dropped; from then on also those of
   * its choice in events whose own texts did not change, so this is to be asked for every event that has pieces, before the
   * next one is read.
   */
  with(texts: readonly string[]): JsonObject | null
  /**
   * The event with each whole text mapped; the very same one when none changed. A channel that had pieces is to be mapped
   * to what was released of it; the text of any other is to be looked at here, whole. Texts of arguments come raw, but for
   * inputs that are no text in the event. What spells or counts a changed text (`logprobs`, `annotations`) is emptied.
   *
   * @param map gets the field too, which a channel alone does not tell.
   */
  repeated(map: (channel: string, text: string, field: AnswerField) => string): JsonObject
}

/** An event that did not come from the provider. */
export interface OwnEvent {
  readonly value: JsonObject
  /** Its name, where the operation's events have one. */
  readonly event?: string
}

/** Reads one streamed answer, event by event, in order. */
export interface StreamReader {
  /** Events of this API repeat texts that went by in pieces, so that whoever changed one has to know what became of it. */
  readonly repeatsTexts: boolean
  /** @throws Fault `upstream_error` for an event that is nested too deeply to be looked through. */
  read(value: JsonObject): StreamEvent
  /** An event of its own with more text of a channel, framed like the events that brought it. */
  delta(channel: string, text: string): OwnEvent
  /**
   * To be called with every event that is really sent, the reader's own ones too, right before: so the reader knows what
   * the client has got. Where events are numbered, it gives back the event with the number that is next, so that numbers go
   * up by one whatever was put in or left out; the very same event when it has that number, or none.
   */
  renumber(value: JsonObject): JsonObject
  /**
   * The events that end the answer now because of a filter, after which nothing more is sent. They count on what
   * `renumber` saw, and are to go through it as well.
   *
   * @param released what went out of the text of a channel.
   */
  blocked(released: (channel: string) => string): readonly OwnEvent[]
}

/** Maps the texts of one event: all of its pieces, or all of its whole texts. */
export type MapEvent = (look: Look) => JsonObject

const noPieces: readonly TextPiece[] = []
const noChannels: readonly string[] = []

/** An event without any text. */
export function silentEvent(value: JsonObject, closesAll = false, closes: readonly string[] = noChannels): StreamEvent {
  return {
    pieces: noPieces,
    closes,
    closesAll,
    repeats: false,
    with: () => value,
    repeated: () => value,
  }
}

/** An event whose texts are whole, if it has any. */
export function wholeEvent(
  value: JsonObject,
  map: MapEvent,
  closes: readonly string[] = noChannels,
  closesAll = false,
): StreamEvent {
  let count = 0
  map({
    visit: (text) => {
      count += 1
      return text
    },
    argumentsAs: 'raw',
  })
  if (count === 0) return silentEvent(value, closesAll, closes)
  return {
    pieces: noPieces,
    closes,
    closesAll,
    repeats: true,
    with: () => value,
    repeated: (released) =>
      map({ visit: (text, place) => released(place.channel, text, place.field), argumentsAs: 'raw' }),
  }
}

/** The texts of an event filled in, in the order in which `map` visits them. */
export function filledIn(map: MapEvent, texts: readonly string[]): JsonObject {
  let next = 0
  const filled = map({
    visit: () => {
      const text = texts[next]
      if (text === undefined) throw new Error('There are more pieces in the event than texts to put in their place')
      next += 1
      return text
    },
    argumentsAs: 'raw',
  })
  if (next !== texts.length) throw new Error('There are fewer pieces in the event than texts to put in their place')
  return filled
}

/** Whether these are the texts of the pieces. */
export function areTexts(pieces: readonly TextPiece[], texts: readonly string[]): boolean {
  return pieces.length === texts.length && pieces.every(({ text }, index) => text === texts[index])
}

/** The piece of a text that a visit brought. */
export function pieceOf(place: AnswerPlace, channel: string, text: string): TextPiece {
  return { channel, choice: place.choice, field: place.field, text }
}

/** Which texts are under way, in the order in which they began. */
export class OpenChannels {
  readonly #open = new Set<string>()
  readonly #closed = new Map<string, number>()

  /** The channel in which the text of this place goes on. */
  use(place: string): string {
    const times = this.#closed.get(place)
    const channel = times === undefined ? place : `${place}~${times + 1}`
    this.#open.add(channel)
    return channel
  }

  /** Closes those that `isOver` says. @returns them. */
  close(isOver: (channel: string) => boolean): readonly string[] {
    const over = [...this.#open].filter(isOver)
    for (const channel of over) {
      this.#open.delete(channel)
      const place = placeOfChannel(channel)
      this.#closed.set(place, (this.#closed.get(place) ?? 0) + 1)
    }
    return over.length === 0 ? noChannels : over
  }
}

/** The channel without the number of its continuation. */
export function placeOfChannel(channel: string): string {
  return channel.replace(/~\d+$/, '')
}
