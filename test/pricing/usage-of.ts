import type { Usage } from '../../src/core/usage.ts'

/** A usage that counts only these. */
export function usageOf(parts: Partial<Usage>): Usage {
  return {
    inputTokens: 0,
    outputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    reasoningOutputTokens: 0,
    ...parts,
  }
}
