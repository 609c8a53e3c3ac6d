import { type SampleBill, splitModelId } from '../../admin/put-model.ts'
import type { KnownModel } from '../../admin/dependencies.ts'
import type { KnownModelAnswer, ModelAnswer, PutModelAnswer } from '../../contract/admin/models.ts'
import type { ModelFacts } from '../../contract/model-facts.ts'
import type { ModelValue } from '../../snapshot/change.ts'

export function modelJson(model: ModelValue): ModelAnswer {
  const { prefix, name } = splitModelId(model.id)
  return {
    id: model.id,
    provider: prefix,
    model: name,
    aliases: [...model.aliases],
    prices: model.prices,
    ...factsJson(model.facts),
  }
}

export function knownModelJson(model: KnownModel): KnownModelAnswer {
  return { ...modelJson(model), price_source: model.priceSource }
}

/** What is not known is null, never false or 0. */
function factsJson(facts: ModelFacts | null): Pick<ModelAnswer, keyof ModelFacts> {
  return {
    context_window: facts?.context_window ?? null,
    max_output_tokens: facts?.max_output_tokens ?? null,
    capabilities: facts?.capabilities ?? null,
    sunset_at: facts?.sunset_at ?? null,
    successor: facts?.successor ?? null,
  }
}

export function sampleBillJson(bill: SampleBill): PutModelAnswer['sample_bill'] {
  return {
    input_tokens: bill.inputTokens,
    output_tokens: bill.outputTokens,
    cost_usd: bill.costUsd,
    price_source: bill.priceSource,
  }
}
