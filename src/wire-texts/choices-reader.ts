import { type JsonObject, isJsonObject, ownMember } from '../core/json.ts'
import type { AnswerPlace, Look } from './answer-place.ts'
import { deltaOf, isFinished, mapChat, speaks } from './chat-choice.ts'
import { ChoiceTexts } from './choice-texts.ts'
import { withoutEchoes } from './echoes.ts'
import { indexIn, mapObjects, objectsIn } from './members.ts'
import { moreReasoning } from './reasoning.ts'
import {
  areTexts,
  filledIn,
  type OwnEvent,
  pieceOf,
  placeOfChannel,
  type StreamEvent,
  type StreamReader,
  type TextPiece,
} from './stream-reader.ts'

/** Whole texts that are remembered, for providers that repeat their sources in every chunk. */
const mostRemembered = 1_000
const longestRemembered = 1_000

/** What the client has got of a choice. */
interface SentChoice {
  hasRole: boolean
  isFinished: boolean
}

/** Streams of chat and of the legacy completions: chunks with choices. */
export class ChoicesReader implements StreamReader {
  readonly repeatsTexts = false
  readonly #isChat: boolean
  readonly #choices = new Map<number, ChoiceTexts>()
  readonly #sent = new Map<number, SentChoice>()
  /** Whole texts that went by and stayed as they were. */
  readonly #passed = new Set<string>()
  readonly #counts = new Map<string, number>()
  /** The last chunk, for the members that every chunk has. */
  #last: JsonObject = {}

  constructor(operation: 'chat' | 'text_completion') {
    this.#isChat = operation === 'chat'
  }

  read(value: JsonObject): StreamEvent {
    this.#last = value
    const map = (look: Look): JsonObject => mapChat(value, 'delta', look)
    const pieces: TextPiece[] = []
    const closes: string[] = []
    const visited: string[] = []
    /** Of each piece, where among these it is. */
    const positions: number[] = []
    const wholes = new Map<string, string>()
    map({
      visit: (text, place) => {
        visited.push(text)
        if (place.isWhole === true && this.#passed.has(text)) return text
        const channel = this.#channelOf(place, text, closes)
        if (place.isWhole === true) wholes.set(channel, text)
        positions.push(visited.length - 1)
        pieces.push(pieceOf(place, channel, text))
        return text
      },
      argumentsAs: 'raw',
      counts: this.#counts,
    })
    for (const [position, choice] of objectsIn(value, 'choices').entries()) {
      this.#choice(indexIn(choice, 'index', position)).read(choice, closes)
    }
    // Not before all of the event is read: the same text may stand in it twice, and then both have to be looked at.
    for (const text of wholes.values()) this.#remember(text)
    return {
      pieces,
      closes,
      closesAll: false,
      repeats: pieces.length === 0 && this.#withoutEchoes(value) !== value,
      with: (texts) => {
        if (areTexts(pieces, texts)) return this.#withoutEchoes(value)
        for (const [index, piece] of pieces.entries()) this.#noteChange(piece, texts[index], wholes.has(piece.channel))
        positions.forEach((position, index) => (visited[position] = texts[index] ?? ''))
        const filled = this.#withoutEchoes(filledIn(map, visited))
        return filled === value || isWorthSending(filled) ? filled : null
      },
      repeated: () => this.#withoutEchoes(value),
    }
  }

  /** Takes a text; one that is whole is over with this event. */
  #channelOf(place: AnswerPlace, text: string, closes: string[]): string {
    if (place.isWhole !== true) return this.#choice(place.choice).piece(place, text, closes)
    closes.push(place.channel)
    return place.channel
  }

  #remember(text: string): void {
    if (text.length <= longestRemembered && this.#passed.size < mostRemembered) this.#passed.add(text)
  }

  #noteChange(piece: TextPiece, text: string | undefined, isWhole: boolean): void {
    if (text === piece.text) return
    if (isWhole) this.#passed.delete(piece.text)
    else this.#choice(piece.choice).changed(piece.channel)
  }

  #withoutEchoes(value: JsonObject): JsonObject {
    return mapObjects(value, 'choices', (choice, position) => {
      const known = this.#choices.get(indexIn(choice, 'index', position))
      return known?.isChanged === true ? withoutEchoes(choice, known.isSilent) : choice
    })
  }

  delta(channel: string, text: string): OwnEvent {
    const [, digits = '0', place = ''] = /^(\d+)\/(.*)$/.exec(placeOfChannel(channel)) ?? []
    const index = Number(digits)
    if (!this.#isChat) return this.#chunk([{ index, text, logprobs: null, finish_reason: null }])
    const isReasoning = place.startsWith('reasoning')
    const delta = isReasoning ? moreReasoning(this.#choice(index).reasoned, place, text) : deltaOf(place, text)
    return this.#chunk([{ index, delta, logprobs: null, finish_reason: null }])
  }

  renumber(value: JsonObject): JsonObject {
    for (const [position, choice] of objectsIn(value, 'choices').entries()) {
      const sent = this.#sentChoice(indexIn(choice, 'index', position))
      const delta = choice['delta']
      if (isJsonObject(delta) && typeof delta['role'] === 'string') sent.hasRole = true
      if (isFinished(choice)) sent.isFinished = true
    }
    return value
  }

  blocked(): readonly OwnEvent[] {
    const known = new Set([...this.#choices.keys(), ...this.#sent.keys()])
    if (known.size === 0) known.add(0)
    return [...known]
      .map((index) => ({ index, ...this.#sentChoice(index) }))
      .filter(({ isFinished }) => !isFinished)
      .map(({ index, hasRole }) => {
        const end = { logprobs: null, finish_reason: 'content_filter' }
        if (!this.#isChat) return this.#chunk([{ index, text: '', ...end }])
        // A choice without a role is one that helpers of clients refuse.
        return this.#chunk([{ index, delta: hasRole ? {} : { role: 'assistant', content: '' }, ...end }])
      })
  }

  #chunk(choices: readonly JsonObject[]): OwnEvent {
    const frame = Object.fromEntries(framing.flatMap((name) => (name in this.#last ? [[name, this.#last[name]]] : [])))
    const usage: JsonObject = ownMember(this.#last, 'usage') === undefined ? {} : { usage: null }
    const fallback = {
      id: 'chatcmpl-0',
      object: this.#isChat ? 'chat.completion.chunk' : 'text_completion',
      created: 0,
      model: '',
    }
    return { value: { ...fallback, ...(frame as JsonObject), choices, ...usage } }
  }

  #choice(index: number): ChoiceTexts {
    let choice = this.#choices.get(index)
    if (choice === undefined) {
      choice = new ChoiceTexts(index)
      this.#choices.set(index, choice)
    }
    return choice
  }

  #sentChoice(index: number): SentChoice {
    let sent = this.#sent.get(index)
    if (sent === undefined) {
      sent = { hasRole: false, isFinished: false }
      this.#sent.set(index, sent)
    }
    return sent
  }
}

/** Members that are the same on every chunk. */
const framing: readonly string[] = [
  'id',
  'object',
  'created',
  'model',
  'provider',
  'service_tier',
  'system_fingerprint',
]

/** Members of a chunk that say nothing by themselves. */
const wrapping: ReadonlySet<string> = new Set([...framing, 'choices', 'obfuscation', 'p'])

function isWorthSending(chunk: JsonObject): boolean {
  if (objectsIn(chunk, 'choices').some(speaks)) return true
  return Object.entries(chunk).some(([name, value]) => value !== null && !wrapping.has(name))
}

/**
 * A chunk that brings text and ends the same choice, as two: one with all of the text, one with the ends. null for any
 * other, and for what is no chunk. Usage stays on the second.
 */
export function splitFinish(value: JsonObject): { readonly text: JsonObject; readonly finish: JsonObject } | null {
  const choices = objectsIn(value, 'choices')
  const ends = choices.filter(isFinished)
  if (!ends.some((choice) => hasText(choice))) return null
  const usage: JsonObject = ownMember(value, 'usage') === undefined ? {} : { usage: null }
  return {
    text: { ...value, choices: choices.map((choice) => ({ ...choice, finish_reason: null })), ...usage },
    finish: { ...value, choices: ends.map(endOf) },
  }
}

function endOf(choice: JsonObject): JsonObject {
  const said: JsonObject = ownMember(choice, 'text') === undefined ? { delta: {} } : { text: '' }
  return { ...choice, ...said, ...(ownMember(choice, 'logprobs') === undefined ? {} : { logprobs: null }) }
}

function hasText(choice: JsonObject): boolean {
  let found = false
  const visit = (text: string, _place: AnswerPlace): string => {
    found = true
    return text
  }
  mapChat({ choices: [choice] }, 'delta', { visit, argumentsAs: 'raw' })
  return found
}
