import { Fault } from '../../core/fault.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { requireShallow } from '../../core/nesting.ts'
import { ChatAnswer } from '../chat/chat-answer.ts'
import type { Downloads } from '../download.ts'
import type { ProviderContext } from '../openai-compatible/openai-compatible.ts'
import type { AnswerSink, Endpoint, Flow, Provider, ProviderCall } from '../provider.ts'
import type { ThinkingMemory } from '../thinking-memory.ts'
import { remoteFiles } from './contents.ts'
import { embeddingsEndpoint } from './embeddings-endpoint.ts'
import type { InlineData } from './parts.ts'
import { failing, PendingFlow } from '../pending-flow.ts'
import { GeminiReading } from './reading.ts'
import { toGenerateContent } from './request.ts'
import { geminiHeaders, methodUrl } from './urls.ts'

/** What Gemini needs besides what all providers share. */
export interface GeminiParts {
  /** Keeps thought signatures for clients that drop them. */
  readonly memory: ThinkingMemory
  /** Fetches images that requests name by their address. */
  readonly downloads: Downloads
}

const noFiles: ReadonlyMap<string, InlineData> = new Map()

/** Google's Gemini by its own API, `generateContent` and `batchEmbedContents`. */
export function gemini(context: ProviderContext, parts: GeminiParts): Provider {
  return {
    id: 'gemini',
    aliases: ['google'],
    genAiName: 'gcp.gemini',
    priceId: 'google',
    defaultBaseUrl: 'https://generativelanguage.googleapis.com',
    needsApiKey: true,
    builtIn: false,
    // Usage comes unasked, on every event.
    usageOption: false,
    endpoints: { chat: chatEndpoint(context, parts), embeddings: embeddingsEndpoint(context) },
  }
}

function chatEndpoint(context: ProviderContext, parts: GeminiParts): Endpoint {
  return function chat(call, sink) {
    try {
      const body = bodyOf(call)
      const wanted = remoteFiles(body['messages'])
      if (wanted.length === 0) return send(call, sink, body, noFiles, context, parts)
      const pending = new PendingFlow(sink)
      parts.downloads
        .fetch(wanted, pending.signal)
        .then((files) => {
          if (!pending.isOver) pending.continueAs(send(call, sink, body, files, context, parts))
        })
        .catch((error: unknown) => pending.fail(error))
      return pending
    } catch (error) {
      return failing(sink, error)
    }
  }
}

/** @throws Fault `invalid_request` when the request cannot be said to Gemini. */
function send(
  call: ProviderCall,
  sink: AnswerSink,
  body: JsonObject,
  files: ReadonlyMap<string, InlineData>,
  context: ProviderContext,
  { memory }: GeminiParts,
): Flow {
  const { model, unsupportedParameters, credential, partition, stream, limits } = call
  const recall = (key: string): ReturnType<ThinkingMemory['recall']> => memory.recall(partition, key)
  const request = toGenerateContent(body, { model, unsupportedParameters, recall, files })
  const answer = new ChatAnswer(
    call,
    sink,
    (reading) => new GeminiReading(reading, request, memory),
    context.now,
    request.warnings,
  )
  const method = stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
  const accept = stream ? 'text/event-stream' : 'application/json'
  const transfer = context.upstreams.send(
    {
      url: methodUrl(credential.baseUrl, model, method),
      headers: geminiHeaders(credential.apiKey, context.userAgent, accept),
      body: request.body,
      headTimeoutMs: limits.headTimeoutMs,
      idleTimeoutMs: limits.idleTimeoutMs,
    },
    answer,
  )
  answer.sentBy(transfer)
  return answer
}

function bodyOf(call: ProviderCall): JsonObject {
  const body: unknown = typeof call.body === 'string' ? JSON.parse(call.body) : null
  if (!isJsonObject(body)) throw new Fault('invalid_request', 'The body must be a JSON object.')
  requireShallow(body)
  return body
}
