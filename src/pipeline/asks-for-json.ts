import { isJsonObject, ownMember, parsedJson } from '../core/json.ts'
import type { Answered } from './exchange.ts'

const jsonForms: ReadonlySet<unknown> = new Set(['json_object', 'json_schema'])

/** The answer is to be JSON, which a placeholder must not break. Read from what was sent: a prompt may ask for it. */
export function asksForJson({ target }: Pick<Answered, 'target'>): boolean {
  const text = target.body()
  if (typeof text !== 'string' || !text.includes('"json_')) return false
  const body = parsedJson(text)
  if (!isJsonObject(body)) return false
  const format = ownMember(body, 'response_format')
  if (isJsonObject(format) && jsonForms.has(format['type'])) return true
  const said = ownMember(body, 'text')
  const inner = isJsonObject(said) ? said['format'] : undefined
  return isJsonObject(inner) && jsonForms.has(inner['type'])
}
