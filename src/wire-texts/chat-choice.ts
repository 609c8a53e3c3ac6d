import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { type AnswerField, type AnswerPlace, type Look, lookAtArguments, requireLookable } from './answer-place.ts'
import { mapLeaves, mapLeavesOf, notTexts } from './leaves.ts'
import {
  emptied,
  indexIn,
  mapList,
  mapMember,
  mapObjectMember,
  mapObjects,
  mapTextMember,
  replaced,
  textIn,
} from './members.ts'
import { mapReasoning } from './reasoning.ts'
import { mapUnknown, wholePlace } from './unknown-members.ts'

/** How the choices of a whole answer are told, and those of a chunk. */
export type SaidIn = 'message' | 'delta'

/** Members of an answer and of a chunk which are no texts, or bytes that only fill it up. */
const knownInAnswer: ReadonlySet<string> = new Set([
  'choices',
  'usage',
  'provider',
  'service_tier',
  'system_fingerprint',
  'obfuscation',
  'p',
])

const knownInChoice: ReadonlySet<string> = new Set([
  'text',
  'logprobs',
  'finish_reason',
  'native_finish_reason',
  'stop_reason',
  'matched_stop',
  'content_filter_results',
  'content_filter_offsets',
])

const knownInMessageChoice = new Set([...knownInChoice, 'message'])
const knownInDeltaChoice = new Set([...knownInChoice, 'delta'])

/** `channel` and `recipient` say in every delta whom it is for. */
const knownInSaid: ReadonlySet<string> = new Set([
  'content',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'refusal',
  'audio',
  'annotations',
  'tool_calls',
  'function_call',
  'channel',
  'recipient',
])

/** The texts of a whole chat or text completion, or of a chunk of one: of its choices, and of what else stands there. */
export function mapChat(value: JsonObject, saidIn: SaidIn, look: Look): JsonObject {
  const mapped = mapChoices(value, saidIn, look)
  return mapUnknown(mapped, knownInAnswer, { choice: 0, base: 'others', inPieces: false }, look)
}

/**
 * The texts of every choice of a chat or a text completion, or of a chunk of one. What spells a text again goes when the
 * text became another: `logprobs` of its choice become null, `annotations` (whose offsets no longer hold) an empty list,
 * spoken `audio` falls silent.
 *
 * @param saidIn `delta` also means that a list of content parts is a piece of one text, not texts of their own.
 */
function mapChoices(value: JsonObject, saidIn: SaidIn, look: Look): JsonObject {
  return mapObjects(value, 'choices', (choice, position) => {
    const index = indexIn(choice, 'index', position)
    const text = mapTextMember(choice, 'text', (own) =>
      look.visit(own, { choice: index, channel: `${index}/text`, field: 'content' }),
    )
    const mapped = mapObjectMember(text, saidIn, (said) => mapSaid(said, index, saidIn, look))
    const known = saidIn === 'message' ? knownInMessageChoice : knownInDeltaChoice
    const all = mapUnknown(mapped, known, { choice: index, base: `${index}/beside`, inPieces: false }, look)
    return all === choice ? choice : replaced(all, 'logprobs', null)
  })
}

function mapSaid(said: JsonObject, choice: number, saidIn: SaidIn, look: Look): JsonObject {
  let mapped = mapReasoning(said, (text, place) =>
    look.visit(text, { choice, channel: `${choice}/${place}`, field: 'reasoning' }),
  )
  const content = mapMember(mapped, 'content', (value) => mapContent(value, choice, saidIn, look))
  const cited = mapAnnotations(content, choice, look)
  mapped = content === mapped ? cited : emptied(cited, 'annotations')
  mapped = mapTextMember(mapped, 'refusal', (text) =>
    look.visit(text, { choice, channel: `${choice}/refusal`, field: 'refusal' }),
  )
  mapped = mapObjectMember(mapped, 'audio', (audio) => mapAudio(audio, choice, look))
  mapped = mapObjects(mapped, 'tool_calls', (call, position) => mapCall(call, choice, position, look))
  mapped = mapObjectMember(mapped, 'function_call', (called) =>
    mapCalled(called, { choice, channel: `${choice}/function_call/arguments`, field: 'arguments' }, look),
  )
  return mapUnknown(mapped, knownInSaid, { choice, base: `${choice}/others`, inPieces: true }, look)
}

/** The pages and files that a message refers to: their titles, and passages of them. */
function mapAnnotations(said: JsonObject, choice: number, look: Look): JsonObject {
  return mapMember(said, 'annotations', (annotations) => {
    requireLookable(annotations)
    const visit = (text: string): string => look.visit(text, wholePlace(choice, `${choice}/annotations`, look))
    return mapLeaves(annotations, visit, notTexts)
  })
}

function mapAudio(audio: JsonObject, choice: number, look: Look): JsonObject {
  const told = mapTextMember(audio, 'transcript', (text) =>
    look.visit(text, { choice, channel: `${choice}/audio/transcript`, field: 'content' }),
  )
  return told === audio ? audio : replaced(told, 'data', '')
}

function mapCall(call: JsonObject, choice: number, position: number, look: Look): JsonObject {
  const base = `${choice}/tool_calls/${indexIn(call, 'index', position)}`
  const mapped = mapObjectMember(call, 'function', (called) =>
    mapCalled(called, { choice, channel: `${base}/arguments`, field: 'arguments' }, look),
  )
  return mapObjectMember(mapped, 'custom', (custom) =>
    mapTextMember(custom, 'input', (text) => look.visit(text, { choice, channel: `${base}/input`, field: 'input' })),
  )
}

function mapCalled(called: JsonObject, place: AnswerPlace, look: Look): JsonObject {
  return mapMember(called, 'arguments', (written) => lookAtArguments(written, place, look))
}

/** A text, or parts: text, what a reasoning model thought, and whatever else may come to stand there. */
function mapContent(content: JsonValue, choice: number, saidIn: SaidIn, look: Look): JsonValue {
  if (typeof content === 'string')
    return content === '' ? content : look.visit(content, { choice, channel: `${choice}/content`, field: 'content' })
  const visitAs = (field: AnswerField, position: number) => {
    const channel = saidIn === 'delta' ? `${choice}/${field}` : `${choice}/content/${position}`
    return (text: string): string => look.visit(text, { choice, channel, field })
  }
  requireLookable(content)
  return mapList(content, (part, position) => {
    if (typeof part === 'string') return part === '' ? part : visitAs('content', position)(part)
    if (!isJsonObject(part)) return part
    switch (part['type']) {
      case 'text':
      case 'output_text':
        return mapTextMember(part, 'text', visitAs('content', position))
      case 'refusal':
        return mapTextMember(part, 'refusal', visitAs('refusal', position))
      case 'thinking':
      case 'reasoning':
        return mapLeavesOf(part, visitAs('reasoning', position), notTexts)
      case undefined:
      default:
        return mapLeavesOf(part, visitAs('content', position), notTexts)
    }
  })
}

/** The rest of what was held of a text, as a delta would say it. @param place channel without the choice. */
export function deltaOf(place: string, text: string): JsonObject {
  const call = /^tool_calls\/(\d+)\/(arguments|input)$/.exec(place)
  if (call !== null) {
    const called = call[2] === 'input' ? { custom: { input: text } } : { function: { arguments: text } }
    return { tool_calls: [{ index: Number(call[1]), ...called }] }
  }
  switch (place) {
    case 'function_call/arguments':
      return { function_call: { arguments: text } }
    case 'audio/transcript':
      return { audio: { transcript: text } }
    case 'refusal':
      return { refusal: text }
    default:
      return place.startsWith('others/') ? { [place.slice('others/'.length)]: text } : { content: text }
  }
}

/** Whether a choice of a chunk says why it ends. Some providers say with every chunk that it does not, by an empty text. */
export function isFinished(choice: JsonObject): boolean {
  return textIn(choice, 'finish_reason') !== ''
}

/** Whether a choice of a chunk still tells a client anything. */
export function speaks(choice: JsonObject): boolean {
  if (isFinished(choice) || textIn(choice, 'text') !== '') return true
  const delta = ownMember(choice, 'delta')
  return isJsonObject(delta) && Object.values(delta).some((value) => tells(value))
}

/** Empty texts and lists say nothing; nor does a call of which there is only the index and no argument. */
function tells(value: JsonValue): boolean {
  if (value === null || value === '') return false
  if (Array.isArray(value)) return (value as readonly JsonValue[]).some(tells)
  if (!isJsonObject(value)) return true
  return Object.entries(value).some(([name, member]) => name !== 'index' && tells(member))
}
