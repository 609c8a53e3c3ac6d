import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Forwarding, SeenEvent } from '../forward/forwarding.ts'
import { detailsOf, mediaTokens, searchesOf, tokenCount } from '../token-count.ts'
import { responseAsEvents } from './response-as-events.ts'

/**
 * What is understood of OpenAI's Responses API, whose answers are forwarded as they are: ids that change between the events
 * of one item (some proxies in front of it do that), kinds of items and of events that came later.
 */
export const responsesForwarding: Forwarding = {
  endMark: null,
  wholeUsage: readResponseUsage,
  event,
  wholeAsEvents: responseAsEvents,
}

/** `POST /responses/compact`: the conversation shortened, always in one piece. */
export const compactionForwarding: Forwarding = {
  endMark: null,
  wholeUsage: responsesForwarding.wholeUsage,
  event,
}

function event(value: JsonObject, name: string | undefined): SeenEvent {
  const type = typeof value['type'] === 'string' ? value['type'] : name
  const response = isJsonObject(value['response']) ? value['response'] : null
  return {
    usage: response === null ? null : readResponseUsage(response),
    state: stateOf(type, value),
  }
}

function stateOf(type: string | undefined, value: JsonObject): SeenEvent['state'] {
  switch (type) {
    case 'response.completed':
    case 'response.incomplete':
      return 'last'
    // An `error` is often followed by a `response.failed`; either is enough.
    case 'response.failed':
    case 'response.cancelled':
    case 'error':
      return 'failed'
    case undefined:
      return isJsonObject(value['error']) ? 'failed' : 'open'
    default:
      return 'open'
  }
}

/** `usage` of a response object, with the searches that stand beside it; null when there is none. */
function readResponseUsage(response: JsonObject): Usage | null {
  const usage = response['usage']
  if (!isJsonObject(usage)) return null
  const input = tokenCount(usage['input_tokens'])
  const output = tokenCount(usage['output_tokens'])
  if (input === null && output === null) return null
  const inputTokens = input ?? 0
  const outputTokens = output ?? 0
  const inputDetails = detailsOf(usage['input_tokens_details'])
  const outputDetails = detailsOf(usage['output_tokens_details'])
  const cacheReadInputTokens = Math.min(tokenCount(inputDetails['cached_tokens']) ?? 0, inputTokens)
  const written = tokenCount(inputDetails['cache_write_tokens']) ?? 0
  const whole: Usage = {
    inputTokens,
    outputTokens,
    cacheReadInputTokens,
    cacheCreationInputTokens: Math.min(written, inputTokens - cacheReadInputTokens),
    reasoningOutputTokens: Math.min(tokenCount(outputDetails['reasoning_tokens']) ?? 0, outputTokens),
  }
  return { ...whole, ...mediaTokens(whole, inputDetails, outputDetails), ...searchesOf(searchesIn(response)) }
}

/** Searches of the web that are billed: OpenAI's own count, or the calls in the output. Opening a page costs nothing. */
function searchesIn(response: JsonObject): number {
  const told = detailsOf(detailsOf(response['tool_usage'])['web_search'])['num_requests']
  if (typeof told === 'number') return told
  const output = response['output']
  if (!Array.isArray(output)) return 0
  return (output as readonly JsonValue[]).filter((item) => {
    if (!isJsonObject(item) || item['type'] !== 'web_search_call') return false
    return (detailsOf(item['action'])['type'] ?? 'search') === 'search'
  }).length
}
