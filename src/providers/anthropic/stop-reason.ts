/**
 * Why the model stopped, in OpenAI's words. `pause_turn` (a long run of Anthropic's own tools, to be continued by sending
 * the conversation again) is a `stop`. A reason that is not known here is one, too.
 *
 * @param called the client is to run tools; without that a `tool_use` was the tool that takes the answer.
 */
export function finishReason(stopReason: string, called: 'tool_calls' | 'function_call' | null): string {
  switch (stopReason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length'
    case 'tool_use':
      return called ?? 'stop'
    case 'refusal':
      return 'content_filter'
    default:
      return 'stop'
  }
}
