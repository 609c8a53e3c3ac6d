import type { ModelFacts } from '../contract/model-facts.ts'
import type { SnapshotModel } from '../snapshot/snapshot.ts'
import { builtInFacts } from './built-in-facts.ts'

/** By the operator's row, which goes with its snapshot. */
const merged = new WeakMap<SnapshotModel, ModelFacts>()

/**
 * What is known of a model: the operator's row over the built-in data, field by field, a capability being a field too.
 * `model` is the provider's own name; `snapshotModel` the row of exactly this provider and model.
 */
export function factsOf(
  provider: { readonly priceId: string | null },
  model: string,
  snapshotModel: SnapshotModel | undefined,
): ModelFacts {
  if (!snapshotModel?.facts) return builtInFacts(provider.priceId, model)
  const known = merged.get(snapshotModel)
  if (known !== undefined) return known
  const facts = mergeFacts(builtInFacts(provider.priceId, model), snapshotModel.facts)
  merged.set(snapshotModel, facts)
  return facts
}

function mergeFacts(builtIn: ModelFacts, operator: ModelFacts): ModelFacts {
  const capabilities = { ...builtIn.capabilities, ...given(operator.capabilities ?? {}) }
  return {
    ...builtIn,
    ...given(operator),
    ...(Object.keys(capabilities).length > 0 && { capabilities }),
  }
}

/** Without the members that are there but undefined: they say nothing and must not win over anything. */
function given<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<Value>
}
