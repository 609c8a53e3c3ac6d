import type { JsonObject } from '../core/json.ts'
import { type AnswerPlace, type Look, requireLookable } from './answer-place.ts'
import { isOrdinaryName, mapLeaves, notTexts } from './leaves.ts'
import { mapMembers } from './members.ts'

/** Where an object stands whose members are not all known. */
export interface UnknownIn {
  readonly choice: number
  /** What the channels of its texts begin with. */
  readonly base: string
  /** Strings right in it may be pieces, to be put together with those of the next event; otherwise they are whole. */
  readonly inPieces: boolean
}

/**
 * Every text in the members of an object that nobody knows: what a provider invents may say anything, so it is no hole.
 * Texts further inside are whole each (a list of pages has no pieces).
 *
 * @param known members that are looked at elsewhere, or are no texts.
 */
export function mapUnknown(object: JsonObject, known: ReadonlySet<string>, where: UnknownIn, look: Look): JsonObject {
  if (!hasUnknown(object, known)) return object
  return mapMembers(object, (value, name) => {
    if (!isUnknown(object, name, known)) return value
    if (where.inPieces && typeof value === 'string' && isOrdinaryName(name)) {
      return look.visit(value, { choice: where.choice, channel: `${where.base}/${name}`, field: 'content' })
    }
    requireLookable(value)
    const visit = (text: string): string =>
      look.visit(text, wholePlace(where.choice, `${where.base}/${name.slice(0, 64)}`, look))
    return mapLeaves(value, visit, notTexts)
  })
}

/** The place of the next whole text there. */
export function wholePlace(choice: number, base: string, look: Look): AnswerPlace {
  const count = look.counts?.get(base) ?? 0
  look.counts?.set(base, count + 1)
  return { choice, channel: `${base}/${count}`, field: 'content', isWhole: true }
}

/** Asked of every chunk, so it makes nothing. */
function hasUnknown(object: JsonObject, known: ReadonlySet<string>): boolean {
  for (const name in object) if (isUnknown(object, name, known)) return true
  return false
}

function isUnknown(object: JsonObject, name: string, known: ReadonlySet<string>): boolean {
  if (known.has(name) || notTexts.has(name)) return false
  const value = object[name]
  return typeof value === 'string' ? value !== '' : typeof value === 'object' && value !== null
}
