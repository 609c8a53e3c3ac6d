import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/**
 * What a provider does not take of a chat request that was put together here: from a prompt, which may fall back from one
 * provider to another, or from another API. A client's own request is never touched.
 */
export interface ComposedBodyRules {
  /** Knows the limit of an answer only as `max_tokens`. */
  readonly onlyMaxTokens?: boolean
  /** Members of messages, their parts and their tool calls that it refuses or has no use for. */
  readonly withoutMembers: readonly string[]
}

/** Of whose use is only that a provider of another kind gets them back. */
export const foreignMembers = {
  /** Anthropic's marks of what is worth caching. */
  cacheControl: 'cache_control',
  /** OpenRouter's form of signed thinking. */
  reasoningDetails: 'reasoning_details',
  /** Readable thinking, in DeepSeek's form. */
  reasoningContent: 'reasoning_content',
  /** Google's thought signatures. */
  extraContent: 'extra_content',
} as const

/** The members of a chat request, raw, as this provider takes them. */
export function composedBody(
  members: ReadonlyMap<string, string>,
  rules: ComposedBodyRules,
): ReadonlyMap<string, string> {
  const limit = rules.onlyMaxTokens === true ? members.get('max_completion_tokens') : undefined
  const messages = members.get('messages') ?? ''
  const isForeign = rules.withoutMembers.some((name) => messages.includes(`"${name}"`))
  const tools = members.get('tools') ?? ''
  const hasMarkedTools = rules.withoutMembers.includes('cache_control') && tools.includes('"cache_control"')
  if (limit === undefined && !isForeign && !hasMarkedTools) return members
  const changed = new Map(members)
  if (limit !== undefined) {
    changed.delete('max_completion_tokens')
    if (!changed.has('max_tokens')) changed.set('max_tokens', limit)
  }
  if (isForeign) changed.set('messages', withoutMembers(messages, rules.withoutMembers))
  if (hasMarkedTools) changed.set('tools', withoutMembers(tools, ['cache_control']))
  return changed
}

/** Of each item of a list, of its content parts and of its tool calls. What a tool was called with is left as it is. */
function withoutMembers(list: string, names: readonly string[]): string {
  const items = JSON.parse(list) as JsonValue
  if (!Array.isArray(items)) return list
  return JSON.stringify(items.map((item: JsonValue) => (isJsonObject(item) ? stripped(item, names) : item)))
}

function stripped(item: JsonObject, names: readonly string[]): JsonObject {
  const kept = Object.entries(item).filter(([name]) => !names.includes(name))
  return Object.fromEntries(
    kept.map(([name, value]) => {
      const isList = (name === 'content' || name === 'tool_calls') && Array.isArray(value)
      if (!isList) return [name, value]
      return [name, value.map((each: JsonValue) => (isJsonObject(each) ? stripped(each, names) : each))]
    }),
  )
}
