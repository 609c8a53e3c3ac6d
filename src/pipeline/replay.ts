import type { CacheEntry } from '../cache/answer-cache.ts'
import { type JsonObject, isJsonObject } from '../core/json.ts'
import { completionToChunks } from '../providers/chat/completion-to-chunks.ts'
import type { AnswerChunk, AnswerHead, AnswerSink, Flow } from '../providers/provider.ts'
import type { Answer } from './exchange.ts'

/** Of one delta. Readers with a limit for one line (64 KiB in Python's streams) and screens that fill up both want pieces. */
const pieceChars = 2_048

export interface ReplayOptions {
  readonly requestId: string
  readonly stream: boolean
  /** The client asked for the usage chunk of a stream. */
  readonly wantsUsage: boolean
}

/**
 * A stored answer, served again: as chunks when a stream was asked for, else whole. It has an id of its own, because clients
 * tell answers apart by it; `created` and `model` stay those of the answer.
 */
export function replayOf(entry: CacheEntry, options: ReplayOptions): Answer {
  const { stream } = options
  const opening: AnswerHead = {
    status: 200,
    stream,
    headers: {},
    upstreamRequestId: null,
    ...(entry.warnings.length === 0 ? {} : { warnings: entry.warnings }),
  }
  let stopped = false
  const flow: Flow = {
    pause: () => undefined,
    resume: () => undefined,
    abort: () => {
      stopped = true
    },
  }
  const start = (sink: AnswerSink): void => {
    sink.head(opening, flow)
    for (const chunk of chunksOf(entry, options)) {
      if (stopped) return
      sink.chunk(chunk)
    }
    if (stopped) return
    sink.flush()
    if (!stopped) sink.end()
  }
  return { opening, flow, start }
}

function chunksOf(entry: CacheEntry, { requestId, stream, wantsUsage }: ReplayOptions): AnswerChunk[] {
  const value: JsonObject = { ...entry.completion, id: `chatcmpl-${requestId}` }
  if (!stream) return [{ json: JSON.stringify(value), value, usage: entry.usage, internal: false }]
  return completionToChunks(value, wantsUsage)
    .flatMap(inPieces)
    .map((chunk) => (chunk.usage === null ? chunk : { ...chunk, usage: entry.usage }))
}

/** The chunk, or several when a text in its delta is long: what has no length first, then thinking, then the rest. */
function inPieces(chunk: AnswerChunk): AnswerChunk[] {
  const choice = (chunk.value['choices'] as readonly JsonObject[])[0]
  const delta = choice?.['delta']
  if (choice === undefined || !isJsonObject(delta)) return [chunk]
  const deltas = deltasOf(delta)
  if (deltas.length === 1) return [chunk]
  return deltas.map((piece, index) => {
    const own = index === 0 ? choice : { index: choice['index'] ?? 0, finish_reason: null }
    const value = { ...chunk.value, choices: [{ ...own, delta: piece }] }
    return { ...chunk, json: JSON.stringify(value), value }
  })
}

function deltasOf(delta: JsonObject): JsonObject[] {
  const call = (delta['tool_calls'] as readonly JsonObject[] | undefined)?.[0]
  if (call !== undefined) return argumentPieces(call)
  const texts = Object.entries(delta).filter(
    (member): member is [string, string] => member[0] !== 'role' && typeof member[1] === 'string',
  )
  if (texts.every(([, text]) => text.length <= pieceChars)) return [delta]
  const rest = Object.fromEntries(
    Object.entries(delta).filter(([name, value]) => name === 'role' || typeof value !== 'string'),
  )
  const inOrder = texts.toSorted(([left], [right]) => Number(isThinking(right)) - Number(isThinking(left)))
  return [rest, ...inOrder.flatMap(([name, text]) => piecesOf(text).map((piece) => ({ [name]: piece })))]
}

function isThinking(name: string): boolean {
  return name.startsWith('reasoning')
}

function argumentPieces(call: JsonObject): JsonObject[] {
  const called = call['function']
  const text = isJsonObject(called) ? called['arguments'] : undefined
  if (typeof text !== 'string' || text.length <= pieceChars) return [{ tool_calls: [call] }]
  return piecesOf(text).map((piece) => ({ tool_calls: [{ ...call, function: { arguments: piece } }] }))
}

/** Never between the two halves of a surrogate pair. */
function piecesOf(text: string): string[] {
  const pieces: string[] = []
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + pieceChars, text.length)
    const last = text.charCodeAt(end - 1)
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1
    pieces.push(text.slice(start, end))
    start = end
  }
  return pieces
}
