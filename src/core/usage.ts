/**
 * Tokens of one answer, whoever counted them. Totals include their parts: `inputTokens` counts cached and cache-written
 * tokens, sound and pictures too, `outputTokens` counts reasoning, sound and pictures. Providers that report otherwise are
 * added up in their adapter. What is left out is none.
 */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheCreationInputTokens: number
  /** The part of `cacheCreationInputTokens` that is kept for an hour and costs more (Anthropic). Left out: none. */
  readonly cacheCreationOneHourInputTokens?: number
  readonly reasoningOutputTokens: number
  readonly audioInputTokens?: number
  /** The part of both `cacheReadInputTokens` and `audioInputTokens`. */
  readonly audioCacheReadInputTokens?: number
  readonly audioOutputTokens?: number
  readonly imageInputTokens?: number
  /** The part of both `cacheReadInputTokens` and `imageInputTokens`. */
  readonly imageCacheReadInputTokens?: number
  readonly imageOutputTokens?: number
  /** How often the provider itself searched the web, which costs a fee each. */
  readonly webSearches?: number
}

/** Who counted: the provider said so, or we counted with a tokenizer. */
export type UsageSource = 'provider' | 'estimated'
