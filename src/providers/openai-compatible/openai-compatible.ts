import type { Upstreams } from '../upstream.ts'
import type { OpenReading } from '../chat/reading.ts'
import type { Endpoint, Provider, ProviderCall } from '../provider.ts'
import { ChatAnswer } from '../chat/chat-answer.ts'
import { OpenAiReading } from './reading.ts'

/** One OpenAI-type provider, as data. */
export interface OpenAiCompatible {
  readonly id: string
  readonly aliases?: readonly string[]
  readonly genAiName: string
  readonly priceId: string | null
  /** Ends in the version segment, as OpenAI's `/v1` does. null: it must be configured. */
  readonly defaultBaseUrl: string | null
  readonly needsApiKey: boolean
  /** Understands `stream_options.include_usage`. */
  readonly usageOption: boolean
  /** How the key travels. */
  readonly keyHeader: 'authorization' | 'api-key'
}

/** What all providers share. */
export interface ProviderContext {
  readonly upstreams: Upstreams
  readonly userAgent: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Makes the provider that data describes. */
export function openAiCompatible(description: OpenAiCompatible, context: ProviderContext): Provider {
  return {
    id: description.id,
    aliases: description.aliases ?? [],
    genAiName: description.genAiName,
    priceId: description.priceId,
    defaultBaseUrl: description.defaultBaseUrl,
    needsApiKey: description.needsApiKey,
    builtIn: false,
    usageOption: description.usageOption,
    endpoints: { chat: chatEndpoint(description, context) },
  }
}

function chatEndpoint(description: OpenAiCompatible, context: ProviderContext): Endpoint {
  return function chat(call, sink) {
    const answer = new ChatAnswer(call, sink, openReading, context.now)
    const transfer = context.upstreams.send(
      {
        url: `${call.credential.baseUrl}/chat/completions`,
        headers: requestHeaders(description, call, context.userAgent),
        body: call.body,
        headTimeoutMs: call.limits.headTimeoutMs,
        idleTimeoutMs: call.limits.idleTimeoutMs,
      },
      answer,
    )
    answer.sentBy(transfer)
    return answer
  }
}

const openReading: OpenReading = (context) => new OpenAiReading(context)

/** Everything an upstream gets to see in its head. The forwarded ones come first, so that they can replace nothing. */
function requestHeaders(description: OpenAiCompatible, call: ProviderCall, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = { ...call.forwardHeaders }
  headers['content-type'] = 'application/json'
  headers['accept'] = call.stream ? 'text/event-stream' : 'application/json'
  headers['accept-encoding'] = 'identity'
  headers['user-agent'] = userAgent
  const { apiKey } = call.credential
  if (apiKey !== null)
    headers[description.keyHeader] = description.keyHeader === 'authorization' ? `Bearer ${apiKey}` : apiKey
  return headers
}
