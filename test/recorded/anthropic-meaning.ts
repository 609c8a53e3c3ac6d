import { objectsOf } from './meaning.ts'
import type { RecordedExchange } from './recordings.ts'

/** What an answer of Anthropic's says, worked out from the raw recording alone and without any code of the proxy. */
export interface AnthropicMeaning {
  readonly content: string
  readonly reasoning: string
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: unknown }[]
  readonly signatures: readonly string[]
  readonly citations: number
  readonly finishReason: string
  /** The model that answered. */
  readonly model: string
  readonly tokens: {
    readonly input: number
    readonly cacheRead: number
    readonly cacheWrite: number
    readonly output: number
  }
}

interface Block {
  readonly type: string
  text?: string
  thinking?: string
  signature?: string
  readonly data?: string
  readonly id?: string
  readonly name?: string
  input?: unknown
  citations?: unknown[]
  readonly to?: { readonly model: string }
  json?: string
}
interface Tokens {
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly cache_read_input_tokens?: number
  readonly cache_creation_input_tokens?: number
}
interface Message {
  readonly model: string
  readonly content: readonly Block[]
  readonly stop_reason: string
  readonly usage: Tokens
}
interface Delta {
  readonly type?: string
  readonly text?: string
  readonly thinking?: string
  readonly signature?: string
  readonly partial_json?: string
  readonly citation?: unknown
  readonly stop_reason?: string | null
}
interface Event {
  readonly type: string
  readonly index?: number
  readonly message?: Message
  readonly content_block?: Block
  readonly delta?: Delta
  readonly usage?: Tokens
}

const reasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  refusal: 'content_filter',
}

export function anthropicMeaningOf(exchange: RecordedExchange): AnthropicMeaning {
  const isStream = /event-stream/.test(exchange.headers['content-type'] ?? '')
  const objects = objectsOf(exchange.body.toString('utf8'), isStream)
  const message = isStream ? messageOf(objects as readonly Event[]) : (objects[0] as Message)
  const blocks = message.content
  const of = (type: string): readonly Block[] => blocks.filter((block) => block.type === type)
  return {
    content: of('text')
      .map(({ text }) => text ?? '')
      .join(''),
    reasoning: of('thinking')
      .map(({ thinking }) => thinking ?? '')
      .join(''),
    calls: of('tool_use').map(({ id, name, input }) => ({ id: id ?? '', name: name ?? '', input })),
    signatures: blocks
      .filter(({ type }) => type === 'thinking' || type === 'redacted_thinking')
      .map(({ signature, data }) => signature ?? data ?? ''),
    citations: of('text').reduce((sum, { citations }) => sum + (citations?.length ?? 0), 0),
    finishReason: reasons[message.stop_reason] ?? message.stop_reason,
    model: of('fallback')[0]?.to?.model ?? message.model,
    tokens: {
      input: message.usage.input_tokens ?? 0,
      cacheRead: message.usage.cache_read_input_tokens ?? 0,
      cacheWrite: message.usage.cache_creation_input_tokens ?? 0,
      output: message.usage.output_tokens ?? 0,
    },
  }
}

/** The message that a stream adds up to, as Anthropic's own clients add it up. */
function messageOf(events: readonly Event[]): Message {
  const blocks: Block[] = []
  let model = ''
  let reason = ''
  let usage: Tokens = {}
  for (const { type, index = 0, message, content_block: begun, delta = {}, usage: tokens } of events) {
    if (type === 'message_start') {
      model = message?.model ?? ''
      usage = { ...usage, ...message?.usage }
    } else if (type === 'content_block_start' && begun !== undefined) blocks[index] = { ...begun }
    else if (type === 'message_delta') {
      reason = delta.stop_reason ?? reason
      usage = { ...usage, ...tokens }
    } else if (type === 'content_block_delta') {
      const block = blocks[index]
      if (block === undefined) continue
      if (delta.type === 'text_delta') block.text = `${block.text ?? ''}${delta.text ?? ''}`
      if (delta.type === 'thinking_delta') block.thinking = `${block.thinking ?? ''}${delta.thinking ?? ''}`
      if (delta.type === 'signature_delta') block.signature = delta.signature ?? ''
      if (delta.type === 'citations_delta') block.citations = [...(block.citations ?? []), delta.citation]
      if (delta.type === 'input_json_delta') {
        block.json = `${block.json ?? ''}${delta.partial_json ?? ''}`
        if (events.some((event) => event.type === 'content_block_stop' && event.index === index))
          block.input = parsed(block.json)
      }
    }
  }
  return { model, content: blocks, stop_reason: reason, usage }
}

/** What is there of the input so far; the last piece makes it whole. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json === '' ? '{}' : json)
  } catch {
    return null
  }
}
