import { isJsonObject, ownMember, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { DialectRequest } from '../dialect.ts'
import { includeLogprobs, includeReasoning } from './to-chat.ts'
import { customToolNames } from './tools.ts'

/** What of the request decides how its answer is told. */
export interface Telling {
  /** Hexadecimal digits that all ids of the answer share. */
  readonly idBase: string
  readonly customTools: ReadonlySet<string>
  /** Thinking is told as a summary, which the client asked for, else as the reasoning text itself. */
  readonly asSummary: boolean
  /** The client wants to send the thinking back. */
  readonly keepsReasoning: boolean
  readonly logprobs: boolean
  /** The members of the response object that say the request again. */
  readonly echo: JsonObject
}

export function tellingOf(request: DialectRequest): Telling {
  const { body } = request
  const include = ownMember(body, 'include')
  const included: readonly JsonValue[] = Array.isArray(include) ? include : []
  const top = ownMember(body, 'top_logprobs')
  const reasoning = ownMember(body, 'reasoning')
  const summary = isJsonObject(reasoning) ? (reasoning['summary'] ?? reasoning['generate_summary'] ?? null) : null
  return {
    idBase: request.requestId.replaceAll('-', ''),
    customTools: customToolNames(body),
    asSummary: summary !== null,
    keepsReasoning: included.includes(includeReasoning),
    logprobs: included.includes(includeLogprobs) || (typeof top === 'number' && top > 0),
    echo: echoOf(body),
  }
}

export type ResponseStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed'

/** What the answer itself says. */
export interface ResponseState {
  readonly id: string
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly model: string
  readonly status: ResponseStatus
  /** Why it is incomplete. */
  readonly reason: 'max_output_tokens' | 'content_filter' | null
  readonly error: JsonObject | null
  readonly output: readonly JsonObject[]
  readonly usage: Usage | null
  /** As the provider says it was; null: it did not say. */
  readonly serviceTier: string | null
}

/** A response object with every field that the API's own have. */
export function responseObject(telling: Telling, state: ResponseState): JsonObject {
  return {
    id: state.id,
    object: 'response',
    created_at: state.createdAt,
    completed_at: null,
    status: state.status,
    background: false,
    error: state.error,
    incomplete_details: state.reason === null ? null : { reason: state.reason },
    model: state.model,
    output: state.output,
    previous_response_id: null,
    // Nothing is kept that could be asked for again.
    store: false,
    truncation: 'disabled',
    ...telling.echo,
    service_tier: state.serviceTier ?? 'default',
    usage: state.usage === null ? null : responseUsage(state.usage),
  }
}

function responseUsage(usage: Usage): JsonObject {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cacheReadInputTokens,
      cache_write_tokens: usage.cacheCreationInputTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningOutputTokens },
    total_tokens: usage.inputTokens + usage.outputTokens,
  }
}

function echoOf(body: JsonObject): JsonObject {
  const said = (name: string, otherwise: JsonValue): JsonValue => ownMember(body, name) ?? otherwise
  const text = ownMember(body, 'text')
  const reasoning = ownMember(body, 'reasoning')
  const tools = ownMember(body, 'tools')
  return {
    instructions: said('instructions', null),
    max_output_tokens: said('max_output_tokens', null),
    max_tool_calls: null,
    metadata: said('metadata', {}),
    parallel_tool_calls: said('parallel_tool_calls', true),
    prompt_cache_key: said('prompt_cache_key', null),
    reasoning: { effort: null, summary: null, ...filled(reasoning) },
    safety_identifier: said('safety_identifier', null),
    temperature: said('temperature', 1),
    text: { format: { type: 'text' }, ...filled(text) },
    tool_choice: said('tool_choice', 'auto'),
    tools: Array.isArray(tools) ? (tools as readonly JsonValue[]).map(echoedTool) : [],
    top_logprobs: said('top_logprobs', 0),
    top_p: said('top_p', 1),
    presence_penalty: said('presence_penalty', 0),
    frequency_penalty: said('frequency_penalty', 0),
    user: said('user', null),
  }
}

/** What is null was left out. */
function filled(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)) : {}
}

/** Functions have all their fields in an answer. */
function echoedTool(tool: JsonValue): JsonValue {
  if (!isJsonObject(tool) || tool['type'] !== 'function') return tool
  return { description: null, parameters: null, strict: null, ...tool }
}
