import { type JsonObject, isJsonObject, ownMember } from '../core/json.ts'
import type { AnswerPlace, Look } from './answer-place.ts'
import { deltaOf, mapChoices, speaks } from './chat-choice.ts'
import { ChoiceTexts } from './choice-texts.ts'
import { indexIn, objectsIn } from './members.ts'
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

/** What the client has got of a choice. */
interface SentChoice {
  hasRole: boolean
  isFinished: boolean
}

/** Streams of chat and of the legacy completions: chunks with choices. */
export class ChoicesReader implements StreamReader {
  readonly #isChat: boolean
  readonly #choices = new Map<number, ChoiceTexts>()
  readonly #sent = new Map<number, SentChoice>()
  /** The last chunk, for the members that every chunk has. */
  #last: JsonObject = {}

  constructor(operation: 'chat' | 'text_completion') {
    this.#isChat = operation === 'chat'
  }

  read(value: JsonObject): StreamEvent {
    this.#last = value
    const map = (look: Look): JsonObject => mapChoices(value, 'delta', look)
    const pieces: TextPiece[] = []
    const closes: string[] = []
    map({
      visit: (text, place) => {
        pieces.push(pieceOf(place, this.#choice(place.choice).piece(place, text, closes), text))
        return text
      },
      argumentsAs: 'raw',
    })
    for (const [position, choice] of objectsIn(value, 'choices').entries()) {
      this.#choice(indexIn(choice, 'index', position)).read(choice, closes)
    }
    return {
      pieces,
      closes,
      closesAll: false,
      repeats: false,
      with: (texts) => {
        if (areTexts(pieces, texts)) return value
        const filled = filledIn(map, texts)
        return filled === value || isWorthSending(filled) ? filled : null
      },
      repeated: () => value,
    }
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
      if (typeof choice['finish_reason'] === 'string') sent.isFinished = true
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
  const ends = choices.filter((choice) => typeof choice['finish_reason'] === 'string')
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
  mapChoices({ choices: [choice] }, 'delta', { visit, argumentsAs: 'raw' })
  return found
}
