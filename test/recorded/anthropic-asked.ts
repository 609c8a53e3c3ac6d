/** What Anthropic was asked in a recording, as far as these tests look at it. */
export interface AskedOfAnthropic {
  readonly model: string
  readonly max_tokens: number
  readonly stream?: boolean
  readonly system?: unknown
  readonly messages: readonly { readonly role: string; readonly content: string | readonly AskedBlock[] }[]
  readonly tools?: readonly AskedTool[]
  readonly tool_choice?: { readonly type: string }
  readonly output_config?: { readonly format?: { readonly schema: unknown }; readonly effort?: string }
  readonly cache_control?: unknown
  readonly service_tier?: string
  readonly thinking?: { readonly type: string; readonly budget_tokens?: number }
}
export interface AskedBlock {
  readonly type: string
  readonly text?: string
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
  readonly tool_use_id?: string
  readonly content?: unknown
  readonly source?: { readonly type: string; readonly media_type?: string; readonly data?: string }
}
interface AskedTool {
  readonly name: string
  readonly type?: string
  readonly description?: string
  readonly input_schema?: unknown
}

/**
 * The chat request of a client that would have asked the same through OpenAI's API: it keeps nothing that has no place
 * there, thinking least of all.
 */
export function askedOverChat(asked: AskedOfAnthropic): Record<string, unknown> {
  return {
    model: `anthropic/${asked.model}`,
    max_completion_tokens: asked.max_tokens,
    ...(asked.stream === true ? { stream: true } : {}),
    messages: [
      ...(asked.system === undefined ? [] : [{ role: 'system', content: asked.system }]),
      ...asked.messages.flatMap(({ role, content }) => {
        const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content
        return role === 'assistant' ? [assistant(blocks)] : userMessages(blocks)
      }),
    ],
    ...(asked.tools === undefined ? {} : { tools: asked.tools.map(toolOverChat) }),
    ...(asked.tool_choice === undefined ? {} : { tool_choice: asked.tool_choice.type }),
    ...(asked.cache_control === undefined ? {} : { cache_control: asked.cache_control }),
    ...(asked.service_tier === undefined ? {} : { service_tier: asked.service_tier }),
    ...(asked.thinking === undefined ? {} : { thinking: asked.thinking }),
    ...(asked.output_config?.effort === undefined ? {} : { reasoning_effort: asked.output_config.effort }),
    ...(asked.output_config?.format === undefined
      ? {}
      : {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'x', schema: asked.output_config.format.schema },
          },
        }),
  }
}

function assistant(blocks: readonly AskedBlock[]): object {
  const calls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } }))
  const texts = blocks.filter(({ type }) => type === 'text').map(({ text }) => text ?? '')
  return { role: 'assistant', content: texts.join(''), ...(calls.length === 0 ? {} : { tool_calls: calls }) }
}

function userMessages(blocks: readonly AskedBlock[]): object[] {
  const results = blocks.filter(({ type }) => type === 'tool_result')
  const parts = blocks.filter(({ type }) => type !== 'tool_result').map(partOverChat)
  return [
    ...results.map(({ tool_use_id: id, content }) => ({ role: 'tool', tool_call_id: id, content })),
    ...(parts.length === 0 ? [] : [{ role: 'user', content: parts }]),
  ]
}

function partOverChat(block: AskedBlock): object {
  if (block.type !== 'image' || block.source?.type !== 'base64') return block
  const { media_type: type = '', data = '' } = block.source
  return { type: 'image_url', image_url: { url: `data:${type};base64,${data}` } }
}

function toolOverChat(tool: AskedTool): object {
  if (tool.type !== undefined && tool.type !== 'custom') return tool
  const { name, description, input_schema: parameters } = tool
  return { type: 'function', function: { name, ...(description === undefined ? {} : { description }), parameters } }
}
