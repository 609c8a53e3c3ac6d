import { type JsonObject, isJsonObject } from '../core/json.ts'
import { filtered } from './blocked-answer.ts'
import { indexIn, replaced, textIn } from './members.ts'
import { channelOfEvent, partKind, textKind } from './response-kinds.ts'

interface SentItem {
  /** As the last event that told it. */
  item: JsonObject
  isDone: boolean
}

interface SentPart {
  /** Event that began it, or the one that ended it. */
  event: JsonObject
  readonly channel: string
  isTextDone: boolean
  isDone: boolean
}

/** What a client has got of a streamed response, from the events as they were sent; so that it can be ended at any time. */
export class SentResponse {
  #response: JsonObject | null = null
  readonly #items = new Map<number, SentItem>()
  /** By item, then by channel, in the order in which they began. */
  readonly #parts = new Map<number, Map<string, SentPart>>()

  /** Takes an event that is sent. */
  note(event: JsonObject): void {
    const type = textIn(event, 'type')
    const index = indexIn(event, 'output_index')
    switch (type) {
      case 'response.output_item.added':
      case 'response.output_item.done':
        if (isJsonObject(event['item']))
          this.#items.set(index, { item: event['item'], isDone: type === 'response.output_item.done' })
        return
      case 'response.content_part.added':
      case 'response.reasoning_summary_part.added':
      case 'response.content_part.done':
      case 'response.reasoning_summary_part.done':
        this.#notePart(event, index, type.endsWith('.done'))
        return
      case 'response.output_text.done':
      case 'response.refusal.done':
      case 'response.reasoning_text.done':
      case 'response.reasoning_summary_text.done': {
        const kind = textKind(type.slice(0, -'.done'.length))
        const part = kind === null ? undefined : this.#parts.get(index)?.get(channelOfEvent(event, kind))
        if (part !== undefined) part.isTextDone = true
        return
      }
      default:
        if (isJsonObject(event['response'])) this.#response = event['response']
    }
  }

  /**
   * The events that end it because of a filter: what is open is closed as far as it went out, calls that are not whole are
   * left out, and the last event says it all once more.
   */
  filtered(released: (channel: string) => string): readonly JsonObject[] {
    const events: JsonObject[] = []
    const output: JsonObject[] = []
    for (const [index, { item, isDone }] of [...this.#items].sort(([one], [other]) => one - other)) {
      if (isDone) {
        output.push(item)
      } else if (item['type'] === 'message' || item['type'] === 'reasoning') {
        const whole = this.#ended(item, index, released, events)
        output.push(whole)
        events.push({ type: 'response.output_item.done', output_index: index, item: whole })
      }
    }
    const known = this.#response ?? { id: 'resp_0', object: 'response', created_at: 0, model: '', output: [] }
    const response = { ...replaced(known, 'output_text', ''), output, ...filtered }
    // A client that has heard nothing yet takes no other event for the first.
    if (this.#response === null)
      events.unshift({ type: 'response.created', response: { ...known, status: 'in_progress' } })
    return [...events, { type: 'response.incomplete', response }]
  }

  #notePart(event: JsonObject, index: number, isDone: boolean): void {
    const name = textIn(event, 'type').includes('summary') ? 'summary' : 'content'
    const channel = `output/${index}/${name}/${indexIn(event, `${name}_index`)}`
    const parts = this.#parts.get(index) ?? new Map<string, SentPart>()
    this.#parts.set(index, parts)
    const known = parts.get(channel)
    if (known === undefined) parts.set(channel, { event, channel, isTextDone: isDone, isDone })
    else if (isDone) Object.assign(known, { event, isDone })
  }

  /** The item with its parts as they went out. Adds the events that end those which are open. */
  #ended(item: JsonObject, index: number, released: (channel: string) => string, events: JsonObject[]): JsonObject {
    const said: Record<'content' | 'summary', JsonObject[]> = { content: [], summary: [] }
    for (const sent of this.#parts.get(index)?.values() ?? []) {
      const whole = endedPart(sent, released, events)
      if (whole !== null) said[sent.channel.includes('/summary/') ? 'summary' : 'content'].push(whole)
    }
    if (item['type'] === 'message') return { ...item, status: 'incomplete', content: said.content }
    return {
      ...item,
      status: 'incomplete',
      summary: said.summary,
      ...(said.content.length === 0 && item['content'] === undefined ? {} : { content: said.content }),
    }
  }
}

function endedPart(
  { event, channel, isTextDone, isDone }: SentPart,
  released: (channel: string) => string,
  events: JsonObject[],
): JsonObject | null {
  const part = event['part']
  if (!isJsonObject(part)) return null
  const kind = partKind(part['type'])
  if (isDone || kind === null) return part
  const { type: _type, part: _part, sequence_number: _number, obfuscation: _obfuscation, ...place } = event
  const text = released(channel)
  const logprobs: JsonObject = kind.member === 'text' && part['type'] === 'output_text' ? { logprobs: [] } : {}
  if (!isTextDone) events.push({ type: `${kind.text}.done`, ...place, [kind.member]: text, ...logprobs })
  const whole = { ...part, [kind.member]: text }
  events.push({ type: `${kind.part}.done`, ...place, part: whole })
  return whole
}
