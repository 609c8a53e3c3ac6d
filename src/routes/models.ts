import { Hono } from 'hono'
import type { ModelFacts } from '../contract/model-facts.ts'
import { Fault } from '../core/fault.ts'
import { parseChainModel } from '../chains/reference.ts'
import { parseModelReference } from '../prompts/reference.ts'
import { resolveVersion } from '../prompts/resolve.ts'
import { findChain, findChainVersion } from '../pipeline/called-chain.ts'
import { factsIn } from '../pipeline/model-leaf.ts'
import { type ModelCatalogue, enabledProviders, resolveModel } from '../pipeline/resolve-model.ts'
import type { Provider } from '../providers/provider.ts'
import { type Snapshot, type SnapshotKey, promptKey } from '../snapshot/snapshot.ts'
import type { InferenceEnvironment } from './inference.ts'

export interface ModelsDependencies {
  readonly catalogue: ModelCatalogue
  /** Names of the models a provider is known to have, without its prefix. */
  readonly knownModels: (provider: Provider) => readonly string[]
  /** Seconds since 1970, for `created`, which no provider here tells. */
  readonly startedAtSeconds: number
  /** At most so many prompts and so many chains are listed; all of them can be called. */
  readonly mostPrompts: number
}

interface ListedModel {
  readonly id: string
  readonly object: 'model'
  readonly created: number
  readonly owned_by: string
  /** Tokens; left out when unknown, and for names that stand for several models. */
  readonly context_window?: number
  readonly max_output_tokens?: number
}

/** Who owns the names that Promptbox gives: prompts, chains, routes, aliases. */
const ourselves = 'promptbox'

/**
 * `GET /v1/models` and `/v1/models/{id}`: the models of the providers that are on and their aliases, the routes, and every
 * prompt and chain of the key's tenant.
 */
export function models(dependencies: ModelsDependencies): Hono<InferenceEnvironment> {
  const routes = new Hono<InferenceEnvironment>()
  /** By snapshot and tenant; a list goes with its snapshot. */
  const lists = new WeakMap<Snapshot, Map<string, ModelList>>()
  routes.get('/models', (context) => {
    const snapshot = context.get('snapshot')
    const key = context.get('key')
    const known = lists.get(snapshot)?.get(key.tenantId)
    const list = known ?? listModels(snapshot, key, dependencies)
    if (known === undefined) lists.set(snapshot, new Map(lists.get(snapshot)).set(key.tenantId, list))
    if (list.warning !== null) context.header('x-promptbox-warning', list.warning)
    return context.body(list.json, 200, { 'content-type': 'application/json' })
  })
  routes.get('/models/:id{.+}', (context) => {
    const id = decode(context.req.param('id'))
    return context.json(findModel(id, context.get('snapshot'), context.get('key'), dependencies))
  })
  for (const path of ['/models', '/models/:id{.+}']) {
    routes.all(path, () => {
      throw new Fault('method_not_allowed', 'This path takes GET only.', { headers: { allow: 'GET' } })
    })
  }
  return routes
}

/** The answer to `GET /v1/models`: with 10,000 prompts 20 ms of work, and the same for as long as the snapshot serves. */
interface ModelList {
  readonly json: string
  readonly warning: string | null
}

function listModels(snapshot: Snapshot, key: SnapshotKey, dependencies: ModelsDependencies): ModelList {
  const { mostPrompts } = dependencies
  const prompts = promptsOf(snapshot, key, dependencies)
  const routes = [...snapshot.routes.keys()].toSorted().map((slug) => listedModel(slug, ourselves, dependencies))
  const chains = [...snapshot.chains.values()]
    .filter(({ tenantId }) => tenantId === key.tenantId)
    .map(({ slug }) => listedModel(`chain:${slug}`, ourselves, dependencies))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
  const data = [
    ...prompts.slice(0, mostPrompts),
    ...chains.slice(0, mostPrompts),
    ...routes,
    ...realModels(snapshot, dependencies),
  ]
  const warnings = [
    ...(prompts.length > mostPrompts ? [leftOut(mostPrompts, 'prompts')] : []),
    ...(chains.length > mostPrompts ? [leftOut(mostPrompts, 'chains')] : []),
  ]
  return {
    json: JSON.stringify({ object: 'list', data }),
    warning: warnings.length === 0 ? null : warnings.join('; '),
  }
}

function leftOut(most: number, what: 'prompts' | 'chains'): string {
  return `only ${most} ${what} are listed here; GET /admin/v1/${what} pages through all`
}

/** SDKs percent-encode the slash of `openai/gpt-4o`, curl does not; both mean the same. */
function decode(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    throw new Fault('model_not_found', 'The model id in the path is not valid percent-encoding.', { param: 'model' })
  }
}

function promptsOf(snapshot: Snapshot, key: SnapshotKey, dependencies: ModelsDependencies): readonly ListedModel[] {
  const listed: ListedModel[] = []
  for (const [name, prompt] of snapshot.prompts.entries()) {
    // Aliases lead to the same prompt; it is listed once, under its slug.
    if (prompt.tenantId !== key.tenantId || name !== promptKey(prompt.tenantId, prompt.slug)) continue
    listed.push(listedModel(`prompt:${prompt.slug}`, ourselves, dependencies))
    if (listed.length > dependencies.mostPrompts) break
  }
  return listed.toSorted((left, right) => (left.id < right.id ? -1 : 1))
}

function realModels(snapshot: Snapshot, dependencies: ModelsDependencies): readonly ListedModel[] {
  const listed = new Map<string, ListedModel>()
  const enabled = new Set(enabledProviders(snapshot, dependencies.catalogue))
  const add = (id: string, ownedBy: string, provider: Provider, model: string): void => {
    listed.set(id, listedModel(id, ownedBy, dependencies, factsIn(snapshot, provider, model)))
  }
  for (const provider of enabled) {
    for (const model of dependencies.knownModels(provider)) add(`${provider.id}/${model}`, provider.id, provider, model)
  }
  for (const [name, { id, provider: prefix, model }] of snapshot.models) {
    const provider = dependencies.catalogue.providers.get(prefix)
    // A route wins over an alias of the same name, and what cannot be called is not listed.
    if (provider === undefined || !enabled.has(provider) || snapshot.routes.has(name)) continue
    add(name, name === id ? provider.id : ourselves, provider, model)
  }
  return [...listed.values()]
}

function findModel(id: string, snapshot: Snapshot, key: SnapshotKey, dependencies: ModelsDependencies): ListedModel {
  const chain = parseChainModel(id)
  if (chain !== null) {
    findChainVersion(findChain(snapshot, key.tenantId, chain.slug), chain.version)
    return listedModel(id, ourselves, dependencies)
  }
  const reference = parseModelReference(id)
  if (reference !== null) {
    const prompt = snapshot.prompts.get(promptKey(key.tenantId, reference.id))
    if (prompt === undefined) throw notFound(id)
    resolveVersion(prompt, reference.selector)
    return listedModel(id, ourselves, dependencies)
  }
  if (snapshot.routes.has(id)) return listedModel(id, ourselves, dependencies)
  const { provider, model } = resolveModel(id, snapshot, dependencies.catalogue)
  const row = snapshot.models.get(id)
  if (row === undefined && !dependencies.knownModels(provider).includes(model)) throw notFound(id)
  const ownedBy = row === undefined || row.id === id ? provider.id : ourselves
  return listedModel(id, ownedBy, dependencies, factsIn(snapshot, provider, model))
}

function listedModel(
  id: string,
  ownedBy: string,
  dependencies: ModelsDependencies,
  facts: ModelFacts = {},
): ListedModel {
  const { context_window, max_output_tokens } = facts
  return {
    id,
    object: 'model',
    created: dependencies.startedAtSeconds,
    owned_by: ownedBy,
    ...(context_window !== undefined && { context_window }),
    ...(max_output_tokens !== undefined && { max_output_tokens }),
  }
}

function notFound(id: string): Fault {
  return new Fault('model_not_found', `The model \`${id}\` does not exist or this key may not use it.`, {
    param: 'model',
  })
}
