import { Fault } from '../core/fault.ts'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { deepestNesting, isNestedDeeper } from '../core/nesting.ts'
import type { Operation } from '../core/operation.ts'
import { mapLeaves } from './leaves.ts'
import { mapList, mapMember, mapMembers, mapObjectMember, mapObjects, mapTextMember } from './members.ts'
import { mapReasoning } from './reasoning.ts'
import { mapInput, roleOf } from './request-items.ts'
import { mapArguments, mapContent, type Role, type VisitRequestText } from './request-parts.ts'
import { unreadableIn } from './unreadable-input.ts'

export type { VisitRequestText }

/**
 * Calls `visit` for every text in a request that the model will read, once each and in the order of the conversation, and
 * gives back the body with what it returned: the very same object when nothing became another, and otherwise one in which
 * only what changed is new. Arguments of tool calls are visited string by string. Empty texts are not visited. Schemas and
 * descriptions of tools, pictures, sound and files are no texts; a kind of part that is not known is looked through whole.
 *
 * @param body parsed, never changed. What has a wrong type passes untouched.
 * @throws Fault `invalid_request` for a member that is nested too deeply to be looked through and written again.
 */
export function mapRequestTexts(operation: Operation, body: JsonObject, visit: VisitRequestText): JsonObject {
  let mapped = body
  for (const [name, map] of membersOf[operation]) {
    mapped = mapMember(mapped, name, (value) => {
      if (isNestedDeeper(value)) throw tooDeep(name)
      return map(value, visit)
    })
  }
  return mapped
}

/**
 * What of a request no rule for texts can look at, as a clause for the record: `pictures and files are no text that a rule
 * can read`. Parts that are pictures, sound, video or files, lists of tokens in place of a text, files of an upload (of a
 * form the fields are given, in which a file is told as `(file NAME, N bytes)`). null: nothing.
 */
export function unreadableInput(operation: Operation, body: JsonObject): string | null {
  const members = membersOf[operation].map(([name]) => name)
  return unreadableIn(operation, members, body)
}

/**
 * Names of the top-level members that are not the same value in both, by identity; also those that only one has. For
 * writing a body anew in nothing but what changed (`spliceMembers`).
 */
export function changedMembers(before: JsonObject, after: JsonObject): readonly string[] {
  if (before === after) return []
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => ownMember(before, name) !== ownMember(after, name))
}

type MapMember = readonly [name: string, map: (value: JsonValue, visit: VisitRequestText) => JsonValue]

const says =
  (role: Role) =>
  (value: JsonValue, visit: VisitRequestText): JsonValue =>
    mapContent(value, role, visit)

/** `prompt` is a text, several, or names a stored prompt with its variables. */
const prompt: MapMember = ['prompt', mapPrompt]

const responses: readonly MapMember[] = [['instructions', says('system')], prompt, ['input', mapInput]]

/** Where the texts of each operation stand, in the order in which the model reads them. */
const membersOf: Readonly<Record<Operation, readonly MapMember[]>> = {
  chat: [
    prompt,
    ['messages', (value, visit) => mapMessages(value, visit, mapChatMessage)],
    ['prediction', mapPrediction],
  ],
  text_completion: [prompt, ['suffix', says('user')]],
  responses,
  compaction: responses,
  messages: [
    ['system', says('system')],
    prompt,
    ['messages', (value, visit) => mapMessages(value, visit, mapSaidContent)],
  ],
  embeddings: [['input', says('user')]],
  moderations: [['input', says('user')]],
  images: [['prompt', says('user')]],
  audio: [
    ['instructions', says('system')],
    ['input', says('user')],
    ['prompt', says('user')],
  ],
}

type MapMessage = (message: JsonObject, role: Role, visit: VisitRequestText) => JsonObject

function mapMessages(messages: JsonValue, visit: VisitRequestText, map: MapMessage): JsonValue {
  return mapList(messages, (message) =>
    isJsonObject(message) ? map(message, roleOf(ownMember(message, 'role')), visit) : message,
  )
}

function mapSaidContent(message: JsonObject, role: Role, visit: VisitRequestText): JsonObject {
  return mapMember(message, 'content', (content) => mapContent(content, role, visit))
}

function mapChatMessage(message: JsonObject, role: Role, visit: VisitRequestText): JsonObject {
  const spoken = (text: string): string => visit(text, role)
  let mapped = mapReasoning(message, spoken)
  mapped = mapSaidContent(mapped, role, visit)
  mapped = mapTextMember(mapped, 'refusal', spoken)
  mapped = mapObjectMember(mapped, 'audio', (audio) => mapTextMember(audio, 'transcript', spoken))
  mapped = mapObjects(mapped, 'tool_calls', (call) => mapCall(call, visit))
  return mapObjectMember(mapped, 'function_call', (called) => mapCalled(called, visit))
}

function mapCall(call: JsonObject, visit: VisitRequestText): JsonObject {
  const mapped = mapObjectMember(call, 'function', (called) => mapCalled(called, visit))
  return mapObjectMember(mapped, 'custom', (custom) =>
    mapTextMember(custom, 'input', (text) => visit(text, 'assistant')),
  )
}

function mapCalled(called: JsonObject, visit: VisitRequestText): JsonObject {
  return mapMember(called, 'arguments', (written) => mapArguments(written, visit))
}

/** What the client expects to be said: its own words. */
function mapPrediction(prediction: JsonValue, visit: VisitRequestText): JsonValue {
  return isJsonObject(prediction) ? mapSaidContent(prediction, 'user', visit) : prediction
}

function mapPrompt(value: JsonValue, visit: VisitRequestText): JsonValue {
  if (!isJsonObject(value)) return mapContent(value, 'user', visit)
  return mapObjectMember(value, 'variables', (variables) =>
    mapMembers(variables, (variable) => mapVariable(variable, visit)),
  )
}

/** A text, a part of the API's, or any value that a template writes out, names and addresses in it included. */
function mapVariable(variable: JsonValue, visit: VisitRequestText): JsonValue {
  if (isJsonObject(variable) && typeof variable['type'] === 'string' && variable['type'].startsWith('input_'))
    return mapContent(variable, 'user', visit)
  return mapLeaves(variable, (text) => visit(text, 'user'))
}

function tooDeep(param: string): Fault {
  return new Fault(
    'invalid_request',
    `The field \`${param}\` is nested deeper than ${deepestNesting} levels, and every text in it has to be looked at before it is sent. Make it flatter.`,
    { param },
  )
}
