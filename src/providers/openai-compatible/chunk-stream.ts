import { Fault } from '../../core/fault.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { faultInStream, faultOfError, readProviderError, type ErrorSource } from '../errors.ts'
import type { AnswerChunk } from '../provider.ts'
import { readUsage } from '../usage.ts'
import { isDraft, type Draft } from '../chat/draft.ts'
import { choiceHasShape, oneFinishReason, roleOnce } from './rules/choice.ts'
import { sameIdentity } from './rules/identity.ts'
import { contentIsText, reasoningIsReadable } from './rules/message-text.ts'
import { completeArguments, toolCallsInOrder } from './rules/tool-calls.ts'
import { rawUsage, usageOnce } from './rules/usage-placement.ts'
import type { StreamState } from './stream-state.ts'

/** Members every chunk has; a chunk that carries nothing beyond them says nothing. */
const envelope = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'system_fingerprint',
  'service_tier',
  'obfuscation',
])

/**
 * Brings one upstream stream into the normal form of the wire. Each event is parsed once; its own text is handed on
 * unless a rule stepped in, and only then is it written anew.
 */
export class ChunkStream {
  readonly #state: StreamState
  readonly #source: () => ErrorSource
  readonly #push: (chunk: AnswerChunk) => void
  #sent = 0

  /**
   * @param push hears the chunks.
   * @param source what a fault needs to know of the response.
   */
  constructor(state: StreamState, source: () => ErrorSource, push: (chunk: AnswerChunk) => void) {
    this.#state = state
    this.#source = source
    this.#push = push
  }

  /** Every choice has its finish_reason: nothing but usage and the end mark can be missing. */
  get complete(): boolean {
    return this.#state.complete
  }

  /** Chunks handed on so far. */
  get sent(): number {
    return this.#sent
  }

  /**
   * Takes the data of one event.
   * @returns the fault that ends the stream, or null.
   */
  event(data: string, name: string | undefined): Fault | null {
    let value: unknown
    try {
      value = JSON.parse(data)
    } catch (cause) {
      return new Fault('upstream_error', 'The provider sent an event that is not valid JSON.', { cause })
    }
    if (!isDraft(value)) {
      if (Array.isArray(value) && isDraft(value[0])) return this.#error(value[0])
      return new Fault('upstream_error', 'The provider sent an event that is not a JSON object.')
    }
    if (name === 'error') return this.#error(value)
    // Data over several lines was joined by line feeds, which cannot go out in one event.
    return this.accept(value, data.includes('\n') ? null : data)
  }

  /**
   * Takes one chunk already parsed, which becomes this stream's own.
   * @param text its JSON, or null when it has to be written anew.
   */
  accept(chunk: Draft, text: string | null): Fault | null {
    if (chunk.error !== undefined && chunk.error !== null) return this.#error(chunk)
    const choices = chunk.choices
    if (!Array.isArray(choices) || choices.length === 0) {
      this.#withoutChoices(chunk, text)
      return null
    }
    const state = this.#state
    let changed = text === null
    if (state.identity === null && this.#takeCarried(chunk)) changed = true
    if (sameIdentity(chunk, state)) changed = true
    for (let position = 0; position < choices.length; position += 1) {
      const choice: unknown = choices[position]
      if (!isDraft(choice)) return new Fault('upstream_error', 'The provider sent a choice that is not a JSON object.')
      if (this.#normalise(choice, position)) changed = true
      if (state.broken !== null) return new Fault('upstream_error', state.broken)
    }
    const placed = usageOnce(chunk, state)
    this.#hand(chunk, placed.changed || changed ? null : text, placed.usage, false)
    return null
  }

  /**
   * The stream is over. Sends what is still owed: a finish_reason for a choice that ended with the end mark but without
   * one (`tool_calls` when it called tools, else `stop`), usage that stood out of sight. A choice that neither said anything
   * nor why it ended is no answer.
   * @param marked the upstream sent `[DONE]`. Without it an unfinished choice means that the stream broke off.
   */
  finish(marked: boolean): Fault | null {
    const state = this.#state
    if (state.choices.length === 0) {
      return new Fault('upstream_interrupted', 'The provider ended its stream without an answer.')
    }
    if (state.open > 0) {
      if (!marked)
        return new Fault('upstream_interrupted', 'The provider ended its stream before the answer was finished.')
      for (const choice of state.choices) {
        if (choice.finished) continue
        if (!choice.spoke) return new Fault('upstream_interrupted', 'The provider ended its stream without an answer.')
        choice.finished = true
        const delta: Draft = {}
        completeArguments(delta, choice, state)
        if (state.broken !== null) return new Fault('upstream_error', state.broken)
        const reason = choice.calls.length > 0 ? 'tool_calls' : 'stop'
        this.#hand(this.#ownChunk([{ index: choice.index, delta, finish_reason: reason }]), null, null, false)
      }
      state.open = 0
    }
    if (state.clientWantsUsage && !state.usageSent && state.heldUsage !== null) {
      state.usageSent = true
      const usage = readUsage(state.heldUsage as Parameters<typeof readUsage>[0])
      this.#hand({ ...this.#ownChunk([]), usage: state.heldUsage }, null, usage, false)
    }
    return null
  }

  #normalise(choice: Draft, position: number): boolean {
    const state = this.#state
    let changed = choiceHasShape(choice, position)
    const delta = choice.delta as Draft
    const known = state.choice(choice.index as number)
    if (roleOnce(delta, known)) changed = true
    if (contentIsText(delta)) changed = true
    if (reasoningIsReadable(delta)) changed = true
    known.spoke ||= speaks(delta)
    if (toolCallsInOrder(delta, known, state)) changed = true
    if (oneFinishReason(choice, delta, known, state)) changed = true
    return changed
  }

  /**
   * Clients that did not ask for usage index `choices[0]` and crash on a chunk that has none, so they get one only when
   * they asked for what it carries. Before the first choice (Azure's prompt filter, with an empty id) nobody does: its
   * members travel on the first chunk that has a choice.
   */
  #withoutChoices(chunk: Draft, text: string | null): void {
    const state = this.#state
    const raw = rawUsage(chunk)
    const usage = readUsage(raw as Parameters<typeof readUsage>[0])
    if (usage === null && state.identity === null) {
      if (Array.isArray(chunk.choices)) this.#carry(chunk)
      return
    }
    const asked = state.clientWantsUsage ? usage === null || !state.usageSent : 'moderation' in chunk && usage === null
    if (!asked) {
      if (usage !== null) this.#hand(chunk, text, usage, true)
      return
    }
    if (usage === null && !says(chunk)) return
    let changed = sameIdentity(chunk, state) || text === null
    if (!Array.isArray(chunk.choices)) {
      chunk.choices = []
      changed = true
    }
    if (usage !== null) {
      state.usageSent = true
      state.heldUsage = null
      if (chunk.usage !== raw) {
        chunk.usage = raw
        changed = true
      }
    }
    this.#hand(chunk, changed ? null : text, usage, false)
  }

  #carry(chunk: Draft): void {
    for (const name of Object.keys(chunk)) if (!envelope.has(name)) (this.#state.carried ??= {})[name] = chunk[name]
  }

  #takeCarried(chunk: Draft): boolean {
    const carried = this.#state.carried
    if (carried === null) return false
    this.#state.carried = null
    for (const name of Object.keys(carried)) if (chunk[name] === undefined) chunk[name] = carried[name]
    return true
  }

  #error(value: Draft): Fault {
    const usage = readUsage(rawUsage(value) as Parameters<typeof readUsage>[0])
    const first = this.#sent === 0
    if (usage !== null) this.#push({ json: '', value: value as JsonObject, usage, internal: true })
    const error = readProviderError(value)
    return first ? faultOfError(error, this.#source()) : faultInStream(error, this.#source())
  }

  #ownChunk(choices: readonly unknown[]): Draft {
    return { ...this.#state.identity, object: 'chat.completion.chunk', choices }
  }

  #hand(chunk: Draft, text: string | null, usage: Usage | null, internal: boolean): void {
    this.#sent += 1
    this.#push({ json: text ?? JSON.stringify(chunk), value: chunk as JsonObject, usage, internal })
  }
}

function speaks(delta: Draft): boolean {
  for (const name in delta) {
    const value = delta[name]
    if (name === 'role' || value === null || value === undefined || value === '') continue
    if (!Array.isArray(value) || value.length > 0) return true
  }
  return false
}

function says(chunk: Draft): boolean {
  for (const name in chunk) if (!envelope.has(name)) return true
  return false
}
