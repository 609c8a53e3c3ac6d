import { type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import type { Operation } from '../core/operation.ts'
import type { Usage } from '../core/usage.ts'
import type { Target } from './exchange.ts'
import type { Tally } from './tally.ts'

/** Where nothing may be counted properly. */
export const charactersPerToken = 4

export function usageByLength(texts: { readonly input: string; readonly output: string }): Usage {
  return {
    inputTokens: Math.ceil(texts.input.length / charactersPerToken),
    outputTokens: Math.ceil(texts.output.length / charactersPerToken),
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    reasoningOutputTokens: 0,
  }
}

/** Where the operations that are paid by the token have their texts. */
const textMembers = ['instructions', 'system', 'messages', 'input', 'prompt'] as const
const paidByToken: ReadonlySet<Operation> = new Set(['chat', 'text_completion', 'responses', 'messages', 'embeddings'])

/**
 * The texts to count when the provider said nothing about tokens. Rare, so parsing the body once more is fine. null: the
 * operation is not paid by tokens that could be counted here.
 */
export function estimateOf(
  target: Target,
  operation: Operation,
  tally: Tally,
): { readonly input: string; readonly output: string } | null {
  const text = target.body()
  if (typeof text !== 'string' || !paidByToken.has(operation)) return null
  const body = JSON.parse(text) as JsonValue
  const members = isJsonObject(body) ? textMembers.map((name) => ownMember(body, name) ?? null) : []
  return { input: textsOf(members).join('\n'), output: tally.outputText() }
}

/**
 * Every text in a list of messages in its order, base64 images and the like left out. Without recursion: how deep a
 * message nests is the client's choice, and this runs where an exception would end the process.
 */
function textsOf(value: JsonValue | undefined): readonly string[] {
  const texts: string[] = []
  const left: JsonValue[] = value === undefined ? [] : [value]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === 'string') {
      if (!next.startsWith('data:')) texts.push(next)
    } else if (typeof next === 'object' && next !== null) {
      for (const item of Object.values(next).toReversed()) left.push(item)
    }
  }
  return texts
}
