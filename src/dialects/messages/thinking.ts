import { type JsonObject, isJsonObject } from '../../core/json.ts'
import { given, type Placed, refused, requiredObject, requiredText, textMember } from './reading.ts'
import type { Warnings } from './reading.ts'

/**
 * `thinking` and `output_config.effort` as chat's `reasoning_effort`; null: nothing is said about it.
 *
 * @throws Fault naming the field that is wrong.
 */
export function effortOf(request: Placed, warnings: Warnings): string | null {
  const config = given(request.value, 'output_config') === undefined ? null : requiredObject(request, 'output_config')
  const effort = config === null ? undefined : textMember(config, 'effort')
  if (given(request.value, 'thinking') === undefined) return effort ?? null
  const thinking = requiredObject(request, 'thinking')
  const type = requiredText(thinking, 'type')
  switch (type) {
    case 'enabled':
      return effort ?? effortOfBudget(thinking)
    case 'adaptive':
      // What Anthropic assumes when nothing is said.
      return effort ?? 'high'
    case 'disabled':
      warnings.add('`thinking` `disabled` was left to the model: not every model can be told so')
      return null
    case 'between_tools':
      warnings.add('`thinking` `between_tools` was dropped')
      return effort ?? null
    default:
      throw refused('thinking.type', '`thinking.type` must be `enabled`, `adaptive` or `disabled`.')
  }
}

/** Tokens; the levels that Google documents are 1024, 8192 and 24576, and these are the borders between them. */
const borders = { low: 4096, medium: 16_384 } as const

function effortOfBudget(thinking: Placed): string {
  const budget = thinking.value['budget_tokens']
  if (typeof budget !== 'number')
    throw refused('thinking.budget_tokens', '`thinking.budget_tokens` must be a number of tokens.')
  if (budget < borders.low) return 'low'
  return budget < borders.medium ? 'medium' : 'high'
}

/** The client has said that it wants no thinking, so none is told. */
export function refusesThinking(body: JsonObject): boolean {
  const thinking = given(body, 'thinking')
  return isJsonObject(thinking) && thinking['type'] === 'disabled'
}
