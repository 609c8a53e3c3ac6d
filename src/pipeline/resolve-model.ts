import { Fault } from '../core/fault.ts'
import type { Credential, Provider } from '../providers/provider.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

/** What naming models needs to know of the outside. */
export interface ModelCatalogue {
  /** By provider id and by each of its further prefixes. */
  readonly providers: ReadonlyMap<string, Provider>
  /** Which of these providers a bare name such as `gpt-4o` belongs to, by the built-in data. null: none of them. */
  readonly providerOfBareModel: (name: string, enabled: readonly Provider[]) => Provider | null
}

export interface ResolvedModel {
  readonly provider: Provider
  readonly credential: Credential
  /** The provider's own name. */
  readonly model: string
}

/**
 * Finds the provider and the credential for a model name: an operator's id or alias, else `<provider>/<model>`, else a
 * bare name that the built-in data knows. The credential is chosen by the provider found here and by nothing else, so a
 * prompt that swaps its model can never send one provider's key to another.
 *
 * @throws Fault `model_not_found` with what to do.
 */
export function resolveModel(name: string, snapshot: Snapshot, catalogue: ModelCatalogue): ResolvedModel {
  const known = snapshot.models.get(name)
  if (known !== undefined) return withCredential(name, known.provider, known.model, snapshot, catalogue)
  const slash = name.indexOf('/')
  if (slash > 0) return withCredential(name, name.slice(0, slash), name.slice(slash + 1), snapshot, catalogue)
  const provider = catalogue.providerOfBareModel(name, enabledProviders(snapshot, catalogue))
  if (provider === null) {
    throw new Fault(
      'model_not_found',
      `No provider that is on has a model \`${name}\`. Name it as \`<provider>/${name}\`, or see GET /v1/models.`,
      { param: 'model' },
    )
  }
  return withCredential(name, provider.id, name, snapshot, catalogue)
}

/** The providers a request can reach now, each once, in the catalogue's order. */
export function enabledProviders(snapshot: Snapshot, catalogue: ModelCatalogue): readonly Provider[] {
  return [...new Set(catalogue.providers.values())].filter((provider) => credentialOf(provider, snapshot) !== null)
}

function withCredential(
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
  const credential = credentialOf(provider, snapshot)
  if (credential === null) {
    throw new Fault(
      'model_not_found',
      `The model \`${name}\` cannot be reached: the provider \`${provider.id}\` has no ${missing(provider)}. ` +
        'An operator sets it in the environment or with PUT /admin/v1/providers/' +
        `${provider.id}.`,
      { param: 'model' },
    )
  }
  return { provider, credential, model }
}

function credentialOf(provider: Provider, snapshot: Snapshot): Credential | null {
  const stored = snapshot.credentials.get(provider.id)
  const baseUrl = stored?.baseUrl ?? provider.defaultBaseUrl
  const apiKey = stored?.apiKey ?? null
  if (provider.needsApiKey && apiKey === null) return null
  // A provider that needs no key is on when somebody says where it is; the built-in one always is.
  if (baseUrl === null || (!provider.needsApiKey && stored === undefined && !provider.builtIn)) return null
  return { apiKey, baseUrl }
}

function missing(provider: Provider): string {
  return provider.needsApiKey ? 'API key' : 'base URL'
}
