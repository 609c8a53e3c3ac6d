import type { ModelFacts } from '../contract/model-facts.ts'
import { factsOf } from '../models/model-facts.ts'
import type { Provider } from '../providers/provider.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { type ModelCatalogue, type ResolvedModel, resolveModel } from './resolve-model.ts'
import { type Sunset, sunsetOf } from './sunset.ts'

/** A name that is no route: the model it leads to and what is known of it. */
export interface ModelLeaf {
  readonly target: ResolvedModel
  /** `<provider>/<model>`. */
  readonly id: string
  readonly facts: ModelFacts
  readonly sunset: Sunset | null
}

/** Names come from outside, so only so many are remembered for one snapshot. */
const rememberedNames = 1024

interface Remembered {
  readonly catalogue: ModelCatalogue
  readonly byName: Map<string, ModelLeaf>
}

const remembered = new WeakMap<Snapshot, Remembered>()

/**
 * Resolves a model's name, and keeps the answer for as long as the snapshot serves: nearly every request does this, and
 * most do nothing else to be routed.
 *
 * @throws Fault `model_not_found` with what to do.
 */
export function modelLeaf(name: string, snapshot: Snapshot, catalogue: ModelCatalogue): ModelLeaf {
  const { byName } = memoryOf(snapshot, catalogue)
  const known = byName.get(name)
  if (known !== undefined) return known
  const target = resolveModel(name, snapshot, catalogue)
  const facts = factsIn(snapshot, target.provider, target.model)
  const leaf = { target, id: `${target.provider.id}/${target.model}`, facts, sunset: sunsetOf(facts) }
  if (byName.size >= rememberedNames) byName.clear()
  byName.set(name, leaf)
  return leaf
}

/** What is known of a provider's model in this snapshot: the operator's row over the built-in data. */
export function factsIn(snapshot: Snapshot, provider: Provider, model: string): ModelFacts {
  return factsOf(provider, model, snapshot.models.get(`${provider.id}/${model}`))
}

function memoryOf(snapshot: Snapshot, catalogue: ModelCatalogue): Remembered {
  const known = remembered.get(snapshot)
  if (known?.catalogue === catalogue) return known
  const memory: Remembered = { catalogue, byName: new Map() }
  remembered.set(snapshot, memory)
  return memory
}
