import type { Capability, ModelFacts } from '../contract/model-facts.ts'
import { builtInModelsJson } from './built-in-models.ts'
import { familyOf, makersName, namesOf } from './model-names.ts'

/** `[context window, output limit, capabilities]` as `built-in-models.ts` says. */
type Row = readonly [contextWindow?: number, maxOutputTokens?: number, capabilities?: string]

interface ProviderRows {
  readonly byName: ReadonlyMap<string, Row>
  /** By the name without its date: the newest dated one. */
  readonly newestOfFamily: ReadonlyMap<string, Row>
}

/** Model names come from outside; longer ones are no model. */
const longestModelName = 256
const rememberedModels = 4096

const capabilityLetters: ReadonlyMap<string, Capability> = new Map([
  ['t', 'tools'],
  ['v', 'vision'],
  ['j', 'json'],
  ['a', 'audio'],
  ['d', 'documents'],
  ['r', 'reasoning'],
])

const nothing: ModelFacts = Object.freeze({})
const remembered = new Map<string, ModelFacts>()
const parsed = new Map<string, ProviderRows>()

/**
 * What the built-in data says of a model; `priceId` is the provider's id in the price data, null: it has none. A dated
 * name (`gpt-4o-2024-08-06`) takes what is not known of itself from its family (`gpt-4o`), and a name without a date from
 * the newest dated one. Never throws; a model nobody knows has no facts.
 */
export function builtInFacts(priceId: string | null, model: string): ModelFacts {
  if (priceId === null || model.length > longestModelName || !Object.hasOwn(builtInModelsJson, priceId)) return nothing
  const key = `${priceId}/${model}`
  const known = remembered.get(key)
  if (known !== undefined) return known
  const found = readFacts(rowsOf(priceId, model), model.endsWith('-latest'))
  // Names come from outside, so the memory of them is bounded: the oldest goes first.
  if (remembered.size >= rememberedModels) {
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest)
      break
    }
  }
  remembered.set(key, found)
  return found
}

/** The rows that tell something about the model, the most exact first. */
function rowsOf(priceId: string, model: string): readonly Row[] {
  const provider = providerRows(priceId)
  const found: Row[] = []
  const add = (row: Row | undefined): void => {
    if (row !== undefined) found.push(row)
  }
  const names = namesOf(model)
  const isDated = names.some((name) => familyOf(name) !== null)
  for (const name of names) {
    add(provider.byName.get(name))
    // Another day's release says nothing of a dated one; it does of the name that stands for all days.
    if (!isDated) add(provider.newestOfFamily.get(name))
  }
  const maker = makersName(priceId, model)
  return maker === null ? found : [...found, ...maker.models.flatMap((name) => rowsOf(maker.priceId, name))]
}

/** @param isMoving the name passes from model to model, so that what one of them cannot do says nothing. */
function readFacts(rows: readonly Row[], isMoving: boolean): ModelFacts {
  const capabilities: Partial<Record<Capability, boolean>> = {}
  let contextWindow = 0
  let maxOutputTokens = 0
  for (const [context, output, letters] of rows) {
    contextWindow ||= context ?? 0
    maxOutputTokens ||= output ?? 0
    for (const letter of letters ?? '') {
      const capability = capabilityLetters.get(letter.toLowerCase())
      const can = letter !== letter.toLowerCase()
      if (capability !== undefined && (can || !isMoving)) capabilities[capability] ??= can
    }
  }
  return Object.freeze({
    ...(contextWindow > 0 && { context_window: contextWindow }),
    ...(maxOutputTokens > 0 && { max_output_tokens: maxOutputTokens }),
    ...(Object.keys(capabilities).length > 0 && { capabilities }),
  })
}

/** Read when the first model of the provider is asked for: some 100 µs. */
function providerRows(priceId: string): ProviderRows {
  const known = parsed.get(priceId)
  if (known !== undefined) return known
  const entries = Object.entries(JSON.parse(builtInModelsJson[priceId] ?? '{}') as Record<string, Row>)
  const newestOfFamily = new Map<string, Row>()
  // The entries are in the order of their names, so the last one of a family has the latest date.
  for (const [name, row] of entries) {
    const family = familyOf(name.toLowerCase())
    if (family !== null) newestOfFamily.set(family, row)
  }
  const rows = { byName: new Map(entries.map(([name, row]) => [name.toLowerCase(), row])), newestOfFamily }
  parsed.set(priceId, rows)
  return rows
}
