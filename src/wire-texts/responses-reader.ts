import { type JsonObject, isJsonObject } from '../core/json.ts'
import { type Look, requireLookable } from './answer-place.ts'
import { mapLeavesOf, notTexts } from './leaves.ts'
import { emptied, indexIn, mapObjectMember, mapTextMember, replaced, textIn } from './members.ts'
import { mapOutputItem, mapOutputPart, mapResponse, placeOf, withoutSpelling } from './output-item.ts'
import { channelOfEvent, textKind, type TextKind } from './response-kinds.ts'
import { SentResponse } from './sent-response.ts'
import {
  filledIn,
  OpenChannels,
  type OwnEvent,
  pieceOf,
  placeOfChannel,
  silentEvent,
  type StreamEvent,
  type StreamReader,
  wholeEvent,
} from './stream-reader.ts'

/** Streams of the Responses API. */
export class ResponsesReader implements StreamReader {
  readonly repeatsTexts = true
  readonly #channels = new OpenChannels()
  /** The last event that had a piece of a channel. */
  readonly #frames = new Map<string, JsonObject>()
  /** Channels of which something was held back or became another. */
  readonly #changed = new Set<string>()
  readonly #sent = new SentResponse()
  /** Index of each item that was told, by its id: not every provider counts them the same in its last event. */
  readonly #indexes = new Map<string, number>()
  #isNumbered = true
  /** The number of the event that is sent next; null: none has been sent. */
  #next: number | null = null

  read(value: JsonObject): StreamEvent {
    this.#isNumbered = typeof value['sequence_number'] === 'number'
    const type = textIn(value, 'type')
    if (type.endsWith('.delta') && typeof value['delta'] === 'string') {
      const kind = textKind(type.slice(0, -'.delta'.length))
      return kind === null ? this.#sound(value) : this.#delta(value, value['delta'], kind)
    }
    requireLookable(value)
    return this.#whole(value, type)
  }

  delta(channel: string, text: string): OwnEvent {
    const frame = this.#frames.get(channel)
    if (frame === undefined) throw new Error('A text that no event has begun cannot go on')
    const { obfuscation: _obfuscation, ...kept } = frame
    return this.#own({ ...emptied(kept, 'logprobs'), delta: text })
  }

  renumber(value: JsonObject): JsonObject {
    this.#sent.note(value)
    const own = value['sequence_number']
    if (typeof own !== 'number') return value
    const number = this.#next ?? own
    this.#next = number + 1
    return number === own ? value : { ...value, sequence_number: number }
  }

  blocked(released: (channel: string) => string): readonly OwnEvent[] {
    return this.#sent.filtered(released).map((value) => this.#own(value))
  }

  #own(value: JsonObject): OwnEvent {
    const { sequence_number: _number, type, ...members } = value
    const numbered: JsonObject = this.#isNumbered ? { sequence_number: this.#next ?? 0 } : {}
    return { value: { type: type ?? '', ...numbered, ...members }, event: textIn(value, 'type') }
  }

  #delta(value: JsonObject, text: string, kind: TextKind): StreamEvent {
    const place = channelOfEvent(value, kind)
    if (text === '') return this.#echo(value, place, () => withoutSpelling(value))
    const channel = this.#channels.use(place)
    this.#frames.set(channel, value)
    const map = (look: Look): JsonObject => {
      const told = mapTextMember(value, 'delta', (own) => look.visit(own, placeOf(place, kind.field)))
      return told === value && !this.#changed.has(place) ? value : withoutSpelling(told)
    }
    return {
      pieces: [pieceOf(placeOf(place, kind.field), channel, text)],
      closes: [],
      closesAll: false,
      repeats: false,
      with: (texts) => {
        if (texts[0] !== text) this.#changed.add(place)
        return texts[0] === '' ? null : filledIn(map, texts)
      },
      repeated: () => value,
    }
  }

  /** Bytes of what is spoken: they fall silent once its transcript became another. */
  #sound(value: JsonObject): StreamEvent {
    const item = `output/${indexIn(value, 'output_index')}`
    const base = textIn(value, 'type').slice(0, -'.delta'.length)
    return this.#echo(value, `${item}/${base}_transcript`, () => replaced(value, 'delta', ''))
  }

  /** An event without text that may say a text a second time. @param rest what is left of it once that one changed. */
  #echo(value: JsonObject, place: string, rest: () => JsonObject): StreamEvent {
    if (!this.#changed.has(place)) return silentEvent(value)
    return { ...silentEvent(value), repeats: true, repeated: rest }
  }

  #whole(value: JsonObject, type: string): StreamEvent {
    const item = `output/${indexIn(value, 'output_index')}`
    switch (type) {
      case 'response.output_item.added':
      case 'response.output_item.done':
        return this.#item(value, type)
      case 'response.content_part.added':
      case 'response.content_part.done': {
        const place = `${item}/content/${indexIn(value, 'content_index')}`
        return this.#over(value, type, place, (look) =>
          mapObjectMember(value, 'part', (part) => mapOutputPart(part, place, 'content', look)),
        )
      }
      case 'response.reasoning_summary_part.added':
      case 'response.reasoning_summary_part.done': {
        const place = `${item}/summary/${indexIn(value, 'summary_index')}`
        return this.#over(value, type, place, (look) =>
          mapObjectMember(value, 'part', (part) => mapOutputPart(part, place, 'reasoning', look)),
        )
      }
      case 'error':
        return silentEvent(value, true)
      default:
        if (value['response'] !== undefined) return this.#response(value, type)
        return type.endsWith('.done') ? this.#textDone(value, type) : this.#other(value, item, type)
    }
  }

  #item(value: JsonObject, type: string): StreamEvent {
    const index = indexIn(value, 'output_index')
    const item = value['item']
    if (isJsonObject(item) && textIn(item, 'id') !== '') this.#indexes.set(textIn(item, 'id'), index)
    return this.#over(value, type, `output/${index}/`, (look) =>
      mapObjectMember(value, 'item', (own) => mapOutputItem(own, index, look)),
    )
  }

  /** @param place the channel that a `….done` closes, or what all of them begin with when it ends in a slash. */
  #over(value: JsonObject, type: string, place: string, map: (look: Look) => JsonObject): StreamEvent {
    if (!type.endsWith('.done')) return wholeEvent(value, map)
    const isOver = (channel: string): boolean =>
      place.endsWith('/') ? channel.startsWith(place) : placeOfChannel(channel) === place
    return wholeEvent(value, map, this.#channels.close(isOver))
  }

  #textDone(value: JsonObject, type: string): StreamEvent {
    const kind = textKind(type.slice(0, -'.done'.length))
    if (kind === null) return silentEvent(value)
    const place = channelOfEvent(value, kind)
    return this.#over(value, type, place, (look) => {
      const visit = (text: string): string => look.visit(text, placeOf(place, kind.field))
      if (kind.whole === null) return mapLeavesOf(value, visit, notInEvents)
      const told = mapTextMember(value, kind.whole, visit)
      return told === value ? value : withoutSpelling(told)
    })
  }

  #response(value: JsonObject, type: string): StreamEvent {
    const map = (look: Look): JsonObject =>
      mapObjectMember(value, 'response', (response) => mapResponse(response, look, this.#indexes))
    return wholeEvent(value, map, [], lastTypes.has(type))
  }

  /** An event that is not known may say anything. */
  #other(value: JsonObject, item: string, type: string): StreamEvent {
    const place = placeOf(`${item}/${type}`, 'content')
    return wholeEvent(value, (look) => mapLeavesOf(value, (text) => look.visit(text, place), notInEvents))
  }
}

/** Events after which nothing is said. */
const lastTypes: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
])

const notInEvents: ReadonlySet<string> = new Set([
  ...notTexts,
  'obfuscation',
  'output_format',
  'background',
  'quality',
  'size',
])
