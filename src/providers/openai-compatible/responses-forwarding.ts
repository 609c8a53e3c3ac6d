import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Forwarding, SeenEvent } from '../forward/forwarding.ts'
import { responseAsEvents } from './response-as-events.ts'

/**
 * What is understood of OpenAI's Responses API, whose answers are forwarded as they are: ids that change between the events
 * of one item (some proxies in front of it do that), kinds of items and of events that came later.
 */
export const responsesForwarding: Forwarding = {
  endMark: null,
  wholeUsage: (value) => readResponseUsage(value['usage']),
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
    usage: response === null ? null : readResponseUsage(response['usage']),
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

/** `usage` of a response object; null when there is none. */
function readResponseUsage(usage: JsonValue | undefined): Usage | null {
  if (!isJsonObject(usage)) return null
  const input = count(usage['input_tokens'])
  const output = count(usage['output_tokens'])
  if (input === null && output === null) return null
  const inputTokens = input ?? 0
  const outputTokens = output ?? 0
  const inputDetails = detailsOf(usage['input_tokens_details'])
  const outputDetails = detailsOf(usage['output_tokens_details'])
  const cacheReadInputTokens = Math.min(count(inputDetails['cached_tokens']) ?? 0, inputTokens)
  const written = count(inputDetails['cache_write_tokens']) ?? 0
  return {
    inputTokens,
    outputTokens,
    cacheReadInputTokens,
    cacheCreationInputTokens: Math.min(written, inputTokens - cacheReadInputTokens),
    reasoningOutputTokens: Math.min(count(outputDetails['reasoning_tokens']) ?? 0, outputTokens),
  }
}

function detailsOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

/** No answer has more; a count beyond it is garbage and must not reach a sum or a column. */
const mostTokens = 1_000_000_000

function count(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && value >= 0 && value <= mostTokens ? Math.round(value) : null
}
