import { type JsonObject, ownMember } from '../core/json.ts'
import type { Operation } from '../core/operation.ts'
import { indexIn, mapObjects, mapObjectMember, replaced, textIn } from './members.ts'

/**
 * A whole answer with nothing of its texts left, which ends the way a filter ends one: `content_filter` (a response:
 * `incomplete` for that reason, a message: `refusal`). No tool is called. The tokens that were used are still told.
 * Embeddings and moderations, which have no texts, stay as they are.
 */
export function blockAnswer(operation: Operation, value: JsonObject): JsonObject {
  switch (operation) {
    case 'chat':
    case 'text_completion':
      return { ...only(value, envelope), choices: blockedChoices(value) }
    case 'responses':
    case 'compaction':
      return { ...replaced(value, 'output_text', ''), output: [], ...filtered }
    case 'messages':
      return { ...only(value, envelope), content: [], stop_reason: 'refusal', stop_sequence: null }
    case 'images':
      return { ...only(value, envelope), data: [] }
    case 'audio':
      return { ...only(value, envelope), text: '' }
    case 'embeddings':
    case 'moderations':
      return value
  }
}

/** How a response ends that a filter ended. */
export const filtered = { status: 'incomplete', error: null, incomplete_details: { reason: 'content_filter' } } as const

/** What is told of an answer beside what it says. Anything else may repeat it. */
const envelope: readonly string[] = [
  'id',
  'object',
  'type',
  'role',
  'created',
  'model',
  'provider',
  'service_tier',
  'system_fingerprint',
  'usage',
  'task',
  'language',
  'duration',
]

function only(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => withValue(name, ownMember(value, name))))
}

function withValue<Value>(name: string, value: Value | undefined): [string, Value][] {
  return value === undefined ? [] : [[name, value]]
}

function blockedChoices(value: JsonObject): JsonObject[] {
  const choices: JsonObject[] = []
  mapObjects(value, 'choices', (choice, position) => {
    choices.push(blockedChoice(choice, position))
    return choice
  })
  return choices
}

function blockedChoice(choice: JsonObject, position: number): JsonObject {
  const end = { logprobs: null, finish_reason: 'content_filter' }
  const index = indexIn(choice, 'index', position)
  if (ownMember(choice, 'message') === undefined) return { index, text: '', ...end }
  const message = mapObjectMember(choice, 'message', (said) => ({
    role: textIn(said, 'role') || 'assistant',
    content: '',
    refusal: null,
  }))
  return { index, ...only(message, ['message']), ...end }
}
