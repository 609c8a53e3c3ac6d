import { Fault, type FaultKind } from '../../core/fault.ts'
import type { JsonObject } from '../../core/json.ts'
import { CompletionBuilder } from '../chat/chunks-to-completion.ts'
import { isDraft, type Draft } from '../chat/draft.ts'
import type { ChatReading, ReadingContext, WholeAnswer } from '../chat/reading.ts'
import { faultInStream, faultOfError, readProviderError } from '../errors.ts'
import { upstreamRequestId } from '../response-headers.ts'
import { callKey, type ThinkingMemory } from '../thinking-memory.ts'
import { readUsage } from '../usage.ts'
import { annotationsOf } from './annotations.ts'
import { Candidate } from './candidate.ts'
import { turnKey } from '../conversation-hash.ts'
import { endingOf } from './finish-reason.ts'
import { openAiLogprobs } from './logprobs.ts'
import { PartialArguments } from './partial-arguments.ts'
import type { GenerateContentRequest } from './request.ts'
import { countsTokens, openAiUsage, searchesIn } from './usage.ts'

/** What of the request an answer is read with. */
export type AskedOfGemini = Pick<GenerateContentRequest, 'toolNames' | 'usesFunctions' | 'conversation'>

/** More candidates than Gemini gives. */
const mostCandidates = 64

interface Identity {
  readonly id: string
  readonly created: number
  readonly model: string
  /** The JSON text that all chunks begin with, up to the choices. */
  readonly opening: string
}

/**
 * Reads what `generateContent` answers. A stream has no end mark, and a candidate may say how it ended before it has said
 * everything, so the finish reasons go out when the stream is over. A whole answer is read as a stream of one event.
 */
export class GeminiReading implements ChatReading {
  readonly #context: ReadingContext
  readonly #asked: AskedOfGemini
  readonly #memory: ThinkingMemory
  readonly #candidates: Candidate[] = []
  #identity: Identity | null = null
  /** Cumulative, so the last one counts. */
  #usage: Draft | null = null
  #sent = 0

  constructor(context: ReadingContext, asked: AskedOfGemini, memory: ThinkingMemory) {
    this.#context = context
    this.#asked = asked
    this.#memory = memory
  }

  get complete(): boolean {
    for (const candidate of this.#candidates) if (candidate.reason === null) return false
    return this.#candidates.length > 0
  }

  event(data: string): Fault | 'done' | null {
    // Not Gemini's, but some gateways before it end their streams so.
    if (data.trimEnd() === '[DONE]') return 'done'
    let value: unknown
    try {
      value = JSON.parse(data)
    } catch (cause) {
      return this.#fault('The provider sent an event that is not valid JSON.', cause)
    }
    return this.#accept(value)
  }

  finish(marked: boolean): Fault | null {
    if (this.#candidates.length === 0) return this.#interrupted('The provider ended its stream without an answer.')
    if (!marked && !this.complete)
      return this.#interrupted('The provider ended its stream before the answer was finished.')
    for (const candidate of this.#candidates) {
      const fault = this.#end(candidate)
      if (fault !== null) return fault
    }
    this.#sendUsage(!this.#context.wantsUsage)
    return null
  }

  whole(value: unknown): WholeAnswer | Fault {
    const builder = new CompletionBuilder()
    const context: ReadingContext = {
      ...this.#context,
      wantsUsage: true,
      push: (chunk) => {
        if (!chunk.internal) builder.add(chunk.value)
      },
    }
    const reading = new GeminiReading(context, this.#asked, this.#memory)
    // Without `alt=sse` a stream is a list of the same objects.
    const responses: readonly unknown[] = Array.isArray(value) ? (value as readonly unknown[]) : [value]
    for (const response of responses) {
      const fault = reading.#accept(response)
      if (fault !== null) return fault
    }
    if (reading.#candidates.length === 0) return this.#fault('The provider sent an answer without candidates.')
    const fault = reading.finish(true)
    if (fault !== null) return fault
    const completion = builder.build()
    for (const choice of completion.choices as Draft[]) choice.logprobs ??= null
    return { completion, changed: true }
  }

  #accept(response: unknown): Fault | null {
    if (!isDraft(response)) {
      // Google wraps errors into a list now and then.
      const [first] = Array.isArray(response) ? (response as readonly unknown[]) : []
      return isDraft(first) ? this.#accept(first) : this.#fault('The provider sent an event that is not a JSON object.')
    }
    const { candidates, usageMetadata, promptFeedback, error } = response
    if (countsTokens(usageMetadata)) this.#usage = usageMetadata
    if (error !== undefined && error !== null) return this.#error(response)
    const identity = (this.#identity ??= this.#identify(response))
    if (Array.isArray(candidates)) {
      for (let position = 0; position < candidates.length; position += 1) {
        const fault = this.#take(candidates[position], position, identity)
        if (fault !== null) return fault
      }
    }
    // The question itself was refused: an answer that holds nothing, not an error.
    if (this.#candidates.length === 0 && isDraft(promptFeedback) && promptFeedback.blockReason !== undefined) {
      const candidate = this.#candidate(0)
      if (candidate !== null) candidate.reason = 'SAFETY'
    }
    return null
  }

  #take(raw: unknown, position: number, identity: Identity): Fault | null {
    if (!isDraft(raw)) return this.#fault('The provider sent a candidate that is not a JSON object.')
    const candidate = this.#candidate(Number.isInteger(raw.index) ? (raw.index as number) : position)
    if (candidate === null) return this.#fault(`The provider streamed more than ${mostCandidates} candidates.`)
    const parts = isDraft(raw.content) ? raw.content.parts : undefined
    if (Array.isArray(parts)) {
      const fault = this.#takeParts(parts, candidate, identity, openAiLogprobs(raw.logprobsResult))
      if (fault !== null) return fault
    }
    if (raw.groundingMetadata !== undefined) candidate.grounding = raw.groundingMetadata
    if (raw.citationMetadata !== undefined) candidate.citations = raw.citationMetadata
    const { finishReason } = raw
    if (typeof finishReason !== 'string' || finishReason === 'FINISH_REASON_UNSPECIFIED') return null
    candidate.reason = finishReason
    if (endingOf(finishReason, candidate.saidSomething) !== 'failed') return null
    // What went wrong was paid for all the same.
    this.#sendUsage(true)
    const said = typeof raw.finishMessage === 'string' ? `: ${raw.finishMessage.slice(0, 1000)}` : '.'
    return this.#fault(`The model's answer could not be used (${finishReason.slice(0, 100)})${said}`)
  }

  /** Texts of one event go out in one chunk, calls and images in chunks of their own behind it. */
  #takeParts(
    parts: readonly unknown[],
    candidate: Candidate,
    identity: Identity,
    logprobs: Record<string, unknown> | null,
  ): Fault | null {
    let text = ''
    let reasoning = ''
    let isTextOnly = true
    for (const part of parts) {
      if (!isDraft(part)) continue
      if (part.functionCall !== undefined || part.inlineData !== undefined) isTextOnly = false
      if (typeof part.text === 'string') {
        if (part.thought === true) reasoning += part.text
        else text += part.text
      }
      if (part.functionCall === undefined && typeof part.thoughtSignature === 'string')
        candidate.signature = part.thoughtSignature
    }
    candidate.text += text
    const { maxAnswerBytes } = this.#context.call.limits
    if (candidate.text.length > maxAnswerBytes)
      return this.#fault(`The provider streamed an answer of more than ${maxAnswerBytes} characters.`)
    if (text !== '' && reasoning === '' && logprobs === null && candidate.roleSent) {
      this.#pushText(identity, candidate.index, text)
    } else if (text !== '' || reasoning !== '' || logprobs !== null) {
      const delta = candidate.begin('')
      if (text !== '') delta.content = text
      if (reasoning !== '') delta.reasoning_content = reasoning
      this.#push(identity, candidate, delta, null, logprobs)
    }
    if (isTextOnly) return null
    for (const part of parts) {
      if (!isDraft(part)) continue
      if (isDraft(part.functionCall)) {
        const fault = this.#takeCall(part.functionCall, part.thoughtSignature, candidate, identity)
        if (fault !== null) return fault
      } else if (isDraft(part.inlineData) && part.thought !== true) {
        this.#sendImage(part.inlineData, part.thoughtSignature, candidate, identity)
      }
    }
    return null
  }

  #takeCall(call: Draft, signature: unknown, candidate: Candidate, identity: Identity): Fault | null {
    const signed = typeof signature === 'string' && signature !== '' ? signature : null
    if (typeof call.name === 'string' && call.name !== '' && call.willContinue !== true) {
      this.#sendCall(call.name, argumentsOf(call.args), signed, candidate, identity)
      return null
    }
    if (typeof call.name === 'string' && call.name !== '')
      candidate.partial = new PartialArguments(call.name, signed, this.#context.call.limits.maxEventChars)
    const { partial } = candidate
    if (partial === null) return null
    const problem = partial.add(call.partialArgs)
    if (problem !== null) return this.#fault(`The provider sent ${problem}.`)
    if (call.willContinue === true) return null
    candidate.partial = null
    this.#sendCall(partial.name, partial.toJson(), partial.signature, candidate, identity)
    return null
  }

  /** Two deltas for each call: who is called, then with what. */
  #sendCall(called: string, json: string, signature: string | null, candidate: Candidate, identity: Identity): void {
    const name = this.#asked.toolNames.fromGemini(called)
    const role = candidate.begin(null)
    const index = candidate.calls
    const id = candidate.nextCallId()
    candidate.calls += 1
    if (this.#asked.usesFunctions) {
      // The old way knows one call.
      if (index > 0) return
      this.#push(identity, candidate, { ...role, function_call: { name, arguments: '' } }, null)
      this.#push(identity, candidate, { function_call: { arguments: json } }, null)
      return
    }
    const announced: Draft = { index, id, type: 'function', function: { name, arguments: '' } }
    if (signature !== null) {
      announced.extra_content = { google: { thought_signature: signature } }
      this.#memory.remember(this.#context.call.partition, callKey(id), signature)
    }
    this.#push(identity, candidate, { ...role, tool_calls: [announced] }, null)
    this.#push(identity, candidate, { tool_calls: [{ index, function: { arguments: json } }] }, null)
  }

  /** As OpenRouter answers with images: a list beside the content, data URLs in it, each with its place for who adds deltas up. */
  #sendImage(inline: Draft, signature: unknown, candidate: Candidate, identity: Identity): void {
    const { mimeType, data } = inline
    if (typeof mimeType !== 'string' || typeof data !== 'string' || !mimeType.startsWith('image/')) return
    const url = `data:${mimeType};base64,${data}`
    if (typeof signature === 'string') this.#remember(url, signature)
    const image = { type: 'image_url', image_url: { url }, index: candidate.images }
    candidate.images += 1
    const delta = { ...candidate.begin(''), images: [image] }
    this.#push(identity, candidate, delta, null)
  }

  /** Sends what is owed at the end of a candidate: its role if it never spoke, its sources, its finish_reason. */
  #end(candidate: Candidate): Fault | null {
    if (candidate.partial !== null) return this.#fault('The provider broke off in the arguments of a call.')
    const ending = endingOf(candidate.reason ?? 'STOP', candidate.saidSomething)
    const called = this.#asked.usesFunctions ? 'function_call' : 'tool_calls'
    const delta = candidate.begin('')
    const annotations =
      candidate.grounding === null && candidate.citations === null
        ? []
        : annotationsOf(candidate.grounding, candidate.citations, candidate.text)
    if (annotations.length > 0) delta.annotations = annotations
    if (candidate.signature !== null && candidate.text !== '') this.#remember(candidate.text, candidate.signature)
    const reason = ending === 'stop' && candidate.calls > 0 ? called : ending
    this.#push((this.#identity ??= this.#identify({})), candidate, delta, reason)
    return null
  }

  #remember(said: string, signature: string): void {
    this.#memory.remember(this.#context.call.partition, turnKey(this.#asked.conversation, said), signature)
  }

  #sendUsage(internal: boolean): void {
    if (this.#usage === null) return
    const usage = openAiUsage(this.#usage, searchesIn(this.#candidates.map(({ grounding }) => grounding)))
    this.#usage = null
    const { id, created, model, opening } = (this.#identity ??= this.#identify({}))
    const value = { id, object: 'chat.completion.chunk', created, model, choices: [], usage }
    const json = `${opening}[],"usage":${JSON.stringify(usage)}}`
    this.#context.push({ json, value, usage: readUsage(usage), internal })
  }

  /** What nearly every event of a stream is, written with as little work as can be. */
  #pushText({ id, created, model, opening }: Identity, index: number, content: string): void {
    this.#sent += 1
    const choices = [{ index, delta: { content }, finish_reason: null }]
    this.#context.push({
      json: `${opening}[{"index":${index},"delta":{"content":${JSON.stringify(content)}},"finish_reason":null}]}`,
      value: { id, object: 'chat.completion.chunk', created, model, choices },
      usage: null,
      internal: false,
    })
  }

  #push(
    identity: Identity,
    candidate: Candidate,
    delta: Draft,
    reason: string | null,
    logprobs: Record<string, unknown> | null = null,
  ): void {
    this.#sent += 1
    const { id, created, model, opening } = identity
    const choice: Draft = { index: candidate.index, delta, finish_reason: reason }
    if (logprobs !== null) choice.logprobs = logprobs
    const choices = [choice]
    const value = { id, object: 'chat.completion.chunk', created, model, choices } as unknown as JsonObject
    this.#context.push({ json: `${opening}${JSON.stringify(choices)}}`, value, usage: null, internal: false })
  }

  #identify(response: Draft): Identity {
    const { call, now } = this.#context
    const { responseId, modelVersion } = response
    const id = `chatcmpl-${typeof responseId === 'string' && responseId !== '' ? responseId : call.requestId}`
    const created = Math.floor(now() / 1000)
    const model = typeof modelVersion === 'string' && modelVersion !== '' ? modelVersion : call.model
    const opening = `${JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)},"choices":`
    return { id, created, model, opening }
  }

  #candidate(index: number): Candidate | null {
    for (const known of this.#candidates) if (known.index === index) return known
    if (this.#candidates.length >= mostCandidates) return null
    const made = new Candidate(index, this.#context.call.requestId)
    this.#candidates.push(made)
    return made
  }

  #error(response: Draft): Fault {
    const first = this.#sent === 0
    this.#sendUsage(true)
    const error = readProviderError(response)
    return first ? faultOfError(error, this.#context.source()) : faultInStream(error, this.#context.source())
  }

  #fault(message: string, cause?: unknown, kind: FaultKind = 'upstream_error'): Fault {
    const details = { upstreamRequestId: upstreamRequestId(this.#context.source().headers) }
    return new Fault(kind, message, cause === undefined ? details : { ...details, cause })
  }

  #interrupted(message: string): Fault {
    return this.#fault(message, undefined, 'upstream_interrupted')
  }
}

function argumentsOf(args: unknown): string {
  return isDraft(args) ? JSON.stringify(args) : '{}'
}
