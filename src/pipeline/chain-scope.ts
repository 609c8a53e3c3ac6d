import type { CheckedAnswer } from './checked-answer.ts'
import type { CompiledChain, CompiledStep, ChainValues } from '../chains/compiled-chain.ts'
import type { Cancellation } from '../core/cancellation.ts'
import { type JsonObject, type JsonValue, isJsonObject, parsedJson } from '../core/json.ts'
import { assembleObject } from '../core/json-members.ts'
import { isNestedDeeper } from '../core/nesting.ts'
import { jsonInText } from '../prompts/json-in-text.ts'
import { maxPatternInput } from '../prompts/schema-compiler.ts'
import { longestCheckedText } from '../prompts/validate-output.ts'
import type { Asked, Target } from './exchange.ts'

/** What a step came to. */
export interface StepOutput {
  readonly text: string
  /** Present when somebody looks into it, and the text is JSON. */
  readonly json?: JsonValue
  /** The answer whole, and who gave it; null: it is a text of the chain's own. */
  readonly answer: {
    readonly completion: JsonObject
    readonly target: Target
    readonly checked: CheckedAnswer | null
  } | null
}

/** Messages of a request: as they were written, which is how steps are told them, and parsed, for mappings to look into. */
export interface ChainMessages {
  readonly text: string
  readonly value: JsonValue
}

/** One chain while it runs: the one that was called, or one inside it. */
export interface ChainScope {
  readonly slug: string
  readonly chain: CompiledChain
  /** Before the names of its steps: empty, or `outer/`. */
  readonly prefix: string
  /** The chains this one lies in, and itself. */
  readonly ancestry: readonly string[]
  readonly variables: JsonObject
  readonly messages: ChainMessages | undefined
  /** Its answer is the one the client gets. */
  readonly answers: boolean
  /** And it goes through as it comes. */
  readonly live: boolean
  /** Stops all its steps, and nothing else. */
  readonly cancellation: Cancellation
  /** By step; null: it was skipped. */
  readonly outputs: Map<string, StepOutput | null>
}

/** What mappings see now. Objects without prototype: names come from outside. */
export function valuesIn({ variables, messages, outputs }: ChainScope): ChainValues {
  const input = Object.assign(Object.create(null) as Record<string, JsonValue>, variables)
  if (messages !== undefined) input['messages'] = messages.value
  const steps = Object.create(null) as Record<string, JsonValue>
  for (const [name, output] of outputs) {
    if (output === null) continue
    steps[name] = output.json === undefined ? { output: output.text } : { output: output.text, json: output.json }
  }
  return { input, steps }
}

/** The variables of a step. One that is a single `{{…}}` with nothing in it is left out, so that its default counts. */
export function variablesOf(step: CompiledStep, values: ChainValues): JsonObject {
  const variables = Object.create(null) as Record<string, JsonValue>
  for (const [name, mapping] of step.variables) {
    const value = mapping(values)
    if (value !== undefined) variables[name] = value
  }
  return variables
}

/**
 * JSON that is the text, or stands in it, as models like to wrap it up. undefined: there is none, or it is too long or nested
 * too deeply to be looked into while others wait.
 */
export function jsonOf(text: string): JsonValue | undefined {
  if (text.length > longestCheckedText) return undefined
  const whole = parsedJson(text)
  const json = whole === undefined ? jsonInside(text) : whole
  return isNestedDeeper(json) ? undefined : json
}

/** Looking for where it begins takes ten times as long as parsing, so the bound is that of patterns. */
function jsonInside(text: string): JsonValue | undefined {
  if (text.length > maxPatternInput) return undefined
  const [span] = jsonInText(text) ?? []
  return span === undefined ? undefined : parsedJson(text.slice(span.start, span.end))
}

/** Who asks, for routes and for the provider: every step says so. OpenAI takes `metadata` only where `store` stands beside it. */
const attributionMembers = ['metadata', 'store', 'user', 'safety_identifier', 'prompt_cache_key'] as const
/** Name the prompt of the request, or would make a provider take two steps for one. */
const ownHeaders: ReadonlySet<string> = new Set([
  'x-prompt-id',
  'x-prompt-version',
  'x-prompt-variables',
  'idempotency-key',
])

export interface StepQuestion {
  /** `<slug>` or `<slug>@<selector>`. */
  readonly reference: string
  readonly variables: JsonObject
  readonly messages: ChainMessages | undefined
  readonly model: string | null
  readonly stream: boolean
  /** All that the request says, raw; `isAnswering`: the step is told all of it, else only who asks. */
  readonly members: ReadonlyMap<string, string>
  readonly isAnswering: boolean
}

/** The request of a step, as a client would have sent it. */
export function askedByStep(asked: Asked, question: StepQuestion): Asked {
  const { reference, variables, messages, model, stream, isAnswering } = question
  const members = new Map<string, string>()
  for (const [name, raw] of question.members) {
    if (isAnswering || (attributionMembers as readonly string[]).includes(name)) members.set(name, raw)
  }
  if (!stream) members.delete('stream_options')
  members.set('prompt_id', JSON.stringify(reference))
  members.set('prompt_variables', JSON.stringify(variables))
  members.set('stream', String(stream))
  if (messages !== undefined) members.set('messages', messages.text)
  if (model !== null) members.set('model', JSON.stringify(model))
  const text = assembleObject(members)
  const body = JSON.parse(text) as JsonValue
  // The exchange is the chain's: a variant of one of its prompts would have no record of its own.
  const { recentUnits: _nobody, ...client } = asked
  return {
    ...client,
    operation: 'chat',
    path: '/chat/completions',
    text,
    body: isJsonObject(body) ? body : {},
    form: null,
    stream,
    header: (name) => (ownHeaders.has(name) ? undefined : asked.header(name)),
    pathReference: null,
  }
}

/** Of the request's members those that no step is told, by name, when the answer is made of several. */
export function parametersIn(members: ReadonlyMap<string, string>): readonly string[] {
  const known: readonly string[] = [...attributionMembers, 'stream_options']
  return [...members.keys()].filter((name) => !known.includes(name))
}
