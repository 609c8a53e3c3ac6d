import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { arrayInner, joinArrayInners, spliceMembers, topLevelMembers } from '../core/json-members.ts'
import type { Asked, Target } from './exchange.ts'
import { once } from '../core/once.ts'

/** An answer that missed, and what the model is told about it. */
export interface Miss {
  readonly said: string
  /** A clause about "the answer". */
  readonly problem: string
  /** What to do instead. */
  readonly wanted: string
}

/**
 * The same target with the same request, in which the answer that missed and a message that says so follow the other
 * messages. null: the request goes on in a conversation that the provider keeps, and there the answer stands already.
 */
export function askAgain(target: Target, asked: Asked, miss: Miss): Target | null {
  const text = target.body()
  if (typeof text !== 'string') return null
  const isOwnResponse = asked.operation === 'responses' && target.endpoint === target.provider.endpoints.responses
  if (isOwnResponse && isInConversation(text)) return null
  const name = isOwnResponse ? 'input' : 'messages'
  return { ...target, body: once(() => withTurns(text, name, turnsOf(miss))) }
}

function isInConversation(text: string): boolean {
  const body = JSON.parse(text) as JsonValue
  return isJsonObject(body) && (ownMember(body, 'conversation') ?? null) !== null
}

/** Both APIs take a turn of plain text as a role and a content. Providers refuse one that is empty. */
function turnsOf({ said, problem, wanted }: Miss): readonly JsonObject[] {
  const complaint = { role: 'user', content: `The answer cannot be used: it ${problem}. ${wanted}` }
  return said.trim() === '' ? [complaint] : [{ role: 'assistant', content: said }, complaint]
}

/** Appended to the raw list, so that what stands before stays as it was written. */
function withTurns(text: string, name: string, turns: readonly JsonObject[]): string {
  const raw = topLevelMembers(text).get(name)
  const added = turns.map((turn) => JSON.stringify(turn))
  return spliceMembers(text, new Map([[name, joinArrayInners([itemsOf(raw), ...added])]]))
}

/** The input of a response may be one text: a message of the user. */
function itemsOf(raw: string | undefined): string {
  if (raw === undefined || raw === 'null') return ''
  return raw.startsWith('[') ? arrayInner(raw) : `{"role":"user","content":${raw}}`
}
