import { Fault } from '../core/fault.ts'
import type { Credential, Provider } from '../providers/provider.ts'
import type { Snapshot, SnapshotCredential } from '../snapshot/snapshot.ts'

/** What naming models needs to know of the outside. */
export interface ModelCatalogue {
  /** By provider id and by each of its further prefixes. */
  readonly providers: ReadonlyMap<string, Provider>
  /** Which of these providers a bare name such as `gpt-4o` belongs to, by the built-in data. null: none of them. */
  readonly providerOfBareModel: (name: string, enabled: readonly Provider[]) => Provider | null
}

export interface ResolvedModel {
  readonly provider: Provider
  /** Never empty; in the order of the snapshot. */
  readonly credentials: readonly Credential[]
  /** The provider's own name. */
  readonly model: string
}

/**
 * Finds the provider and its credentials for a model name: an operator's id or alias, else `<provider>/<model>`, else a
 * bare name that the built-in data knows. The credentials are those of the provider found here and of nobody else, so a
 * prompt that swaps its model can never send one provider's key to another. Routes are not known here: `resolveTargets`.
 *
 * @throws Fault `model_not_found` with what to do.
 */
export function resolveModel(name: string, snapshot: Snapshot, catalogue: ModelCatalogue): ResolvedModel {
  const known = snapshot.models.get(name)
  if (known !== undefined) return withCredentials(name, known.provider, known.model, snapshot, catalogue)
  const slash = name.indexOf('/')
  if (slash > 0) return withCredentials(name, name.slice(0, slash), name.slice(slash + 1), snapshot, catalogue)
  const provider = catalogue.providerOfBareModel(name, enabledProviders(snapshot, catalogue))
  if (provider === null) {
    throw new Fault(
      'model_not_found',
      `No provider that is on has a model \`${name}\`. Name it as \`<provider>/${name}\`, or see GET /v1/models.`,
      { param: 'model' },
    )
  }
  return withCredentials(name, provider.id, name, snapshot, catalogue)
}

/** The providers a request can reach now, each once, in the catalogue's order. */
export function enabledProviders(snapshot: Snapshot, catalogue: ModelCatalogue): readonly Provider[] {
  return [...new Set(catalogue.providers.values())].filter((provider) => credentialsOf(provider, snapshot).length > 0)
}

function withCredentials(
  name: string,
  prefix: string,
  model: string,
  snapshot: Snapshot,
  catalogue: ModelCatalogue,
): ResolvedModel {
  const provider = catalogue.providers.get(prefix)
  if (provider === undefined || model === '') {
    const prefixes = [...new Set([...catalogue.providers.values()].map((each) => each.id))].join(', ')
    throw new Fault('model_not_found', `The model \`${name}\` does not exist. Providers here: ${prefixes}.`, {
      param: 'model',
    })
  }
  const credentials = credentialsOf(provider, snapshot)
  if (credentials.length === 0) {
    throw new Fault(
      'model_not_found',
      `The model \`${name}\` cannot be reached: the provider \`${provider.id}\` has no ${missing(provider)}. ` +
        'An operator sets it in the environment or with PUT /admin/v1/providers/' +
        `${provider.id}.`,
      { param: 'model' },
    )
  }
  return { provider, credentials, model }
}

/** The lists made of one set of stored credentials; they go with it. */
const made = new WeakMap<Snapshot['credentials'], Map<Provider, readonly Credential[]>>()

/** Every credential the provider can be called with, empty when it is off. Made once for a snapshot, being asked for by every request. */
function credentialsOf(provider: Provider, snapshot: Snapshot): readonly Credential[] {
  const ofSnapshot = made.get(snapshot.credentials) ?? new Map<Provider, readonly Credential[]>()
  const known = ofSnapshot.get(provider)
  if (known !== undefined) return known
  const credentials = makeCredentials(provider, snapshot.credentials.get(provider.id))
  made.set(snapshot.credentials, ofSnapshot.set(provider, credentials))
  return credentials
}

function makeCredentials(provider: Provider, stored: readonly SnapshotCredential[] | undefined): readonly Credential[] {
  if (stored === undefined) {
    // A provider that needs no key is on when somebody says where it is; the built-in one always is.
    if (!provider.builtIn || provider.needsApiKey || provider.defaultBaseUrl === null) return []
    return [{ name: 'default', apiKey: null, baseUrl: provider.defaultBaseUrl }]
  }
  return stored.flatMap(({ name, apiKey, baseUrl: own }) => {
    const baseUrl = own ?? provider.defaultBaseUrl
    if (baseUrl === null || (provider.needsApiKey && apiKey === null)) return []
    return [{ name, apiKey, baseUrl }]
  })
}

function missing(provider: Provider): string {
  if (!provider.needsApiKey) return 'base URL'
  return provider.defaultBaseUrl === null ? 'API key with a base URL' : 'API key'
}
