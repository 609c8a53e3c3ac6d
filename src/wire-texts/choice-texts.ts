import { type JsonObject, isJsonObject } from '../core/json.ts'
import type { AnswerPlace } from './answer-place.ts'
import { JsonEnd } from './json-end.ts'
import { indexIn, objectsIn } from './members.ts'
import { hasReasoning } from './reasoning.ts'
import { OpenChannels, placeOfChannel } from './stream-reader.ts'

/** What a model does one after the other: think, speak, call tools. */
type Turn = 'reasoning' | 'speech' | 'calls'

/**
 * The texts of one streamed choice, and when each is over. When a model turns from thinking to speaking or to calling a
 * tool, what it did before is over, so that it reaches the client before what comes next does. Of calls that grow side by
 * side only those whose JSON is whole are over.
 *
 * A text that goes on after such a turn is not closed by another one: otherwise a provider that mixes two of them piece by
 * piece would have every piece looked at alone.
 */
export class ChoiceTexts {
  /** The last delta that had reasoning. */
  reasoned: JsonObject = {}
  readonly #index: number
  readonly #channels = new OpenChannels()
  readonly #turns = new Map<string, Turn>()
  readonly #calls = new Map<string, JsonEnd>()
  #turn: Turn | null = null

  constructor(index: number) {
    this.#index = index
  }

  /** Takes a piece of text. @returns its channel. Adds to `closes` what is over with it. */
  piece(place: AnswerPlace, text: string, closes: string[]): string {
    const turn = turnOf(place)
    if (turn === 'calls') this.#begin(place.channel, closes)
    else this.#turnTo(turn, closes)
    this.#calls.get(place.channel)?.feed(text)
    const channel = this.#channels.use(place.channel)
    this.#turns.set(channel, turn)
    return channel
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
    if (typeof choice['finish_reason'] === 'string') closes.push(...this.#channels.close(() => true))
  }

  /** A call, if it is a new one: the calls before it that are whole are over. */
  #begin(place: string, closes: string[]): void {
    this.#turnTo('calls', closes)
    if (this.#calls.has(place)) return
    this.#calls.set(place, new JsonEnd())
    this.#close('calls', closes)
  }

  #turnTo(turn: Turn, closes: string[]): void {
    if (this.#turn === turn) return
    const before = this.#turn
    this.#turn = turn
    if (before !== null) this.#close(before, closes)
  }

  #close(turn: Turn, closes: string[]): void {
    closes.push(
      ...this.#channels.close((channel) => {
        const place = placeOfChannel(channel)
        if (this.#turns.get(channel) !== turn || channel !== place) return false
        return turn !== 'calls' || place.endsWith('/input') || this.#calls.get(place)?.isReached === true
      }),
    )
  }
}

function turnOf(place: AnswerPlace): Turn {
  if (place.field === 'reasoning') return 'reasoning'
  return place.field === 'arguments' ? 'calls' : 'speech'
}
