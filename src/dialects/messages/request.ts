import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { ChatRequest } from '../dialect.ts'
import { blocksOf } from './content.ts'
import { RawJson } from './raw-json.ts'
import { type Draft, given, objectsOf, type Placed, refused, requiredObject, textMember } from './reading.ts'
import type { Warnings } from './reading.ts'
import { effortOf } from './thinking.ts'
import { formatToChat, toolChoiceToChat, toolsOf, toolsToChat } from './tools.ts'
import { systemContent, turnToMessages } from './turns.ts'

/** Same name and same meaning in both APIs. */
const same = ['model', 'stream', 'temperature', 'top_p'] as const

/** They change where or with what the request is answered, so that leaving them out would be an answer to something else. */
const impossible: ReadonlyMap<string, string> = new Map([
  ['container', 'containers exist at Anthropic only'],
  ['mcp_servers', 'MCP servers are called by Anthropic only'],
  ['inference_geo', 'where the model runs cannot be chosen here'],
])

/** Read below, each in its own way. */
const translated = new Set([
  'system',
  'messages',
  'tools',
  'tool_choice',
  'max_tokens',
  'stop_sequences',
  'metadata',
  'thinking',
  'output_config',
  'output_format',
  'service_tier',
])

/**
 * A Messages request as a chat request. `messages` and `max_tokens` may be missing; whoever plans the exchange knows whether
 * a prompt has them.
 *
 * @throws Fault `invalid_request` naming the field.
 */
export function messagesToChat(body: JsonObject, text: string): ChatRequest {
  const raw = new RawJson(text)
  const request: Placed = { value: body, raw: () => raw, path: '' }
  const warnings: Warnings = new Set()
  const members = new Map<string, string>()
  for (const name of same) if (given(body, name) !== undefined) members.set(name, raw.member(name).text)
  for (const name of Object.keys(body)) judgeMember(body, name, warnings)
  const messages = readMessages(request, warnings)
  if (messages !== null) members.set('messages', JSON.stringify(messages))
  addLimits(request, members)
  addTools(request, members, warnings)
  addOutput(request, members, warnings)
  addCaller(request, members)
  return { members, warnings: [...warnings] }
}

function judgeMember(body: JsonObject, name: string, warnings: Warnings): void {
  if (given(body, name) === undefined || translated.has(name) || (same as readonly string[]).includes(name)) return
  const reason = impossible.get(name)
  if (reason !== undefined) {
    throw refused(
      name,
      `\`${name}\` cannot be kept here: ${reason}. Leave it out, or ask a model of the provider \`anthropic\` without a prompt.`,
    )
  }
  warnings.add(`\`${name.slice(0, 64)}\` was dropped: chat completions have no such parameter`)
}

function readMessages(request: Placed, warnings: Warnings): Draft[] | null {
  const turns = given(request.value, 'messages')
  const system = blocksOf(request, 'system')
  if (turns === undefined && system.length === 0) return null
  const read: Draft[] = system.length === 0 ? [] : [{ role: 'system', content: systemContent(system) }]
  if (turns === undefined) return read
  const placed = objectsOf(turns, 'messages', () => request.raw().member('messages'))
  return [...read, ...placed.flatMap((turn) => turnToMessages(turn, warnings))]
}

function addLimits(request: Placed, members: Map<string, string>): void {
  const { value } = request
  // The name that reasoning models take too, and what it counts is what Anthropic counts: thinking and answer together.
  if (given(value, 'max_tokens') !== undefined) {
    members.set('max_completion_tokens', request.raw().member('max_tokens').text)
  }
  const stops = given(value, 'stop_sequences')
  if (stops === undefined) return
  if (!Array.isArray(stops)) throw refused('stop_sequences', '`stop_sequences` must be a list of strings.')
  if (stops.length > 0) members.set('stop', JSON.stringify(stops))
}

function addTools(request: Placed, members: Map<string, string>, warnings: Warnings): void {
  if (given(request.value, 'tools') !== undefined) {
    const tools = toolsOf(request)
    if (tools.length > 0) members.set('tools', toolsToChat(tools, warnings))
  }
  if (given(request.value, 'tool_choice') === undefined) return
  for (const [name, value] of Object.entries(toolChoiceToChat(requiredObject(request, 'tool_choice')))) {
    members.set(name, JSON.stringify(value))
  }
}

function addOutput(request: Placed, members: Map<string, string>, warnings: Warnings): void {
  const effort = effortOf(request, warnings)
  if (effort !== null) members.set('reasoning_effort', JSON.stringify(effort))
  const config = given(request.value, 'output_config') === undefined ? null : requiredObject(request, 'output_config')
  if (config !== null && given(config.value, 'format') !== undefined) {
    members.set('response_format', formatToChat(requiredObject(config, 'format')))
  } else if (given(request.value, 'output_format') !== undefined) {
    members.set('response_format', formatToChat(requiredObject(request, 'output_format')))
  }
}

function addCaller(request: Placed, members: Map<string, string>): void {
  const tier = textMember(request, 'service_tier')
  if (tier !== undefined) members.set('service_tier', JSON.stringify(tier === 'standard_only' ? 'default' : tier))
  const metadata = given(request.value, 'metadata')
  if (metadata === undefined) return
  if (!isJsonObject(metadata)) throw refused('metadata', '`metadata` must be an object.')
  const user = textMember(requiredObject(request, 'metadata'), 'user_id')
  if (user !== undefined) members.set('user', JSON.stringify(shortUser(user)))
}

/** OpenAI takes no longer one; Claude Code's has more than a hundred characters. */
const longestUser = 64

function shortUser(user: string): string {
  return user.length <= longestUser ? user : createHash('sha256').update(user).digest('hex')
}
