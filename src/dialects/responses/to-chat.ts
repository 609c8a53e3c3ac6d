import { isJsonObject, ownMember, type JsonObject, type JsonValue } from '../../core/json.ts'
import { topLevelMembers } from '../../core/json-members.ts'
import type { ChatRequest } from '../dialect.ts'
import { toChatMessages } from './input-items.ts'
import { refuse, Warnings } from './refuse.ts'
import { toChatTools } from './tools.ts'

const nativeOnly = 'name a model of a provider that has the Responses API itself, such as `openai/gpt-5`'

/**
 * A Responses request as a chat request, for providers that have no Responses API. What both APIs call the same goes over
 * as the client wrote it, as do members that neither knows.
 *
 * @throws Fault `invalid_request` naming the field that has no meaning over chat, and what to do.
 */
export function toChat(body: JsonObject, text: string): ChatRequest {
  refuseStored(body)
  const warnings = new Warnings()
  const members = new Map<string, string>()
  for (const [name, raw] of topLevelMembers(text)) {
    if (raw !== 'null' && !translated.has(name)) members.set(name, raw)
  }
  set(members, 'messages', toChatMessages(body, warnings))
  const limit = ownMember(body, 'max_output_tokens') ?? undefined
  // The name that every provider understands which has no Responses API of its own.
  set(members, 'max_tokens', limit)
  addTools(members, body)
  addText(members, body, warnings)
  addReasoning(members, body, warnings)
  addLogprobs(members, body, warnings)
  warnOfDropped(body, warnings)
  return { members, warnings: warnings.list() }
}

/** Members that are said in other words, answered by us, or have no meaning over chat. */
const translated: ReadonlySet<string> = new Set([
  'input',
  'instructions',
  'max_output_tokens',
  'tools',
  'tool_choice',
  'text',
  'reasoning',
  'include',
  'store',
  'truncation',
  'background',
  'conversation',
  'previous_response_id',
  'stream_options',
  'max_tool_calls',
  'context_management',
])

function set(members: Map<string, string>, name: string, value: JsonValue | undefined): void {
  if (value !== undefined) members.set(name, JSON.stringify(value))
}

/** What rests on answers being kept, or on work that goes on without a client. */
function refuseStored(body: JsonObject): void {
  if ((ownMember(body, 'previous_response_id') ?? null) !== null) {
    throw refuse(
      'previous_response_id',
      `\`previous_response_id\` needs an answer that was kept, and answers of this model are not. Send the whole conversation in \`input\`, or ${nativeOnly}.`,
    )
  }
  if ((ownMember(body, 'conversation') ?? null) !== null) {
    throw refuse(
      'conversation',
      `\`conversation\` needs a conversation that is kept, and those of this model are not. Send the whole conversation in \`input\`, or ${nativeOnly}.`,
    )
  }
  if (ownMember(body, 'background') === true) {
    throw refuse(
      'background',
      `\`background\` is not possible with this model. Leave it out and wait for the answer, or ${nativeOnly}.`,
    )
  }
}

function addTools(members: Map<string, string>, body: JsonObject): void {
  const { tools, choice } = toChatTools(body)
  const some = tools !== undefined && tools.length > 0
  if (some) set(members, 'tools', tools)
  // Without tools chat refuses what only says the default; a prompt may still bring tools for what says more.
  if (some || (choice !== 'auto' && (tools === undefined || choice !== 'none'))) set(members, 'tool_choice', choice)
  if (!some && (tools !== undefined || members.get('parallel_tool_calls') === 'true'))
    members.delete('parallel_tool_calls')
}

function addText(members: Map<string, string>, body: JsonObject, warnings: Warnings): void {
  const text = objectMember(body, 'text')
  for (const [name, value] of Object.entries(text)) {
    if (value === null) continue
    if (name === 'format') set(members, 'response_format', toResponseFormat(value))
    else if (name === 'verbosity') set(members, 'verbosity', value)
    else warnings.dropped(`text.${name}`)
  }
}

function toResponseFormat(format: JsonValue): JsonValue | undefined {
  const type = isJsonObject(format) ? format['type'] : undefined
  if (isJsonObject(format)) {
    if (type === 'text') return undefined
    if (type === 'json_object') return { type }
    if (type === 'json_schema') {
      const { type: _type, ...schema } = format
      return { type, json_schema: schema }
    }
  }
  throw refuse('text.format', '`text.format` must be of type `text`, `json_object` or `json_schema`.')
}

function addReasoning(members: Map<string, string>, body: JsonObject, warnings: Warnings): void {
  for (const [name, value] of Object.entries(objectMember(body, 'reasoning'))) {
    if (value === null || name === 'summary' || name === 'generate_summary') continue
    if (name === 'effort') set(members, 'reasoning_effort', value)
    else warnings.dropped(`reasoning.${name}`)
  }
}

function addLogprobs(members: Map<string, string>, body: JsonObject, warnings: Warnings): void {
  const include = ownMember(body, 'include') ?? []
  if (!Array.isArray(include)) throw refuse('include', '`include` must be a list of texts.')
  for (const wanted of include as readonly JsonValue[]) {
    if (wanted === includeLogprobs) set(members, 'logprobs', true)
    else if (wanted !== includeReasoning) warnings.dropped(`include: ${typeof wanted === 'string' ? wanted : '?'}`)
  }
  const top = ownMember(body, 'top_logprobs')
  if (typeof top === 'number' && top > 0) set(members, 'logprobs', true)
  // Without `logprobs` it would be refused.
  else members.delete('top_logprobs')
}

export const includeLogprobs = 'message.output_text.logprobs'
export const includeReasoning = 'reasoning.encrypted_content'

function warnOfDropped(body: JsonObject, warnings: Warnings): void {
  if (ownMember(body, 'store') === true) warnings.add('`store` was not honoured: answers of this model are not kept')
  if (ownMember(body, 'truncation') === 'auto')
    warnings.add('`truncation` was not honoured: a conversation that is too long is refused')
  for (const name of ['max_tool_calls', 'context_management'] as const) {
    if ((ownMember(body, name) ?? null) !== null) warnings.dropped(name)
  }
}

function objectMember(body: JsonObject, name: string): JsonObject {
  const value = ownMember(body, name) ?? {}
  if (isJsonObject(value)) return value
  throw refuse(name, `\`${name}\` must be an object.`)
}
