import { type SampleBill, splitModelId } from '../../admin/put-model.ts'
import type { ModelAnswer, PutModelAnswer } from '../../contract/admin/models.ts'
import type { ModelValue } from '../../snapshot/change.ts'

export function modelJson(model: ModelValue): ModelAnswer {
  const { prefix, name } = splitModelId(model.id)
  return { id: model.id, provider: prefix, model: name, aliases: [...model.aliases], prices: model.prices }
}

export function sampleBillJson(bill: SampleBill): PutModelAnswer['sample_bill'] {
  return {
    input_tokens: bill.inputTokens,
    output_tokens: bill.outputTokens,
    cost_usd: bill.costUsd,
    price_source: bill.priceSource,
  }
}
