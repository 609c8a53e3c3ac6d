/** US dollars for a million tokens. A part whose price is left out costs what its whole costs. */
export interface GoldenPrice {
  readonly input: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  readonly output: number
  /** Sound that goes in. Left out: it costs what text costs; null: nobody's list says how much. */
  readonly audioInput?: number | null
  /** US dollars of each request on top of its tokens. */
  readonly request?: number
}

/** The moment the prices are of: some have dates, and DeepSeek's hold for some hours of a day. */
export const goldenMoment = Date.UTC(2026, 7, 19, 12)

/**
 * What the models of the recordings cost on that day by their makers' lists, by provider and the name the answer gives.
 * `null`: nobody's list has them, or the provider sends no bill.
 */
export const goldenPrices: Readonly<Record<string, GoldenPrice | null>> = {
  'openai/gpt-4.1-nano-2025-04-14': { input: 0.1, cacheRead: 0.025, output: 0.4 },
  'openai/gpt-4o-2024-08-06': { input: 2.5, cacheRead: 1.25, output: 10 },
  // Its sound costs more than its text; the list of prices does not say how much.
  'openai/gpt-4o-audio-preview-2024-12-17': { input: 2.5, audioInput: null, output: 10 },
  'openai/gpt-4o-mini-2024-07-18': { input: 0.15, cacheRead: 0.075, output: 0.6 },
  // It searches for every answer: 25 dollars for a thousand of them.
  'openai/gpt-4o-mini-search-preview-2025-03-11': { input: 0.15, cacheRead: 0.075, output: 0.6, request: 0.025 },
  'openai/gpt-5-2025-08-07': { input: 1.25, cacheRead: 0.125, output: 10 },
  'openai/gpt-5-nano-2025-08-07': { input: 0.05, cacheRead: 0.005, output: 0.4 },
  'openai/gpt-5.3-codex': { input: 1.75, cacheRead: 0.175, output: 14 },
  'openai/gpt-5.4': { input: 2.5, cacheRead: 0.25, output: 15 },
  'openai/gpt-5.5-2026-04-23': { input: 5, cacheRead: 0.5, output: 30 },
  'openai/o3-mini-2025-01-31': { input: 1.1, cacheRead: 0.55, output: 4.4 },
  'openai/moonshotai/kimi-k2': null,
  'openai/muse-spark-1.1': null,
  'openrouter/anthropic/claude-4.5-haiku-20251001': { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 5 },
  'openrouter/anthropic/claude-haiku-4.5': { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 5 },
  'openrouter/anthropic/claude-sonnet-4.5': { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 },
  'openrouter/openai/gpt-4o': { input: 2.5, output: 10 },
  'openrouter/openai/gpt-5-mini': { input: 0.25, cacheRead: 0.025, output: 2 },
  'openrouter/minimax/minimax-m2:free': null,
  'azure/grok-4-1-fast-non-reasoning': { input: 0.2, cacheRead: 0.05, output: 0.5 },
  'mistral/mistral-small-latest': { input: 0.1, output: 0.3 },
  'mistral/zai-glm-5-2': null,
  'groq/llama-3.3-70b-versatile': { input: 0.59, output: 0.79 },
  'groq/openai/gpt-oss-120b': { input: 0.15, cacheRead: 0.075, output: 0.6 },
  'deepseek/deepseek-reasoner': { input: 0.55, cacheRead: 0.14, output: 2.19 },
  'deepseek/deepseek-v4-flash': { input: 0.22, cacheRead: 0.007, output: 0.66 },
  'ollama/gpt-oss:120b': null,
  'ollama/qwen3': null,
  'local/gemini-2.5-pro-preview-05-06': null,
  'local/gpt-oss-120b': null,
  'local/grok-3-mini': null,
  'local/qwen3': null,
  'anthropic/claude-3-haiku-20240307': { input: 0.25, cacheRead: 0.03, cacheWrite: 0.3, output: 1.25 },
  'anthropic/claude-fable-5': { input: 10, cacheRead: 1, cacheWrite: 12.5, output: 50 },
  'anthropic/claude-haiku-4-5-20251001': { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 5 },
  'anthropic/claude-opus-4-5-20251101': { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
  'anthropic/claude-opus-4-8': { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
  'anthropic/claude-sonnet-4-20250514': { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 },
  'anthropic/claude-sonnet-4-5-20250929': { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 },
  'anthropic/claude-sonnet-4-6': { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 },
  'anthropic/claude-sonnet-5': { input: 2, cacheRead: 0.2, cacheWrite: 2.5, output: 10 },
  'gemini/gemini-1.5-flash': { input: 0.075, cacheRead: 0.01875, output: 0.3 },
  'gemini/gemini-2.0-flash-exp': { input: 0.1, cacheRead: 0.025, output: 0.4 },
  'gemini/gemini-2.5-flash': { input: 0.3, cacheRead: 0.03, output: 2.5 },
  'gemini/gemini-2.5-pro': { input: 1.25, cacheRead: 0.125, output: 10 },
  'gemini/gemini-3-flash-preview': { input: 0.5, cacheRead: 0.05, output: 3 },
  'gemini/gemini-3-pro-preview': { input: 2, cacheRead: 0.2, output: 12 },
  'gemini/gemini-3.1-pro-preview': { input: 2, cacheRead: 0.2, output: 12 },
  'gemini/gemini-3.6-flash': { input: 0.75, cacheRead: 0.075, output: 3.75 },
}
