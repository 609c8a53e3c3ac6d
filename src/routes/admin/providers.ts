import type { AdminDependencies } from '../../admin/dependencies.ts'
import { knownProvider } from '../../admin/known-provider.ts'
import { putProvider } from '../../admin/put-provider.ts'
import * as providers from '../../contract/admin/providers.ts'
import { credentialId, defaultCredential } from '../../snapshot/snapshot.ts'
import type { Mount } from './mount.ts'
import { credentialJson } from './provider-json.ts'

export function mountProviders(
  mount: Mount,
  dependencies: Pick<AdminDependencies, 'stores' | 'providers' | 'seal' | 'allowPrivateUrls'>,
): void {
  const store = dependencies.stores.credentials

  mount(providers.listProviders, async () => ({ data: (await store.list()).map(credentialJson), next_cursor: null }))

  mount(providers.putProvider, async ({ actor, path, body }) => {
    const named = { provider: path.provider, name: defaultCredential }
    return credentialJson(
      await putProvider(dependencies, actor, named, { apiKey: body.api_key, baseUrl: body.base_url }),
    )
  })

  mount(providers.putCredential, async ({ actor, path, body }) =>
    credentialJson(await putProvider(dependencies, actor, path, { apiKey: body.api_key, baseUrl: body.base_url })),
  )

  mount(providers.removeProvider, async ({ actor, path }) => {
    const { id } = knownProvider(path.provider, dependencies.providers, 'provider')
    await store.remove(actor, { provider: id, name: defaultCredential })
    return { id, deleted: true as const }
  })

  mount(providers.removeCredential, async ({ actor, path }) => {
    const { id } = knownProvider(path.provider, dependencies.providers, 'provider')
    const credential = { provider: id, name: path.name }
    await store.remove(actor, credential)
    return { id: credentialId(credential), deleted: true as const }
  })
}
