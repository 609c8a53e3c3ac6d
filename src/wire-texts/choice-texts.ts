import { type JsonObject, isJsonObject } from '../core/json.ts'
import type { AnswerPlace } from './answer-place.ts'
import { isFinished } from './chat-choice.ts'
import { JsonEnd } from './json-end.ts'
import { indexIn, objectsIn } from './members.ts'
import { hasReasoning } from './reasoning.ts'
import { OpenChannels } from './stream-reader.ts'

/**
 * The texts of one streamed choice, and when each is over: when the choice says why it ends. A client puts the pieces of a
 * text together whatever came between them, so a model that turns to thinking or to a tool in the middle of a word has
 * ended nothing. Only a call whose JSON is whole is over when the next one begins, because clients take it for complete.
 */
export class ChoiceTexts {
  /** The last delta that had reasoning. */
  reasoned: JsonObject = {}
  /** One of its texts was held back or became another, so nothing may spell them a second time any more. */
  isChanged = false
  /** So did what it speaks. */
  isSilent = false
  readonly #index: number
  readonly #channels = new OpenChannels()
  readonly #calls = new Map<string, JsonEnd>()

  constructor(index: number) {
    this.#index = index
  }

  /** Takes a piece of text. @returns its channel. Adds to `closes` what is over with it. */
  piece(place: AnswerPlace, text: string, closes: string[]): string {
    if (place.field === 'arguments' || place.field === 'input') this.#begin(place.channel, closes)
    if (place.field === 'arguments') this.#calls.get(place.channel)?.feed(text)
    return this.#channels.use(place.channel)
  }

  /** What a choice of a chunk tells beside its pieces, which have been taken: calls that begin, the end. */
  read(choice: JsonObject, closes: string[]): void {
    const delta = choice['delta']
    if (isJsonObject(delta)) {
      if (hasReasoning(delta)) this.reasoned = delta
      for (const [position, call] of objectsIn(delta, 'tool_calls').entries()) {
        const name = isJsonObject(call['custom']) ? 'input' : 'arguments'
        this.#begin(`${this.#index}/tool_calls/${indexIn(call, 'index', position)}/${name}`, closes)
      }
      if (isJsonObject(delta['function_call'])) this.#begin(`${this.#index}/function_call/arguments`, closes)
    }
    if (isFinished(choice)) closes.push(...this.#channels.close(() => true))
  }

  /** The text of a channel was held back or became another. */
  changed(channel: string): void {
    this.isChanged = true
    if (channel.startsWith(`${this.#index}/audio/`)) this.isSilent = true
  }

  /** A call, if it is a new one: the calls before it that are whole are over. */
  #begin(place: string, closes: string[]): void {
    if (this.#calls.has(place)) return
    this.#calls.set(place, new JsonEnd())
    closes.push(...this.#channels.close((channel) => this.#calls.get(channel)?.isReached === true))
  }
}
