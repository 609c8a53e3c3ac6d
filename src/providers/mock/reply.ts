import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Behaviour } from './behaviour.ts'
import { mockVerdict } from './judge.ts'
import { tokensOf, type MockRequest, type MockTool } from './request.ts'
import { schemaInstance } from './schema-instance.ts'

/** What a mock model says, in tokens, the same for every choice. */
export interface Reply {
  readonly id: string
  readonly reasoning: readonly string[]
  readonly content: readonly string[]
  readonly calls: readonly MockCall[]
  readonly finishReason: 'stop' | 'length' | 'tool_calls'
}

export interface MockCall {
  readonly id: string
  readonly name: string
  readonly arguments: readonly string[]
}

const mostCalls = 16

/** Works out the reply. The same body gives the same reply, ids included. */
export function replyTo(request: MockRequest, behaviour: Behaviour, body: string): Reply {
  const hash = createHash('sha256').update(body).digest('hex')
  const id = `chatcmpl-mock${hash.slice(0, 24)}`
  const calls = behaviour.kind === 'tool' ? chosenTools(request).map((tool, index) => callOf(tool, hash, index)) : []
  if (calls.length > 0) return { id, reasoning: [], content: [], calls, finishReason: 'tool_calls' }
  const reasoning =
    behaviour.kind === 'reasoning' ? tokensOf(`The user said: ${request.lastUserText}. I will say it back.`) : []
  const whole =
    behaviour.kind === 'tokens'
      ? numbered(behaviour.count)
      : tokensOf(stopped(textOf(request, behaviour), request.stops))
  const room = Math.max(0, request.maxTokens - reasoning.length)
  const cut = whole.length > room
  return {
    id,
    reasoning: reasoning.slice(0, request.maxTokens),
    content: cut ? whole.slice(0, room) : whole,
    calls: [],
    finishReason: cut ? 'length' : 'stop',
  }
}

/** The `usage` object of a reply for all its choices. */
export function usageOf(request: MockRequest, reply: Reply): JsonObject {
  const called = reply.calls.reduce((sum, call) => sum + 1 + call.arguments.length, 0)
  const output = (reply.reasoning.length + reply.content.length + called) * request.choices
  return {
    prompt_tokens: request.inputTokens,
    completion_tokens: output,
    total_tokens: request.inputTokens + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reply.reasoning.length * request.choices,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function textOf(request: MockRequest, behaviour: Behaviour): string {
  // A judge that asks by a schema, as a guardrail does, wants its own form.
  if (behaviour.kind === 'judge' && request.schema === undefined) return mockVerdict(request.lastUserText)
  if (behaviour.kind === 'json' || behaviour.kind === 'judge') {
    return JSON.stringify(
      request.schema === undefined ? { text: request.lastUserText } : schemaInstance(request.schema),
    )
  }
  if (behaviour.kind === 'tool') {
    return request.toolResult === null ? 'There is no tool to call.' : `The tool answered: ${request.toolResult}`
  }
  return request.lastUserText
}

/** The tool the client names, else the first; all of them when it demands calls and allows several at once. */
function chosenTools(request: MockRequest): readonly MockTool[] {
  const choice = request.toolChoice
  if (choice === 'none' || request.toolResult !== null) return []
  if (isJsonObject(choice) && isJsonObject(choice['function'])) {
    const name = choice['function']['name']
    return request.tools.filter((tool) => tool.name === name).slice(0, 1)
  }
  return request.tools.slice(0, choice === 'required' && request.parallelToolCalls ? mostCalls : 1)
}

function callOf(tool: MockTool, hash: string, index: number): MockCall {
  const value = schemaInstance(tool.parameters)
  const id = createHash('sha256').update(`${hash}:${index}`).digest('hex')
  return { id: `call_${id.slice(0, 24)}`, name: tool.name, arguments: tokensOf(JSON.stringify(value ?? {})) }
}

function stopped(text: string, stops: readonly string[]): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((end) => end >= 0)
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends))
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? 'token' : ' token'))
}
