import type { Readable } from 'node:stream'
import type { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import type { Operation } from '../core/operation.ts'
import type { Usage } from '../core/usage.ts'

/** Where and as whom one provider is called. */
export interface Credential {
  /** Tells several credentials of one provider apart; `default` when there is one. Never the secret. */
  readonly name: string
  readonly apiKey: string | null
  /** Without trailing slash; OpenAI-type ones end in `/v1`. */
  readonly baseUrl: string
}

/** One call to one target. */
export interface ProviderCall {
  readonly requestId: string
  readonly credential: Credential
  /** Whatever is kept between two calls must be kept apart by this: the tenant. */
  readonly partition: string
  /** The provider's own name of the model. */
  readonly model: string
  /** The path the client called, below `/v1` and with the slash: `/images/edits`. Endpoints with one path of their own ignore it. */
  readonly path: string
  /** The whole request body, `model` and `stream_options` already right for this target: JSON text, or an upload. */
  readonly body: string | Upload
  /** The client asked for a stream. */
  readonly stream: boolean
  /** The client itself asked for `stream_options.include_usage`; when false the usage chunk is taken out again. */
  readonly clientWantsUsage: boolean
  /** Client headers that OpenAI-type upstreams may see: `openai-organization`, `openai-project`, `openai-beta`, `x-client-request-id`, `idempotency-key`. Lower case. */
  readonly forwardHeaders: Readonly<Record<string, string>>
  /** What becomes of a parameter that this provider cannot honour: dropped and named in `AnswerHead.warnings`, or a 400 naming it. */
  readonly unsupportedParameters: 'drop' | 'reject'
  readonly limits: CallLimits
}

/** A body that is not held in memory: a multipart form with its file, on disk or in a small buffer. */
export interface Upload {
  /** With its boundary. */
  readonly contentType: string
  /** Bytes. */
  readonly length: number
  /** The bytes from the start; may be called again for a retry. */
  open(): Readable
}

export interface CallLimits {
  /** Until the upstream's response head. */
  readonly headTimeoutMs: number
  /** From sending to the first chunk of a stream. */
  readonly firstChunkTimeoutMs: number
  /** Between two chunks. */
  readonly idleTimeoutMs: number
  readonly maxEventChars: number
  readonly maxAnswerBytes: number
}

/** The upstream's hand on the tap. Every method may be called at any time, also after the end, any number of times. */
export interface Flow {
  pause(): void
  resume(): void
  /** Ends the upstream call at once and closes its connection. The sink hears nothing more. */
  abort(): void
}

export interface AnswerHead {
  /** 2xx of the upstream. */
  readonly status: number
  /** Chunks of a stream follow, else exactly one chunk with the whole answer. */
  readonly stream: boolean
  /** Upstream headers a client may see (`x-ratelimit-*`, `openai-processing-ms`, `openai-version`), lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly upstreamRequestId: string | null
  /** For `x-promptbox-warning`: what the provider could not honour of the request, one sentence part each. */
  readonly warnings?: readonly string[]
  /** The answer is neither JSON nor events: its bytes go to the client as they come, any number of chunks. */
  readonly raw?: RawForm
}

/** The form of an answer that is forwarded byte for byte: speech, a transcription as text. */
export interface RawForm {
  readonly contentType: string
  /** Bytes; null: not known beforehand. */
  readonly contentLength: number | null
}

/** What the inspector read out of one chunk, once, so that nobody downstream parses again. */
export interface AnswerChunk {
  /** The JSON text that goes to the client: one `chat.completion.chunk`, or the whole `chat.completion`. */
  readonly json: string | Uint8Array
  /** The same, parsed. Must not be changed. */
  readonly value: JsonObject
  /** Tokens, when this chunk carries them. */
  readonly usage: Usage | null
  /** The chunk serves our accounting only: count it, do not send it. */
  readonly internal: boolean
  /** Name of the event (`response.output_text.delta`, `message_start`); chat and completions have none. */
  readonly event?: string
}

/**
 * Receives an answer as it comes, pushed. Order: head, then chunks with a flush after each batch that arrived together,
 * then end or fail. `fail` may come at any time, also before head, and is the last call. A sink wraps a sink.
 */
export interface AnswerSink {
  head(head: AnswerHead, flow: Flow): void
  chunk(chunk: AnswerChunk): void
  /** What arrived in one piece upstream has been handed over; a writer writes now. */
  flush(): void
  end(): void
  fail(fault: Fault): void
}

/**
 * One thing a provider can be asked. Sends one call and pushes the answer into the sink in the shapes of the operation
 * (chat: OpenAI's, in the normal form of the wire: role once, one finish reason per choice, contiguous tool indexes, …). It
 * never throws: what goes wrong is a Fault to `sink.fail`, never before it has returned. It returns the flow at once, before
 * anything has arrived, so that a hang-up can abort in any phase.
 */
export type Endpoint = (call: ProviderCall, sink: AnswerSink) => Flow

/** By operation; one that is absent cannot be asked of this provider. */
export type Endpoints = { readonly chat: Endpoint } & {
  readonly [operation in Exclude<Operation, 'chat'>]?: Endpoint | undefined
}

/** A provider is a value. */
export interface Provider {
  /** `openai`, `openrouter`, …: the prefix of model names. */
  readonly id: string
  /** Further prefixes. */
  readonly aliases: readonly string[]
  /** `gen_ai.provider.name`. */
  readonly genAiName: string
  /** Provider id in the price data. null: its models cost nothing or nothing is known. */
  readonly priceId: string | null
  /** null: a base URL must be configured for it to be on. */
  readonly defaultBaseUrl: string | null
  readonly needsApiKey: boolean
  /** Answers inside this process and is therefore always on (`mock`). */
  readonly builtIn: boolean
  /** Understands `stream_options.include_usage`; the others report usage unasked and some of them refuse the option. */
  readonly usageOption: boolean
  /** A chat request that was put together here (from a prompt, from another API), as this provider takes it. Left out: as it is. */
  readonly composedBody?: (members: ReadonlyMap<string, string>) => ReadonlyMap<string, string>
  readonly endpoints: Endpoints
}
