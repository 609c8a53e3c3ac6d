import { Fault } from './fault.ts'
import type { JsonObject, JsonValue } from './json.ts'

/** Deeper nesting serves nobody. Writing JSON anew recurses, and how deep must not be the client's choice. */
export const deepestNesting = 256

/** True when lists and objects stand in each other more than `levels` times; what lies below is not looked at. */
export function isNestedDeeper(value: JsonValue | undefined, levels: number = deepestNesting): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some((item: JsonValue) => isNestedDeeper(item, levels - 1))
  const object = value as JsonObject
  for (const name in object) if (isNestedDeeper(object[name], levels - 1)) return true
  return false
}

/**
 * For a request that is put into the words of another API; one that is forwarded may be as deep as it likes.
 *
 * @throws Fault `invalid_request` naming the field that is nested too deeply.
 */
export function requireShallow(body: JsonObject): void {
  for (const name in body) if (isNestedDeeper(body[name])) throw tooDeep(name)
}

/** @param param path of the field. */
export function tooDeep(param: string): Fault {
  return new Fault(
    'invalid_request',
    `The field \`${param}\` is nested deeper than ${deepestNesting} levels, and this model's provider needs the request in words of its own. Make it flatter.`,
    { param },
  )
}
