import { type JsonObject, isJsonObject } from '../core/json.ts'
import { type AnswerField, type AnswerPlace, type Look, requireLookable } from './answer-place.ts'
import { mapLeavesOf, notTexts } from './leaves.ts'
import { indexIn, mapMember, mapObjectMember, mapTextMember, textIn } from './members.ts'
import { mapBlock, mapCitation } from './message-block.ts'
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
import { mapMessage } from './whole-answer.ts'

/** A delta that brings text: in which member, and the name of the text within its block. */
interface DeltaKind {
  readonly type: string
  readonly member: string
  readonly name: string
  readonly field: AnswerField
}

const deltaKinds: readonly DeltaKind[] = [
  { type: 'text_delta', member: 'text', name: 'text', field: 'content' },
  { type: 'thinking_delta', member: 'thinking', name: 'thinking', field: 'reasoning' },
  { type: 'input_json_delta', member: 'partial_json', name: 'input', field: 'arguments' },
  { type: 'compaction_delta', member: 'content', name: 'text/0', field: 'content' },
]

/** Streams of the Messages API. */
export class MessagesReader implements StreamReader {
  readonly repeatsTexts = false
  readonly #channels = new OpenChannels()
  /** Passages that each block has cited so far. */
  readonly #citations = new Map<number, number>()
  /** Blocks that the client has seen begin and not end. */
  readonly #openBlocks = new Set<number>()
  #isStarted = false
  #isEnded = false
  #outputTokens = 0

  read(value: JsonObject): StreamEvent {
    switch (value['type']) {
      case 'content_block_delta':
        return this.#delta(value)
      case 'content_block_start':
        return this.#blockStart(value)
      case 'content_block_stop':
        return silentEvent(value, false, this.#closeBlock(indexIn(value, 'index')))
      case 'message_start':
        requireLookable(value)
        return wholeEvent(value, (look) => mapObjectMember(value, 'message', (message) => mapMessage(message, look)))
      case 'message_delta': {
        const delta = value['delta']
        return silentEvent(value, isJsonObject(delta) && typeof delta['stop_reason'] === 'string')
      }
      case 'message_stop':
      case 'error':
        return silentEvent(value, true)
      case undefined:
      default:
        return silentEvent(value)
    }
  }

  delta(channel: string, text: string): OwnEvent {
    const [, digits = '0', name = ''] = /^content\/(\d+)\/(.*)$/.exec(placeOfChannel(channel)) ?? []
    const kind = deltaKinds.find((kind) => kind.name === name) ?? { type: 'text_delta', member: 'text' }
    const delta = { type: kind.type, [kind.member]: text }
    return own({ type: 'content_block_delta', index: Number(digits), delta })
  }

  renumber(value: JsonObject): JsonObject {
    const index = indexIn(value, 'index')
    switch (value['type']) {
      case 'message_start': {
        this.#isStarted = true
        if (isJsonObject(value['message'])) this.#noteUsage(value['message'])
        break
      }
      case 'content_block_start':
        this.#openBlocks.add(index)
        break
      case 'content_block_stop':
        this.#openBlocks.delete(index)
        break
      case 'message_delta': {
        this.#noteUsage(value)
        const delta = value['delta']
        if (isJsonObject(delta) && typeof delta['stop_reason'] === 'string') this.#isEnded = true
        break
      }
      case undefined:
      default:
    }
    return value
  }

  blocked(): readonly OwnEvent[] {
    const events: JsonObject[] = this.#isStarted ? [] : [{ type: 'message_start', message: unstarted }]
    for (const index of this.#openBlocks) events.push({ type: 'content_block_stop', index })
    if (!this.#isEnded) {
      const delta = { stop_reason: 'refusal', stop_sequence: null }
      events.push({ type: 'message_delta', delta, usage: { output_tokens: this.#outputTokens } })
    }
    events.push({ type: 'message_stop' })
    return events.map(own)
  }

  #noteUsage(said: JsonObject): void {
    const usage = said['usage']
    if (isJsonObject(usage)) this.#outputTokens = indexIn(usage, 'output_tokens', this.#outputTokens)
  }

  #delta(value: JsonObject): StreamEvent {
    const delta = value['delta']
    if (!isJsonObject(delta)) return silentEvent(value)
    const index = indexIn(value, 'index')
    const kind = deltaKinds.find(({ type }) => type === delta['type'])
    if (kind !== undefined) {
      const place: AnswerPlace = { choice: 0, channel: `content/${index}/${kind.name}`, field: kind.field }
      return this.#pieces(value, place, textIn(delta, kind.member), [], (look) =>
        mapObjectMember(value, 'delta', (own) => mapTextMember(own, kind.member, (text) => look.visit(text, place))),
      )
    }
    // It stands behind what it signs.
    if (delta['type'] === 'signature_delta') return silentEvent(value, false, this.#closeBlock(index))
    requireLookable(value)
    return delta['type'] === 'citations_delta' ? this.#citation(value, index) : otherDelta(value, delta, index)
  }

  #citation(value: JsonObject, index: number): StreamEvent {
    const position = this.#citations.get(index) ?? 0
    this.#citations.set(index, position + 1)
    return wholeEvent(value, (look) =>
      mapObjectMember(value, 'delta', (delta) =>
        mapObjectMember(delta, 'citation', (citation) => mapCitation(citation, index, position, look)),
      ),
    )
  }

  /** A block begins empty, or with the beginning of its text, or is there whole. */
  #blockStart(value: JsonObject): StreamEvent {
    requireLookable(value)
    const index = indexIn(value, 'index')
    const block = value['content_block']
    const closes = this.#channels.close((channel) => !channel.startsWith(`content/${index}/`))
    if (!isJsonObject(block)) return silentEvent(value, false, closes)
    const kind = deltaKinds.find(({ name }) => name === block['type'])
    if (kind === undefined) {
      const map = (look: Look): JsonObject => mapMember(value, 'content_block', () => mapBlock(block, index, look))
      return wholeEvent(value, map, closes)
    }
    const place: AnswerPlace = { choice: 0, channel: `content/${index}/${kind.name}`, field: kind.field }
    return this.#pieces(value, place, textIn(block, kind.member), closes, (look) =>
      mapObjectMember(value, 'content_block', (own) =>
        mapTextMember(own, kind.member, (text) => look.visit(text, place)),
      ),
    )
  }

  /** An event with one piece; a delta of which nothing is left is not worth sending, the beginning of a block always is. */
  #pieces(
    value: JsonObject,
    place: AnswerPlace,
    text: string,
    closes: readonly string[],
    map: (look: Look) => JsonObject,
  ): StreamEvent {
    if (text === '') return silentEvent(value, false, closes)
    const isDelta = value['type'] === 'content_block_delta'
    return {
      pieces: [pieceOf(place, this.#channels.use(place.channel), text)],
      closes,
      closesAll: false,
      repeats: false,
      with: (texts) => (isDelta && texts[0] === '' ? null : filledIn(map, texts)),
      repeated: () => value,
    }
  }

  #closeBlock(index: number): readonly string[] {
    return this.#channels.close((channel) => channel.startsWith(`content/${index}/`))
  }
}

/** A delta that is not known may say anything. */
function otherDelta(value: JsonObject, delta: JsonObject, index: number): StreamEvent {
  const place: AnswerPlace = {
    choice: 0,
    channel: `content/${index}/${textIn(delta, 'type')}`,
    field: 'content',
  }
  return wholeEvent(value, (look) =>
    mapMember(value, 'delta', () => mapLeavesOf(delta, (text) => look.visit(text, place), notTexts)),
  )
}

function own(value: JsonObject): OwnEvent {
  return { value, event: textIn(value, 'type') }
}

/** A message of which the provider said nothing yet. */
const unstarted: JsonObject = {
  id: 'msg_0',
  type: 'message',
  role: 'assistant',
  model: '',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 0, output_tokens: 0 },
}
