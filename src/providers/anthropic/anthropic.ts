import { Fault } from '../../core/fault.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { requireShallow } from '../../core/nesting.ts'
import { ChatAnswer } from '../chat/chat-answer.ts'
import { ForwardAnswer } from '../forward/forward-answer.ts'
import type { ProviderContext } from '../openai-compatible/openai-compatible.ts'
import { failing } from '../pending-flow.ts'
import type { Endpoint, Provider, ProviderCall } from '../provider.ts'
import type { ThinkingMemory } from '../thinking-memory.ts'
import type { UpstreamRequest } from '../upstream.ts'
import { CompletedUsage, messagesForwarding } from './messages-forwarding.ts'
import { AnthropicReading } from './reading.ts'
import { toMessagesRequest, type MessagesRequest } from './request.ts'

/** The version of the API that the mappers speak. */
const apiVersion = '2023-06-01'

/**
 * Anthropic's own API: chat is translated, Messages are forwarded as they are.
 *
 * @param memory where thinking is kept between two turns of a conversation.
 */
export function anthropic(context: ProviderContext, memory: ThinkingMemory): Provider {
  return {
    id: 'anthropic',
    aliases: [],
    genAiName: 'anthropic',
    priceId: 'anthropic',
    defaultBaseUrl: 'https://api.anthropic.com',
    needsApiKey: true,
    builtIn: false,
    usageOption: false,
    endpoints: { chat: chatEndpoint(context, memory), messages: messagesEndpoint(context) },
  }
}

function chatEndpoint(context: ProviderContext, memory: ThinkingMemory): Endpoint {
  return function chat(call, sink) {
    let request: MessagesRequest
    try {
      const { model, partition, unsupportedParameters } = call
      request = toMessagesRequest(bodyOf(call), { model, partition, unsupportedParameters, memory })
    } catch (error) {
      return failing(sink, error)
    }
    const { expected, headers, warnings } = request
    const answer = new ChatAnswer(
      call,
      sink,
      (reading) => new AnthropicReading(reading, expected, memory),
      context.now,
      warnings,
    )
    answer.sentBy(context.upstreams.send(upstreamRequest(call, request.body, headers, context.userAgent), answer))
    return answer
  }
}

function messagesEndpoint(context: ProviderContext): Endpoint {
  return function messages(call, sink) {
    const answer = new ForwardAnswer(call, new CompletedUsage(sink), messagesForwarding, context.now)
    // The client speaks to Anthropic itself, in the version it names.
    const version = call.forwardHeaders['anthropic-version'] ?? apiVersion
    const needed = { 'anthropic-version': version }
    answer.sentBy(context.upstreams.send(upstreamRequest(call, call.body, needed, context.userAgent), answer))
    return answer
  }
}

function upstreamRequest(
  call: ProviderCall,
  body: ProviderCall['body'],
  needed: Readonly<Record<string, string>>,
  userAgent: string,
): UpstreamRequest {
  const { apiKey, baseUrl } = call.credential
  const beta = [call.forwardHeaders['anthropic-beta'], needed['anthropic-beta']].filter((value) => value !== undefined)
  return {
    url: `${baseUrl.replace(/\/v1$/, '')}/v1/messages`,
    headers: {
      'content-type': 'application/json',
      accept: call.stream ? 'text/event-stream' : 'application/json',
      'accept-encoding': 'identity',
      'user-agent': userAgent,
      'anthropic-version': needed['anthropic-version'] ?? apiVersion,
      ...(beta.length === 0 ? {} : { 'anthropic-beta': beta.join(',') }),
      ...(apiKey === null ? {} : { 'x-api-key': apiKey }),
    },
    body,
    headTimeoutMs: call.limits.headTimeoutMs,
    idleTimeoutMs: call.limits.idleTimeoutMs,
  }
}

function bodyOf(call: ProviderCall): JsonObject {
  const value: unknown = typeof call.body === 'string' ? JSON.parse(call.body) : null
  if (!isJsonObject(value)) {
    throw new Fault('invalid_request', 'The body of a chat completions request must be a JSON object.')
  }
  requireShallow(value)
  return value
}
