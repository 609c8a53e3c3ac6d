import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { Draft } from '../chat/draft.ts'
import type { Effort, ModelTraits } from './models.ts'
import { badField, type Notes } from './notes.ts'

/** How the model is to think. */
export interface Thinking {
  /** Member `thinking` of the request; null: left out, the model does as it does. */
  readonly config: Draft | null
  /** `output_config.effort`. */
  readonly effort: Effort | null
}

/** Tokens to think with, for models that want a number. */
const budgets: Readonly<Record<string, number>> = {
  minimal: 1_024,
  low: 4_096,
  medium: 10_240,
  high: 24_576,
  xhigh: 32_768,
  max: 49_152,
}
/** Anthropic's least. */
const leastBudget = 1_024
const off: Draft = { type: 'disabled' }

/**
 * `reasoning_effort` in Anthropic's terms: an effort for adaptive models, a budget below `max_tokens` for older ones. The
 * client's own `thinking` is passed on and wins.
 *
 * @param maxTokens of the request.
 */
export function thinkingOf(body: JsonObject, traits: ModelTraits, maxTokens: number, notes: Notes): Thinking {
  const asked = askedEffort(body)
  const own = body['thinking']
  if (own !== undefined && own !== null) {
    if (!isJsonObject(own)) throw badField('thinking', 'The field `thinking` must be an object.')
    return ownThinking(own, asked === null || asked === 'none' ? null : effortOf(asked, traits, notes), traits, notes)
  }
  if (asked === null) return { config: null, effort: null }
  if (asked === 'none') return withoutThinking(traits, notes)
  switch (traits.thinking) {
    case 'none':
      notes.unsupported('reasoning_effort', 'dropped: this model does not think')
      return { config: null, effort: null }
    case 'budget':
      return { config: budgetOf(asked, maxTokens, notes), effort: null }
    case 'adaptive':
    case 'always':
      return { config: { type: 'adaptive', display: 'summarized' }, effort: effortOf(asked, traits, notes) }
  }
}

/** The client's own words, but for what the model has no more: a budget, or being without thinking. */
function ownThinking(own: JsonObject, effort: Effort | null, traits: ModelTraits, notes: Notes): Thinking {
  if (own['type'] === 'disabled' && traits.thinking === 'always') {
    notes.unsupported('thinking', 'disabled was dropped, with an effort of low: this model always thinks')
    return { config: null, effort: effort ?? 'low' }
  }
  if (own['type'] === 'enabled' && !traits.budgets && traits.thinking !== 'none') {
    notes.unsupported('thinking', 'sent as adaptive: this model takes no budget')
    return { config: { type: 'adaptive', display: own['display'] ?? 'summarized' }, effort }
  }
  return { config: { ...own }, effort }
}

/** True when the request asks for thinking, so that what thinking forbids must not be in it. */
export function isThinking(thinking: Thinking): boolean {
  return thinking.config !== null && thinking.config.type !== 'disabled'
}

/** True when thinking of former turns may be in the request. */
export function wantsThinkingBack(thinking: Thinking, traits: ModelTraits): boolean {
  if (thinking.config !== null) return thinking.config.type !== 'disabled'
  return traits.thinking === 'adaptive' || traits.thinking === 'always'
}

/** Thinking with a budget taken back: it forbids what the request needs more. */
export function disabled(thinking: Thinking): Thinking {
  return { ...thinking, config: off }
}

function askedEffort(body: JsonObject): string | null {
  const effort = body['reasoning_effort']
  if (effort === undefined || effort === null) return null
  if (typeof effort === 'string' && (effort === 'none' || Object.hasOwn(budgets, effort))) return effort
  throw badField(
    'reasoning_effort',
    'The field `reasoning_effort` must be one of `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`.',
  )
}

function withoutThinking(traits: ModelTraits, notes: Notes): Thinking {
  if (traits.thinking === 'none') return { config: null, effort: null }
  if (traits.thinking !== 'always') return { config: off, effort: null }
  notes.unsupported('reasoning_effort', 'sent as low: this model always thinks')
  return { config: null, effort: 'low' }
}

function effortOf(asked: string, traits: ModelTraits, notes: Notes): Effort | null {
  const effort = asked === 'minimal' ? 'low' : (asked as Effort)
  if (traits.efforts.includes(effort)) return effort
  if (traits.efforts.length === 0) return null
  notes.unsupported('reasoning_effort', `sent as high: this model has no effort ${effort}`)
  return 'high'
}

/** Half of the tokens at most are for thinking, so that some are left to answer with. */
function budgetOf(asked: string, maxTokens: number, notes: Notes): Draft | null {
  if (maxTokens <= leastBudget) {
    notes.unsupported('reasoning_effort', `dropped: thinking needs max_completion_tokens above ${leastBudget}`)
    return null
  }
  const wanted = Math.min(budgets[asked] ?? leastBudget, Math.floor(maxTokens / 2))
  return { type: 'enabled', budget_tokens: Math.max(wanted, leastBudget) }
}
