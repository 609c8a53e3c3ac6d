/**
 * Tokens of one answer, whoever counted them. Totals include their parts: `inputTokens` counts cached and cache-written
 * tokens too, `outputTokens` counts reasoning. Providers that report otherwise are added up in their adapter.
 */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheReadInputTokens: number
  readonly cacheCreationInputTokens: number
  /** The part of `cacheCreationInputTokens` that is kept for an hour and costs more (Anthropic). Left out: none. */
  readonly cacheCreationOneHourInputTokens?: number
  readonly reasoningOutputTokens: number
}

/** Who counted: the provider said so, or we counted with a tokenizer. */
export type UsageSource = 'provider' | 'estimated'
