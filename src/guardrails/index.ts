import type { GuardrailType } from './guardrail.ts'

/** Every type of guardrail, in the order the list of types shows them. A new one is a file in this room and a line here. */
const list: readonly GuardrailType[] = []

/** By its name in the admin API. */
export const guardrailTypes: ReadonlyMap<string, GuardrailType> = new Map(list.map((each) => [each.type, each]))
