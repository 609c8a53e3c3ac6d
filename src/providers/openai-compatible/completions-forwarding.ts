import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Forwarding, SeenEvent } from '../forward/forwarding.ts'
import { readUsage } from '../usage.ts'

/** `POST /completions` of OpenAI-type providers, whole or streamed, in their own `text_completion` objects. */
export const completionsForwarding: Forwarding = {
  endMark: '[DONE]',
  wholeUsage: (value) => readUsage(value['usage']),
  event: (value) => {
    const usage = readUsage(value['usage'])
    const choices = value['choices']
    const usageOnly = usage !== null && Array.isArray(choices) && choices.length === 0
    return { usage, state: stateOf(value), usageOnly }
  },
  // A chunk of a completion has the shape of the whole.
  wholeAsEvents: (value) => [value],
}

/** One finished choice counts for the answer: it is looked at event by event, and what follows is passed on all the same. */
function stateOf(value: JsonObject): SeenEvent['state'] {
  const error = value['error']
  if (error !== undefined && error !== null) return 'failed'
  const choices = value['choices']
  const isLast =
    Array.isArray(choices) &&
    (choices as readonly JsonValue[]).some(
      (choice) => isJsonObject(choice) && typeof choice['finish_reason'] === 'string',
    )
  return isLast ? 'last' : 'open'
}
