import type { Observe } from '../core/observation.ts'

const rememberedModels = 1000

/**
 * Says `price-unknown` once for each model rather than for each answer of it. The memory is bounded: after many models
 * it starts over, so a model may be named again, never passed over.
 */
export function announceUnknownPrices(observe: Observe): (provider: string, model: string) => void {
  const announced = new Set<string>()
  return (provider, model) => {
    const id = `${provider}/${model}`
    if (announced.has(id)) return
    if (announced.size >= rememberedModels) announced.clear()
    announced.add(id)
    observe({ type: 'price-unknown', provider, model })
  }
}
