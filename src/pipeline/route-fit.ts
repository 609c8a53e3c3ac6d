import type { ModelFacts } from '../contract/model-facts.ts'
import type { Need } from '../contract/route-body.ts'
import { priceAnswer } from '../pricing/price-answer.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { ResolvedModel } from './resolve-model.ts'
import type { RouteRequest } from './route-request.ts'

/** What a model that lacks it cannot do, in words that follow its name. */
const lacks: Readonly<Record<Need, string>> = {
  tools: 'cannot call tools',
  vision: 'cannot take images',
  json: 'cannot be held to JSON',
  audio: 'has no audio',
  documents: 'cannot take documents',
}

/**
 * Why a model is known to be unable to answer a request, in words that follow its name; null: nothing is known against
 * it. What is unknown speaks for the model.
 */
export function knownMisfit(facts: ModelFacts, request: RouteRequest): string | null {
  for (const need of request.needs) {
    if (facts.capabilities?.[need] === false) return lacks[need]
  }
  const { context_window: window, max_output_tokens: most } = facts
  const output = request.maxOutputTokens ?? 0
  if (most !== undefined && output > most) return `answers with at most ${most} tokens, and ${output} are asked for`
  if (window !== undefined && request.inputTokens + output > window) {
    const asked = output === 0 ? '' : ` and ${output} for the answer`
    return `holds ${window} tokens, and the request has about ${request.inputTokens}${asked}`
  }
  return null
}

/** Length of an answer to a request that sets no limit: only the order of the prices matters, not the amount. */
const usualOutputTokens = 1000

/** US dollars that the request is expected to cost with this model; null: its price is unknown. */
export function expectedUsd(
  { provider, model }: ResolvedModel,
  request: RouteRequest,
  snapshot: Snapshot,
): number | null {
  const price = (outputTokens: number): number | null => {
    const usage = {
      inputTokens: request.inputTokens,
      outputTokens,
      cacheReadInputTokens: 0,
      cacheCreationInputTokens: 0,
      reasoningOutputTokens: 0,
    }
    const answer = { providerPriceId: provider.priceId, provider: provider.id, model, usage, at: request.at }
    return priceAnswer(answer, snapshot.models)?.cost.totalUsd ?? null
  }
  // Embeddings and the like have no price for an output, and none to be paid.
  return price(request.maxOutputTokens ?? usualOutputTokens) ?? (request.maxOutputTokens === null ? price(0) : null)
}
