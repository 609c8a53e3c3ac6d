import type { JsonObject } from '../../src/core/json.ts'
import type { Operation } from '../../src/core/operation.ts'
import { streamReader, type StreamReader, type TextPiece } from '../../src/wire-texts/answer-stream.ts'

/** A reader of a stream of texts; throws for an operation that has none. */
export function readerOf(operation: Operation): StreamReader {
  const reader = streamReader(operation)
  if (reader === null) throw new Error(`There is no reader for ${operation}`)
  return reader
}

/** What is done with each text of a stream: `push` gives what goes on at once, `end` the rest. */
export interface Filter {
  push(piece: TextPiece): string
  end(): string
}

/** A stream whose texts went through filters, the way a guardrail would do it: as the client gets it. */
export function filtered(operation: Operation, events: readonly JsonObject[], open: () => Filter): JsonObject[] {
  const reader = readerOf(operation)
  const sent: JsonObject[] = []
  const channels = new Map<string, { filter: Filter; released: string }>()
  const send = (value: JsonObject): void => void sent.push(reader.renumber(value))
  const restOf = (channel: string): string => {
    const known = channels.get(channel)
    const rest = known?.filter.end() ?? ''
    if (known !== undefined) known.released += rest
    return rest
  }
  for (const value of events) {
    const event = reader.read(value)
    const closing = new Set(event.closesAll ? channels.keys() : event.closes)
    const texts = event.pieces.map((piece, index) => {
      const known = channels.get(piece.channel) ?? { filter: open(), released: '' }
      channels.set(piece.channel, known)
      const text = known.filter.push(piece)
      known.released += text
      const isLast = event.pieces.findLastIndex(({ channel }) => channel === piece.channel) === index
      return isLast && closing.has(piece.channel) ? text + restOf(piece.channel) : text
    })
    for (const channel of closing) {
      if (event.pieces.some((piece) => piece.channel === channel)) continue
      const rest = restOf(channel)
      if (rest !== '') send(reader.delta(channel, rest).value)
    }
    const told = event.repeats
      ? event.repeated((channel, text) => channels.get(channel)?.released ?? wholeText(open(), channel, text))
      : event.with(texts)
    if (told !== null) send(told)
  }
  return sent
}

function wholeText(filter: Filter, channel: string, text: string): string {
  return filter.push({ channel, choice: 0, field: 'content', text }) + filter.end()
}

/** Holds every text back until it is over. */
export function holding(change: (text: string) => string = (text) => text): Filter {
  let held = ''
  return {
    push: ({ text }) => {
      held += text
      return ''
    },
    end: () => {
      const rest = held === '' ? '' : change(held)
      held = ''
      return rest
    },
  }
}

/** The texts of a stream by their channel; the pieces of one that went on after it was closed are joined. */
export function textsOf(operation: Operation, events: readonly JsonObject[]): Record<string, string> {
  const reader = readerOf(operation)
  const texts: Record<string, string> = {}
  for (const value of events) {
    for (const { channel, text } of reader.read(value).pieces) {
      const [place = ''] = channel.split('~')
      texts[place] = (texts[place] ?? '') + text
    }
  }
  return texts
}
