import { type JsonValue, isJsonObject } from '../core/json.ts'
import { Fields, type NoteBook, objectsOf } from './fields.ts'

/** The objects of an export wherever they stand: one, a list, or a page of a list. */
export function objectsIn(value: JsonValue, book: NoteBook): readonly Fields[] {
  if (Array.isArray(value)) return objectsOf(value as readonly JsonValue[], '', book)
  if (!isJsonObject(value)) {
    book.add('dropped', '', 'It should be an object or a list, and is neither.')
    return []
  }
  const fields = new Fields(value, '', book)
  const name = ['data', 'prompts', 'items', 'prompt_templates'].find((candidate) => Array.isArray(value[candidate]))
  if (name === undefined) return [fields]
  const inside = fields.objects(name) ?? []
  fields.leave(
    'meta',
    'object',
    'has_more',
    'first_id',
    'last_id',
    'total',
    'page',
    'per_page',
    'pages',
    'has_next',
    'has_prev',
    'success',
  )
  fields.rest()
  return inside
}
