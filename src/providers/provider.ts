import type { Fault } from '../core/fault.ts'
import type { JsonObject } from '../core/json.ts'
import type { Usage } from '../core/usage.ts'

/** Where and as whom one provider is called. */
export interface Credential {
  readonly apiKey: string | null
  /** Without trailing slash; OpenAI-type ones end in `/v1`. */
  readonly baseUrl: string
}

/** One call to one target. */
export interface ProviderCall {
  readonly requestId: string
  readonly credential: Credential
  /** The provider's own name of the model. */
  readonly model: string
  /** The whole request body as JSON text, `model` and `stream_options` already right for this target. */
  readonly body: string
  /** The client asked for a stream. */
  readonly stream: boolean
  /** The client itself asked for `stream_options.include_usage`; when false the usage chunk is taken out again. */
  readonly clientWantsUsage: boolean
  /** Client headers that OpenAI-type upstreams may see: `openai-organization`, `openai-project`, `openai-beta`, `x-client-request-id`, `idempotency-key`. Lower case. */
  readonly forwardHeaders: Readonly<Record<string, string>>
  readonly limits: CallLimits
}

export interface CallLimits {
  /** Until the upstream's response head. */
  readonly headTimeoutMs: number
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
 * A provider is a value. `chat` sends one call and pushes the answer into the sink in OpenAI's shapes and in the normal
 * form of the wire (role once, one finish reason per choice, contiguous tool indexes, …). It never throws: what goes wrong
 * is a Fault to `sink.fail`. It returns the flow at once, before anything has arrived, so that a hang-up can abort in any phase.
 */
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
  chat(call: ProviderCall, sink: AnswerSink): Flow
}
