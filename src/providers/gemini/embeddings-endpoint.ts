import { Fault } from '../../core/fault.ts'
import { isJsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { faultOfResponse, type ErrorSource } from '../errors.ts'
import type { ProviderContext } from '../openai-compatible/openai-compatible.ts'
import type { AnswerSink, Endpoint, Flow, ProviderCall } from '../provider.ts'
import { forwardableHeaders, upstreamRequestId } from '../response-headers.ts'
import type { UpstreamHeaders, UpstreamListener } from '../upstream.ts'
import {
  embeddingList,
  promptTokens,
  readEmbeddedBatch,
  toBatchEmbedContents,
  type EmbeddedBatch,
  type EmbeddingRequest,
} from './embeddings.ts'
import { failing } from '../pending-flow.ts'
import { geminiHeaders, methodUrl } from './urls.ts'

/** How much of an error body is read. */
const maximumErrorBytes = 64 * 1024

const uncounted = 'usage is 0 because Gemini counted no tokens of these embeddings'

/** OpenAI's embeddings over `batchEmbedContents`: one call for every hundred inputs, one after the other. */
export function embeddingsEndpoint(context: ProviderContext): Endpoint {
  return function embeddings(call, sink) {
    try {
      const body: unknown = typeof call.body === 'string' ? JSON.parse(call.body) : null
      if (!isJsonObject(body)) throw new Fault('invalid_request', 'The body must be a JSON object.')
      const answer = new EmbeddingsAnswer(
        call,
        sink,
        context,
        toBatchEmbedContents(body, call.model, call.unsupportedParameters),
      )
      answer.send()
      return answer
    } catch (error) {
      return failing(sink, error)
    }
  }
}

class EmbeddingsAnswer implements UpstreamListener, Flow {
  readonly #call: ProviderCall
  readonly #sink: AnswerSink
  readonly #context: ProviderContext
  readonly #request: EmbeddingRequest
  readonly #batches: EmbeddedBatch[] = []
  #transfer: Flow | null = null
  #status = 0
  #headers: UpstreamHeaders = {}
  #parts: Buffer[] = []
  /** Of the answer that is coming, and of all. */
  #bytes = 0
  #allBytes = 0
  #paused = false
  #over = false

  constructor(call: ProviderCall, sink: AnswerSink, context: ProviderContext, request: EmbeddingRequest) {
    this.#call = call
    this.#sink = sink
    this.#context = context
    this.#request = request
  }

  /** Sends the next batch. */
  send(): void {
    const { credential, model, limits } = this.#call
    this.#parts = []
    this.#bytes = 0
    this.#transfer = this.#context.upstreams.send(
      {
        url: methodUrl(credential.baseUrl, model, 'batchEmbedContents'),
        headers: geminiHeaders(credential.apiKey, this.#context.userAgent, 'application/json'),
        body: this.#request.batches[this.#batches.length]?.body ?? '',
        headTimeoutMs: limits.headTimeoutMs,
        idleTimeoutMs: limits.idleTimeoutMs,
      },
      this,
    )
    if (this.#paused) this.#transfer.pause()
  }

  pause(): void {
    this.#paused = true
    if (!this.#over) this.#transfer?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#transfer?.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#close()
    this.#transfer?.abort()
  }

  head(status: number, headers: UpstreamHeaders): void {
    if (this.#over) return
    this.#status = status
    this.#headers = headers
    if (status >= 300 && status < 400) this.#refuse(faultOfResponse(Buffer.alloc(0), this.#source()))
  }

  data(bytes: Buffer): void {
    if (this.#over) return
    this.#parts.push(bytes)
    this.#bytes += bytes.length
    this.#allBytes += bytes.length
    if (this.#status >= 400) {
      if (this.#bytes >= maximumErrorBytes) this.#refuse(faultOfResponse(Buffer.concat(this.#parts), this.#source()))
    } else if (this.#allBytes > this.#call.limits.maxAnswerBytes) {
      const message = `The provider sent an answer of more than ${this.#call.limits.maxAnswerBytes} bytes.`
      this.#refuse(new Fault('upstream_error', message, this.#details()))
    }
  }

  end(): void {
    if (this.#over) return
    const body = Buffer.concat(this.#parts)
    if (this.#status >= 400) {
      this.#refuse(faultOfResponse(body, this.#source()))
      return
    }
    let value: unknown
    try {
      value = JSON.parse(body.toString('utf8'))
    } catch (cause) {
      const message = 'The provider sent an answer that is not valid JSON.'
      this.#refuse(new Fault('upstream_error', message, { ...this.#details(), cause }))
      return
    }
    const batch = readEmbeddedBatch(value)
    if (batch === null || batch.vectors.length !== this.#request.batches[this.#batches.length]?.inputs) {
      this.#refuse(
        new Fault('upstream_error', 'The provider did not send an embedding for each input.', this.#details()),
      )
      return
    }
    this.#batches.push(batch)
    if (this.#batches.length < this.#request.batches.length) this.send()
    else this.#answer()
  }

  fail(fault: Fault): void {
    if (this.#over) return
    const isError = this.#status >= 400
    this.#refuse(isError ? faultOfResponse(Buffer.concat(this.#parts), this.#source()) : fault)
  }

  #answer(): void {
    const value = embeddingList(this.#batches, this.#call.model, this.#request.isBase64)
    const tokens = promptTokens(this.#batches)
    const warnings = tokens === null ? [...this.#request.warnings, uncounted] : this.#request.warnings
    this.#sink.head(
      {
        status: this.#status,
        stream: false,
        headers: forwardableHeaders(this.#headers),
        upstreamRequestId: upstreamRequestId(this.#headers),
        ...(warnings.length === 0 ? {} : { warnings }),
      },
      this,
    )
    if (this.#isOver()) return
    this.#sink.chunk({ json: JSON.stringify(value), value, usage: usageOf(tokens), internal: false })
    if (this.#isOver()) return
    this.#sink.flush()
    if (this.#isOver()) return
    this.#close()
    this.#sink.end()
  }

  /** A method because a sink may hang up in any of its calls. */
  #isOver(): boolean {
    return this.#over
  }

  #refuse(fault: Fault): void {
    this.#close()
    this.#transfer?.abort()
    this.#sink.fail(fault)
  }

  #close(): void {
    this.#over = true
    this.#parts = []
  }

  #details(): { readonly upstreamRequestId: string | null } {
    return { upstreamRequestId: upstreamRequestId(this.#headers) }
  }

  #source(): ErrorSource {
    const { apiKey } = this.#call.credential
    return { status: this.#status, headers: this.#headers, apiKey, now: this.#context.now() }
  }
}

/** null: nobody counted, and a guess is not ours to make. */
function usageOf(tokens: number | null): Usage | null {
  if (tokens === null) return null
  return {
    inputTokens: tokens,
    outputTokens: 0,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    reasoningOutputTokens: 0,
  }
}
