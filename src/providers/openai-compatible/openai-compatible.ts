import type { Operation } from '../../core/operation.ts'
import { ChatAnswer } from '../chat/chat-answer.ts'
import type { OpenReading } from '../chat/reading.ts'
import { ForwardAnswer } from '../forward/forward-answer.ts'
import type { Forwarding } from '../forward/forwarding.ts'
import type { Endpoint, Endpoints, Provider, ProviderCall } from '../provider.ts'
import type { UpstreamListener, Upstreams } from '../upstream.ts'
import { composedBody, type ComposedBodyRules } from './composed-body.ts'
import { completionsForwarding } from './completions-forwarding.ts'
import { audioForwarding, embeddingsForwarding, imagesForwarding, moderationsForwarding } from './forwardings.ts'
import { OpenAiReading } from './reading.ts'
import { compactionForwarding, responsesForwarding } from './responses-forwarding.ts'
import { belowBaseUrl, type UrlRule } from './urls.ts'

/** What an OpenAI-type provider may have besides chat. */
export type ForwardedOperation = Exclude<Operation, 'chat' | 'messages'>

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
  /** The endpoints it has besides chat, in OpenAI's shapes. */
  readonly also: readonly ForwardedOperation[]
  readonly composed: ComposedBodyRules
  /** Left out: the path follows the base URL. */
  readonly url?: UrlRule
}

/** What all providers share. */
export interface ProviderContext {
  readonly upstreams: Upstreams
  readonly userAgent: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const forwardings: Readonly<Record<ForwardedOperation, Forwarding>> = {
  text_completion: completionsForwarding,
  responses: responsesForwarding,
  compaction: compactionForwarding,
  embeddings: embeddingsForwarding,
  moderations: moderationsForwarding,
  images: imagesForwarding,
  audio: audioForwarding,
}

/** Makes the provider that data describes. */
export function openAiCompatible(description: OpenAiCompatible, context: ProviderContext): Provider {
  const endpoints: Endpoints = {
    chat: chatEndpoint(description, context),
    ...Object.fromEntries(
      description.also.map((operation) => [
        operation,
        forwardEndpoint(description, context, forwardings[operation], fixedPaths[operation]),
      ]),
    ),
  }
  return {
    id: description.id,
    aliases: description.aliases ?? [],
    genAiName: description.genAiName,
    priceId: description.priceId,
    defaultBaseUrl: description.defaultBaseUrl,
    needsApiKey: description.needsApiKey,
    builtIn: false,
    usageOption: description.usageOption,
    composedBody: (members) => composedBody(members, description.composed),
    endpoints,
  }
}

/** Of the operations with one path; images and audio go where the client went. */
const fixedPaths: Readonly<Partial<Record<ForwardedOperation, string>>> = {
  text_completion: '/completions',
  responses: '/responses',
  compaction: '/responses/compact',
  embeddings: '/embeddings',
  moderations: '/moderations',
}

const openReading: OpenReading = (context) => new OpenAiReading(context)

function chatEndpoint(description: OpenAiCompatible, context: ProviderContext): Endpoint {
  return function chat(call, sink) {
    const answer = new ChatAnswer(call, sink, openReading, context.now)
    answer.sentBy(sendTo(description, context, call, '/chat/completions', answer))
    return answer
  }
}

function forwardEndpoint(
  description: OpenAiCompatible,
  context: ProviderContext,
  forwarding: Forwarding,
  fixedPath: string | undefined,
): Endpoint {
  return function forward(call, sink) {
    const answer = new ForwardAnswer(call, sink, forwarding, context.now)
    answer.sentBy(sendTo(description, context, call, fixedPath ?? call.path, answer))
    return answer
  }
}

function sendTo(
  description: OpenAiCompatible,
  context: ProviderContext,
  call: ProviderCall,
  path: string,
  listener: UpstreamListener,
): ReturnType<Upstreams['send']> {
  const { credential, model, body, limits } = call
  return context.upstreams.send(
    {
      url: (description.url ?? belowBaseUrl)(credential.baseUrl, path, model),
      headers: requestHeaders(description, call, context.userAgent),
      body,
      headTimeoutMs: limits.headTimeoutMs,
      idleTimeoutMs: limits.idleTimeoutMs,
    },
    listener,
  )
}

/** Everything an upstream gets to see in its head. The forwarded ones come first, so that they can replace nothing. */
function requestHeaders(description: OpenAiCompatible, call: ProviderCall, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name in call.forwardHeaders) {
    const value = call.forwardHeaders[name]
    if (value !== undefined && !name.startsWith('anthropic-')) headers[name] = value
  }
  if (typeof call.body === 'string') {
    headers['content-type'] = 'application/json'
  } else {
    headers['content-type'] = call.body.contentType
    headers['content-length'] = String(call.body.length)
  }
  headers['accept'] = call.stream ? 'text/event-stream' : 'application/json'
  headers['accept-encoding'] = 'identity'
  headers['user-agent'] = userAgent
  const { apiKey } = call.credential
  if (apiKey !== null)
    headers[description.keyHeader] = description.keyHeader === 'authorization' ? `Bearer ${apiKey}` : apiKey
  return headers
}
