import { Fault } from '../core/fault.ts'
import { priceAnswer } from '../pricing/price-answer.ts'
import type { ModelFacts } from '../contract/model-facts.ts'
import type { ModelValue } from '../snapshot/change.ts'
import type { OperatorPrices } from '../snapshot/snapshot.ts'
import type { Actor } from '../store/ports.ts'
import type { AdminDependencies, KnownProvider } from './dependencies.ts'
import { knownProvider } from './known-provider.ts'
import { checkTargetModel } from './target-model.ts'

export interface WantedModel {
  /** `<provider>/<model>`. */
  readonly id: string
  readonly aliases: readonly string[]
  readonly prices: OperatorPrices | null
  readonly facts: ModelFacts | null
}

/** What one answer of an everyday size costs, so that a price in the wrong unit is seen at once. */
export interface SampleBill {
  readonly inputTokens: number
  readonly outputTokens: number
  /** null: no price is known. */
  readonly costUsd: number | null
  readonly priceSource: string | null
}

const sampleTokens = { inputTokens: 1000, outputTokens: 500 }

/** Sets what operators say about a model, in place of what they said before. */
export async function putModel(
  dependencies: Pick<AdminDependencies, 'stores' | 'providers' | 'snapshot' | 'checkPrices' | 'clock'>,
  actor: Actor,
  wanted: WantedModel,
): Promise<{ readonly model: ModelValue; readonly sampleBill: SampleBill }> {
  const { stores, providers, checkPrices, clock } = dependencies
  const { prefix, name } = splitModelId(wanted.id)
  const provider = knownProvider(prefix, providers, 'id')
  const id = `${provider.id}/${name}`
  const successor = wanted.facts?.successor
  if (successor !== undefined) {
    checkTargetModel(successor, 'successor', dependencies)
    if (successor === id || wanted.aliases.includes(successor)) {
      throw new Fault('invalid_request', '`successor` must name another model than the one that ends.', {
        param: 'successor',
      })
    }
  }
  const problem = wanted.prices === null ? null : checkPrices(wanted.prices)
  if (problem !== null) throw new Fault('invalid_request', `prices: ${problem}`, { param: priceField(problem) })
  const model = await stores.models.put(actor, { ...wanted, id })
  return { model, sampleBill: sampleBill(model, provider, name, clock.now()) }
}

/** `openrouter/anthropic/claude` to `openrouter` and `anthropic/claude`. */
export function splitModelId(id: string): { readonly prefix: string; readonly name: string } {
  const slash = id.indexOf('/')
  return { prefix: id.slice(0, slash), name: id.slice(slash + 1) }
}

function priceField(problem: string): string {
  const field = /^\w+_usd_per_million_tokens/.exec(problem)?.[0]
  return field === undefined ? 'prices' : `prices.${field}`
}

function sampleBill(model: ModelValue, provider: KnownProvider, name: string, now: number): SampleBill {
  const usage = { ...sampleTokens, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, reasoningOutputTokens: 0 }
  const priced = priceAnswer(
    { providerPriceId: provider.priceId, provider: provider.id, model: name, usage, at: now },
    new Map([[model.id, model]]),
  )
  return { ...sampleTokens, costUsd: priced?.cost.totalUsd ?? null, priceSource: priced?.source ?? null }
}
