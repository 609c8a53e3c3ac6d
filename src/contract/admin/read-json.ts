import { Fault } from '../../core/fault.ts'
import { fieldPath } from './explain-issues.ts'
import { findJsonMistake } from './json-position.ts'

/** Deeper nesting than this is no prompt, and would exhaust the stack of whoever walks it. */
export const deepestNesting = 64

/**
 * Bytes of a request body to a JSON value that is safe to validate, store and hash: valid UTF-8, not too deep, without
 * U+0000 and unpaired surrogates (no database keeps them), without numbers that would lose digits, and without the name
 * `__proto__`, which zod drops without a word.
 *
 * @throws Fault `invalid_json` with line and column; Fault `invalid_request` naming the field.
 */
export function readJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) throw new Fault('invalid_json', 'The body is empty. Send a JSON object.')
  const value = parse(decode(bytes))
  requireStorable(value)
  return value
}

/** The same for a body that is a text of any kind. */
export function readText(bytes: Uint8Array): string {
  const text = decode(bytes)
  requireStorable(text)
  return text
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Fault('invalid_json', 'The body is not valid UTF-8. Send it encoded as UTF-8.')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const mistake = findJsonMistake(text)
    const place =
      mistake === null
        ? ''
        : ` At line ${mistake.line}, column ${mistake.column} (character ${mistake.offset}): expected ${mistake.expected}.`
    throw new Fault('invalid_json', `The body is not valid JSON.${place}`)
  }
}

interface Place {
  readonly value: unknown
  readonly step: PropertyKey | null
  readonly parent: Place | null
  readonly depth: number
}

/** Without recursion: the value itself may be hostile. */
function requireStorable(root: unknown): void {
  const waiting: Place[] = [{ value: root, step: null, parent: null, depth: 0 }]
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const { value } = place
    if (typeof value === 'string') requireText(value, place)
    else if (typeof value === 'number') requireExact(value, place)
    if (typeof value !== 'object' || value === null) continue
    if (place.depth >= deepestNesting)
      throw broken(place, `is nested too deeply; at most ${deepestNesting} levels are taken`)
    for (const [name, member] of Object.entries(value as Record<string, unknown>)) {
      const child = {
        value: member,
        step: Array.isArray(value) ? Number(name) : name,
        parent: place,
        depth: place.depth + 1,
      }
      requireText(name, child)
      if (name === '__proto__') throw broken(child, 'cannot be used as a name; choose another one')
      waiting.push(child)
    }
  }
}

function requireText(text: string, place: Place): void {
  if (text.includes('\0')) throw broken(place, 'holds the character U+0000, which cannot be stored; take it out')
  if (/\p{Surrogate}/u.test(text))
    throw broken(place, 'holds half of a UTF-16 pair, which is no character; take it out')
}

function requireExact(value: number, place: Place): void {
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return
  throw broken(
    place,
    'is a number beyond 9007199254740991, which would lose digits; send it as a string or make it smaller',
  )
}

function broken(place: Place, rule: string): Fault {
  const path: PropertyKey[] = []
  for (let at: Place | null = place; at !== null && at.step !== null; at = at.parent) path.unshift(at.step)
  const shown = path.length > 12 ? path.slice(0, 12) : path
  const field = fieldPath(shown) + (shown.length < path.length ? '…' : '')
  return new Fault('invalid_request', field === '' ? `The body ${rule}.` : `\`${field}\` ${rule}.`, {
    param: field === '' ? null : field,
  })
}
