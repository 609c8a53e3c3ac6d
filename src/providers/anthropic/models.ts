/** How much a model may be asked to think. */
export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** What a family of models takes and what it refuses. */
export interface ModelTraits {
  /** Tokens; sent when the client names no limit. */
  readonly maxOutputTokens: number
  /** `maxOutputTokens` is known to be the model's limit, so more is lowered to it. */
  readonly limitIsKnown: boolean
  /** `budget`: with a number of tokens. `adaptive`: as it sees fit, led by an effort. `always`: adaptive and never off. */
  readonly thinking: 'none' | 'budget' | 'adaptive' | 'always'
  readonly efforts: readonly Effort[]
  /** Takes a number of tokens to think with; `adaptive` models did at first. */
  readonly budgets: boolean
  /** Thinking cannot be off with an effort above `high`. */
  readonly offUpToHigh: boolean
  /** Takes `temperature`, `top_p` and `top_k`. */
  readonly sampling: boolean
  /** Takes `output_config.format` and `strict` tools. */
  readonly schemas: boolean
  /** Can be made to call a tool. */
  readonly forcedTools: boolean
}

const noEfforts: readonly Effort[] = []
const upToMaxWithoutXhigh: readonly Effort[] = ['low', 'medium', 'high', 'max']
const allEfforts: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max']

const first: ModelTraits = {
  maxOutputTokens: 4_096,
  limitIsKnown: true,
  thinking: 'none',
  efforts: noEfforts,
  budgets: false,
  offUpToHigh: false,
  sampling: true,
  schemas: false,
  forcedTools: true,
}
const budgeted: ModelTraits = { ...first, maxOutputTokens: 64_000, thinking: 'budget', budgets: true }
const withSchemas: ModelTraits = { ...budgeted, schemas: true }
const adaptive: ModelTraits = {
  ...withSchemas,
  maxOutputTokens: 128_000,
  thinking: 'adaptive',
  efforts: upToMaxWithoutXhigh,
}
const withoutSampling: ModelTraits = { ...adaptive, efforts: allEfforts, budgets: false, sampling: false }
const alwaysThinking: ModelTraits = { ...withoutSampling, thinking: 'always' }

/** Part of the model's name, and its traits; the first that fits counts. */
const families: readonly (readonly [string, ModelTraits])[] = [
  ['claude-sonnet-5-5', { ...alwaysThinking, forcedTools: false }],
  ['claude-opus-5-5', { ...alwaysThinking, forcedTools: false }],
  ['claude-haiku-5-5', { ...withoutSampling, offUpToHigh: true }],
  ['claude-opus-5', { ...withoutSampling, offUpToHigh: true }],
  ['claude-fable-5-', { ...alwaysThinking, forcedTools: false }],
  ['claude-fable-5', alwaysThinking],
  ['claude-sonnet-5', withoutSampling],
  ['claude-opus-4-8', withoutSampling],
  ['claude-opus-4-7', withoutSampling],
  ['claude-opus-4-6', adaptive],
  ['claude-sonnet-4-6', adaptive],
  ['claude-opus-4-5', withSchemas],
  ['claude-sonnet-4-5', withSchemas],
  ['claude-haiku-4-5', withSchemas],
  ['claude-opus-4-1', { ...withSchemas, maxOutputTokens: 32_000 }],
  ['claude-sonnet-4-', budgeted],
  ['claude-opus-4-', { ...budgeted, maxOutputTokens: 32_000 }],
  ['claude-3-7-', budgeted],
  ['claude-3-5-', { ...first, maxOutputTokens: 8_192 }],
  ['claude-3-', first],
  ['claude-2', first],
  ['claude-instant', first],
  // A model that is newer than this table is like the newest in it.
  ['claude-', { ...withoutSampling, offUpToHigh: true, limitIsKnown: false }],
]

/** Others that speak Anthropic's API take what its first models took. */
const foreign: ModelTraits = { ...budgeted, maxOutputTokens: 8_192, limitIsKnown: false }

/** @param model the provider's own name, such as `claude-haiku-4-5-20251001`. */
export function traitsOf(model: string): ModelTraits {
  for (const [part, traits] of families) if (model.includes(part)) return traits
  return foreign
}
