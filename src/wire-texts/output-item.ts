import type { JsonObject } from '../core/json.ts'
import { type AnswerField, type AnswerPlace, type Look, lookAtArguments } from './answer-place.ts'
import { mapLeavesOf, notTexts } from './leaves.ts'
import { emptied, mapMember, mapObjects, mapTextMember, objectsIn, replaced, textIn } from './members.ts'

/**
 * The texts of a response object: its output, and `output_text`, which repeats the texts of its messages. Of a part whose
 * text became another, `logprobs` and `annotations` (whose offsets no longer hold) are emptied.
 *
 * @param indexes by the id of an item the index that it had in a stream, when that may be another than its place here.
 */
export function mapResponse(
  response: JsonObject,
  look: Look,
  indexes: ReadonlyMap<string, number> = noIndexes,
): JsonObject {
  const mapped = mapObjects(response, 'output', (item, position) =>
    mapOutputItem(item, indexes.get(textIn(item, 'id')) ?? position, look),
  )
  const repeated = textIn(response, 'output_text')
  if (repeated === '') return mapped
  if (repeated === textsOf(response))
    return mapped === response ? response : replaced(mapped, 'output_text', textsOf(mapped))
  return mapTextMember(mapped, 'output_text', (text) => look.visit(text, placeOf('output_text', 'content')))
}

const noIndexes: ReadonlyMap<string, number> = new Map()

/** One item of the output. Items that are not known are looked through for every text. */
export function mapOutputItem(item: JsonObject, index: number, look: Look): JsonObject {
  const base = `output/${index}`
  switch (item['type']) {
    case 'message':
      return mapObjects(item, 'content', (part, at) => mapOutputPart(part, `${base}/content/${at}`, 'content', look))
    case 'reasoning':
      return mapObjects(
        mapObjects(item, 'summary', (part, at) => mapOutputPart(part, `${base}/summary/${at}`, 'reasoning', look)),
        'content',
        (part, at) => mapOutputPart(part, `${base}/content/${at}`, 'reasoning', look),
      )
    case 'function_call':
      return mapArguments(item, base, look)
    case 'mcp_call':
    case 'mcp_approval_request':
      return mapOther(mapArguments(item, base, look), base, look)
    case 'custom_tool_call':
      return mapTextMember(item, 'input', (text) => look.visit(text, placeOf(`${base}/input`, 'input')))
    case 'code_interpreter_call':
      return mapOther(
        mapTextMember(item, 'code', (text) => look.visit(text, placeOf(`${base}/code`, 'input'))),
        base,
        look,
      )
    case 'image_generation_call':
      return mapTextMember(item, 'revised_prompt', (text) =>
        look.visit(text, placeOf(`${base}/revised_prompt`, 'content')),
      )
    case 'compaction':
    case 'compaction_summary':
      return item
    case undefined:
    default:
      return mapOther(item, base, look)
  }
}

/** One part of a message or of reasoning. @param field of what is no refusal. */
export function mapOutputPart(part: JsonObject, channel: string, field: AnswerField, look: Look): JsonObject {
  const visit = (text: string): string => look.visit(text, placeOf(channel, field))
  switch (part['type']) {
    case 'output_text':
    case 'text':
    case 'summary_text':
    case 'reasoning_text': {
      const mapped = mapTextMember(part, 'text', visit)
      const cited = mapAnnotations(mapped, channel, look)
      return mapped === part ? cited : withoutSpelling(cited)
    }
    case 'refusal':
      return mapTextMember(part, 'refusal', (text) => look.visit(text, placeOf(channel, 'refusal')))
    case undefined:
    default:
      return mapLeavesOf(part, visit, notTexts)
  }
}

/** What a text refers to: pages, files, and their titles. */
function mapAnnotations(part: JsonObject, channel: string, look: Look): JsonObject {
  return mapObjects(part, 'annotations', (annotation, position) => {
    const place = placeOf(`${channel}/annotations/${position}`, 'content')
    return mapLeavesOf(annotation, (text) => look.visit(text, place), notTexts)
  })
}

/** What spells a text again or counts its characters, taken out of whatever had that text. */
export function withoutSpelling(part: JsonObject): JsonObject {
  return emptied(emptied(part, 'logprobs'), 'annotations')
}

/** A place in an answer that is only one. */
export function placeOf(channel: string, field: AnswerField): AnswerPlace {
  return { choice: 0, channel, field }
}

function mapArguments(item: JsonObject, base: string, look: Look): JsonObject {
  const place = placeOf(`${base}/arguments`, 'arguments')
  return mapMember(item, 'arguments', (written) => lookAtArguments(written, place, look))
}

/** Each text in an item of a kind that is not known, by itself. */
function mapOther(item: JsonObject, base: string, look: Look): JsonObject {
  let count = 0
  return mapLeavesOf(
    item,
    (text) => {
      const place = placeOf(`${base}/text/${count}`, 'content')
      count += 1
      return look.visit(text, place)
    },
    notElsewhere,
  )
}

/** What such an item also has, and what has been looked at before. */
const notElsewhere: ReadonlySet<string> = new Set([...notTexts, 'arguments', 'code'])

function textsOf(response: JsonObject): string {
  return objectsIn(response, 'output')
    .flatMap((item) => objectsIn(item, 'content'))
    .filter((part) => part['type'] === 'output_text')
    .map((part) => textIn(part, 'text'))
    .join('')
}
