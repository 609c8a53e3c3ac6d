import { filled, isDraft, type Draft } from '../../chat/draft.ts'
import type { ChoiceState, StreamState, ToolCallState } from '../stream-state.ts'

/** More than any answer has. Every delta looks for its call among those before it, so there must not be endlessly many. */
const mostCalls = 2048
/** Characters of arguments that came before the name. */
const mostHeldChars = 2 ** 20

/**
 * Tool calls as every client can add them up: indexes 0, 1, 2 … in order of appearance; the first delta of a call has
 * index, id, type, name and arguments (a string, usually empty); later ones have index and arguments and nothing else.
 * Upstreams begin at index 1 (Anthropic's endpoint), send no index (Google's), repeat id and name (Moonshot), send
 * them as null or "" (Mistral) or arguments as null; each of these breaks a client.
 */
export function toolCallsInOrder(delta: Draft, choice: ChoiceState, stream: StreamState): boolean {
  const calls = delta.tool_calls
  if (!Array.isArray(calls) || calls.length === 0) return false
  if (calls.length + choice.calls.length > mostCalls) {
    stream.broken = `The provider streamed more than ${mostCalls} tool calls.`
    return false
  }
  let changed = false
  const kept: Draft[] = []
  for (const call of calls as readonly unknown[]) {
    if (!isDraft(call)) {
      changed = true
      continue
    }
    const state = stateOf(call, choice)
    if (state.announced) {
      if (continueCall(call, state)) changed = true
      kept.push(call)
    } else if (isCustom(call)) {
      if (announceCustom(call, state, choice)) changed = true
      kept.push(call)
    } else if (announceCall(call, state, choice)) {
      if (state.heldArguments.length > mostHeldChars)
        stream.broken = 'The provider streamed a tool call without a name.'
      changed = true
      if (state.announced) kept.push(call)
    } else {
      kept.push(call)
    }
  }
  if (kept.length !== calls.length) {
    if (kept.length === 0) delete delta.tool_calls
    else delta.tool_calls = kept
  }
  return changed
}

/**
 * A finished call has arguments that parse: one that never got any takes no parameters, and `JSON.parse('')` throws in
 * the client. A call that never got a name cannot be made at all.
 */
export function completeArguments(delta: Draft, choice: ChoiceState, state: StreamState): boolean {
  let changed = false
  for (const call of choice.calls) {
    if (!call.announced) state.broken = 'The provider streamed a tool call without a name.'
    else if (!call.hasArguments) {
      call.hasArguments = true
      const rest = Array.isArray(delta.tool_calls) ? (delta.tool_calls as readonly unknown[]) : []
      delta.tool_calls = fillIn(rest, call.index)
      changed = true
    }
  }
  return changed
}

function fillIn(calls: readonly unknown[], index: number): unknown[] {
  const present = calls.find((call): call is Draft => isDraft(call) && call.index === index)
  if (present === undefined) return [...calls, { index, function: { arguments: '{}' } }]
  present.function = { ...(isDraft(present.function) ? present.function : {}), arguments: '{}' }
  return [...calls]
}

/** Which call a delta belongs to; a new one when it is none of the known. */
function stateOf(call: Draft, choice: ChoiceState): ToolCallState {
  const upstreamIndex = typeof call.index === 'number' ? call.index : null
  const upstreamId = filled(call.id)
  const named = isDraft(call.function) && filled(call.function.name) !== null
  const known = knownCall(choice.calls, upstreamIndex, upstreamId, named)
  if (known !== undefined) return known
  const made: ToolCallState = {
    index: -1,
    upstreamIndex,
    upstreamId,
    announced: false,
    hasArguments: false,
    heldArguments: '',
  }
  choice.calls.push(made)
  return made
}

function knownCall(
  calls: readonly ToolCallState[],
  index: number | null,
  id: string | null,
  named: boolean,
): ToolCallState | undefined {
  if (calls.length === 0) return undefined
  const byId = id === null ? undefined : calls.findLast((call) => call.upstreamId === id)
  if (index !== null) {
    const byIndex = calls.findLast((call) => call.upstreamIndex === index)
    // Some send every parallel call under index 0: another id together with a name is another call.
    const another =
      named && id !== null && byIndex !== undefined && byIndex.upstreamId !== null && byIndex.upstreamId !== id
    return another ? byId : byIndex
  }
  // No index at all: by id; a name begins a new call, unless the last still waits for one; anything else goes on with it.
  const last = calls.at(-1)
  return byId ?? (named && last?.announced === true ? undefined : last)
}

function announceCall(call: Draft, state: ToolCallState, choice: ChoiceState): boolean {
  const wrapped = isDraft(call.function)
  const target: Draft = isDraft(call.function) ? call.function : {}
  const name = filled(target.name)
  const given = argumentText(target.arguments)
  if (name === null) {
    state.heldArguments += given
    return true
  }
  announce(state, choice)
  let changed = false
  const whole = state.heldArguments + given
  if (!wrapped || target.name !== name || target.arguments !== whole) {
    call.function = { ...target, name, arguments: whole }
    changed = true
  }
  const id = filled(call.id) ?? state.upstreamId ?? choice.callId(state.index)
  if (call.index !== state.index || call.id !== id || call.type !== 'function') {
    call.index = state.index
    call.id = id
    call.type = 'function'
    changed = true
  }
  state.hasArguments = whole !== ''
  return changed
}

function announce(state: ToolCallState, choice: ChoiceState): void {
  state.announced = true
  state.index = choice.announcedCalls
  choice.announcedCalls += 1
}

function continueCall(call: Draft, state: ToolCallState): boolean {
  let changed = false
  if (call.index !== state.index) {
    call.index = state.index
    changed = true
  }
  if (call.id !== undefined) {
    delete call.id
    changed = true
  }
  if (call.type !== undefined) {
    delete call.type
    changed = true
  }
  const target = call.function
  if (!isDraft(target)) return changed
  if (target.name !== undefined) {
    delete target.name
    changed = true
  }
  if (typeof target.arguments !== 'string') {
    target.arguments = argumentText(target.arguments)
    changed = true
  }
  if (target.arguments !== '') state.hasArguments = true
  return changed
}

function isCustom(call: Draft): boolean {
  return call.type === 'custom' || isDraft(call.custom)
}

/** Custom tools take free text, so only their place and id are looked after. */
function announceCustom(call: Draft, state: ToolCallState, choice: ChoiceState): boolean {
  announce(state, choice)
  state.hasArguments = true
  const id = filled(call.id) ?? choice.callId(state.index)
  if (call.index === state.index && call.id === id && call.type === 'custom') return false
  call.index = state.index
  call.id = id
  call.type = 'custom'
  return true
}

/** Arguments are JSON as text; some send the object itself, or null for none. */
export function argumentText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? '' : JSON.stringify(value)
}
