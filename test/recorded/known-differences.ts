import type { AiSdkReading, waysThrough } from './ai-sdk.ts'

/** A recording that reads otherwise through the proxy than from the provider itself, and why that is as it should be. */
export interface KnownDifference {
  readonly reason: string
  readonly recordings: readonly string[]
  /** In which of the proxy's APIs; left out: in all of them. */
  readonly over?: readonly (keyof typeof waysThrough)[]
  /** Whether the client asked for a stream; left out: either way. */
  readonly streamed?: boolean
  /** What is read through the proxy instead. */
  instead(direct: AiSdkReading): Partial<AiSdkReading>
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    reason: "C05, C06: a refused key is the proxy's own; what the provider says of it is the operator's business.",
    recordings: [
      'ruby_llm/chat_error_handling_with_deepseek_deepseek-chat_raises_appropriate_auth_error#0',
      'ruby_llm/chat_error_handling_with_ollama_cloud_gpt-oss_120b_raises_appropriate_auth_error#0',
      'ruby_llm/chat_error_handling_with_perplexity_sonar_raises_appropriate_auth_error#0',
      'ruby_llm/chat_error_handling_with_anthropic_claude-haiku-4-5_raises_appropriate_auth_error#0',
      'ruby_llm/chat_error_handling_with_gemini_gemini-2_5-flash_raises_appropriate_auth_error#0',
    ],
    instead: () => ({
      error:
        "The provider refused the proxy's own credential for it. This is for the operator of this proxy to settle; the key you sent is not at fault.",
    }),
  },
  {
    reason: "OpenRouter's own message says nothing; the cause stands in `metadata.raw` and is told with it.",
    recordings: [
      'pydantic-ai/test_openrouter__test_openrouter_errors_raised#0',
      'pydantic-ai/test_openrouter__test_openrouter_errors_raised#1',
      'pydantic-ai/test_openrouter__test_openrouter_errors_raised#2',
    ],
    instead: ({ error }) => ({
      error: `${error ?? ''}: google/gemini-2.0-flash-exp:free is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations`,
    }),
  },
  {
    reason:
      'Groq names the call that the model got wrong beside the message, where an envelope of four members has no place.',
    recordings: ['pydantic-ai/test_groq__test_tool_use_failed_error#0'],
    instead: ({ error }) => ({
      error: `${error ?? ''} (failed_generation: {"name": "get_something_by_name", "arguments": {\n  "foo": "bar"\n}})`,
    }),
  },
  {
    reason:
      'An answer in one piece is either there or an error; what a stream said before its error cannot be told with it.',
    recordings: [
      'pydantic-ai/test_groq__test_tool_use_failed_error_streaming_with_text#0',
      'pydantic-ai/test_openrouter__test_openrouter_stream_error#0',
    ],
    streamed: false,
    instead: () => ({ text: '', reasoning: '' }),
  },
  {
    reason: 'E12: the recorded stream never says why it ended; the proxy concludes it from the calls.',
    recordings: [
      'simonw-llm/test_tools_streaming__test_tools_streaming_variant_a#0',
      'simonw-llm/test_tools_streaming__test_tools_streaming_variant_b#0',
    ],
    instead: () => ({ finishReason: 'tool-calls' }),
  },
  {
    reason:
      'xAI and Google leave thinking out of `completion_tokens` and count it in `total_tokens` only; the SDK does not look there.',
    recordings: ['vercel-ai/xai__xai-tool-call.chunks.txt'],
    over: ['messages', 'responses'],
    instead: ({ usage }) => ({ usage: usage && { ...usage, output: 222, total: 513 } }),
  },
  {
    reason:
      'xAI and Google leave thinking out of `completion_tokens` and count it in `total_tokens` only; the SDK does not look there.',
    recordings: ['pydantic-ai/test_openai__test_compatible_api_with_tool_calls_without_id#0'],
    over: ['messages', 'responses'],
    instead: ({ usage }) => ({ usage: usage && { ...usage, output: 74, reasoning: 62, total: 109 } }),
  },
  {
    reason:
      'xAI and Google leave thinking out of `completion_tokens` and count it in `total_tokens` only; the SDK does not look there.',
    recordings: ['pydantic-ai/test_openai__test_compatible_api_with_tool_calls_without_id#1'],
    over: ['messages', 'responses'],
    instead: ({ usage }) => ({ usage: usage && { ...usage, output: 34, reasoning: 28, total: 100 } }),
  },
  {
    reason: 'xAI says that of 7 tokens 161 came from its cache; a part is never more than its whole.',
    recordings: ['ruby_llm/chat_streaming_responses_azure_grok-4-1-fast-non-reasoning_supports_streaming_responses#0'],
    over: ['messages', 'responses'],
    instead: ({ usage }) => ({ usage: usage && { ...usage, cached: 7 } }),
  },
  {
    reason:
      'The provider counted nothing, and the Messages API has numbers only. What is recorded and billed is estimated.',
    recordings: ['vercel-ai/openai-compatible__chat__anthropic-fallback-tool-call.sse'],
    over: ['messages'],
    instead: ({ usage }) => ({ usage: usage && { ...usage, input: 0, output: 0, total: 0 } }),
  },
]

export function differenceOf(
  id: string,
  way: keyof typeof waysThrough,
  streamed: boolean,
): KnownDifference | undefined {
  return knownDifferences.find(
    (known) =>
      known.recordings.includes(id) &&
      (known.over?.includes(way) ?? true) &&
      (known.streamed === undefined || known.streamed === streamed),
  )
}
