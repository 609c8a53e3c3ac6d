import { type JsonObject, ownMember } from '../core/json.ts'
import { mapObjects, mapTextMember, objectsIn, replaced, textIn } from './members.ts'

/** Where in `said` a text of reasoning stands: in the readable members, in a second one that says something else, in a detail. */
export type ReasoningPlace = 'reasoning' | 'reasoning/other' | `reasoning_details/${number}`

/** Members that hold readable reasoning; the first that says something leads. */
const names = ['reasoning_content', 'reasoning'] as const

/**
 * The reasoning in a chat message or in a delta. Providers say one and the same text up to three times, in
 * `reasoning_content`, `reasoning` and `reasoning_details`: it is visited once, and what takes its place is put everywhere.
 * A detail's signature stays: it is the provider's, and without it the next turn is refused for certain.
 */
export function mapReasoning(said: JsonObject, visit: (text: string, place: ReasoningPlace) => string): JsonObject {
  const text = reasoningOf(said)
  if (text === '' && said['reasoning_details'] === undefined) return said
  const told = text === '' ? '' : visit(text, 'reasoning')
  let mapped = said
  for (const name of names) {
    mapped = mapTextMember(mapped, name, (own) => (own === text ? told : visit(own, 'reasoning/other')))
  }
  if (ownMember(said, 'reasoning_details') === undefined) return mapped
  const details = objectsIn(said, 'reasoning_details').map(detailText)
  if (text === '' || details.join('') !== text) {
    return mapObjects(mapped, 'reasoning_details', (detail, position) => {
      const index = ownMember(detail, 'index')
      const place = `reasoning_details/${typeof index === 'number' ? index : position}` as const
      return mapDetail(detail, (own) => visit(own, place))
    })
  }
  if (told === text) return mapped
  return mapObjects(mapped, 'reasoning_details', oneByOne(told))
}

/** The readable reasoning of a message or delta; empty when there is none. */
function reasoningOf(said: JsonObject): string {
  return textIn(said, 'reasoning_content') || textIn(said, 'reasoning')
}

/** Whether a message or a delta has any text of reasoning. */
export function hasReasoning(said: JsonObject): boolean {
  return reasoningOf(said) !== '' || objectsIn(said, 'reasoning_details').some((detail) => detailText(detail) !== '')
}

/** All of the text goes into the first detail that has one, so that they still say it together. */
function oneByOne(told: string): (detail: JsonObject) => JsonObject {
  let rest = told
  return (detail) =>
    mapDetail(detail, () => {
      const text = rest
      rest = ''
      return text
    })
}

function mapDetail(detail: JsonObject, map: (text: string) => string): JsonObject {
  return mapTextMember(mapTextMember(detail, 'text', map), 'summary', map)
}

function detailText(detail: JsonObject): string {
  return `${textIn(detail, 'text')}${textIn(detail, 'summary')}`
}

/**
 * More of a text of reasoning, in the members in which `said` had the piece before it.
 *
 * @param said the last delta that had a piece of this place.
 */
export function moreReasoning(said: JsonObject, place: string, text: string): JsonObject {
  const leading = reasoningOf(said)
  if (place === 'reasoning/other') return { reasoning: text }
  if (place === 'reasoning') {
    const members = names.filter((name) => leading !== '' && textIn(said, name) === leading)
    const repeats = objectsIn(said, 'reasoning_details').map(detailText).join('') === leading
    const more = Object.fromEntries((members.length === 0 ? names.slice(0, 1) : members).map((name) => [name, text]))
    return repeats && leading !== '' ? { ...more, reasoning_details: moreDetails(said, null, text) } : more
  }
  const index = Number(place.slice('reasoning_details/'.length))
  return { reasoning_details: moreDetails(said, index, text) }
}

/** One detail like the one that had a text, without what is said once only. */
function moreDetails(said: JsonObject, index: number | null, text: string): readonly JsonObject[] {
  const spoken = objectsIn(said, 'reasoning_details').filter((detail) => detailText(detail) !== '')
  const found = spoken.find((detail) => index !== null && ownMember(detail, 'index') === index) ?? spoken[0]
  if (found === undefined) return [{ type: 'reasoning.text', index: index ?? 0, text }]
  const { signature: _signature, data: _data, ...kept } = found
  const name = textIn(kept, 'text') === '' ? 'summary' : 'text'
  return [replaced(kept, name, text)]
}
