import type { JsonObject, JsonValue } from '../core/json.ts'

/** What mappings and conditions are read from: `{input, steps}`. */
export type ChainValues = JsonObject

/** What a step asks. */
export type StepTarget =
  | { readonly kind: 'prompt'; /** `<slug>` or `<slug>@<selector>`. */ readonly reference: string }
  | { readonly kind: 'chain'; readonly slug: string; /** null: the active one. */ readonly version: number | null }

/** A value with holes in it. `undefined`: it is one hole, and there is nothing to fill it with. */
export type Mapping = (values: ChainValues) => JsonValue | undefined

export type TextMapping = (values: ChainValues) => string

export type Condition = (values: ChainValues) => boolean

export interface CompiledStep {
  readonly name: string
  readonly target: StepTarget
  readonly variables: readonly (readonly [name: string, value: Mapping])[]
  /** It is told the messages of the request. */
  readonly takesMessages: boolean
  readonly when: Condition | null
  /** All it waits for, written or not; each stands before it in the list. */
  readonly after: readonly string[]
  readonly fallback: { readonly text: TextMapping } | { readonly target: StepTarget } | null
  readonly model: string | null
  readonly timeoutMs: number | null
}

/** A version of a chain, ready to be run a million times. Its steps stand after all that they wait for. */
export interface CompiledChain {
  readonly steps: readonly CompiledStep[]
  /** What it answers: the output of one step as it is, a text made of several, or that of the last step that ran. */
  readonly output:
    | { readonly kind: 'last' }
    | { readonly kind: 'step'; readonly name: string }
    | { readonly kind: 'text'; readonly text: TextMapping }
  /** The step whose answer is meant to be the chain's; null: it is made of several. */
  readonly answering: string | null
  /** All other steps come before that one, so its answer can go to the client as it comes. */
  readonly streams: boolean
  /** Steps whose output is looked into as JSON. */
  readonly readAsJson: ReadonlySet<string>
  readonly budget: { readonly usd: number | null; readonly ms: number | null }
}
