import { readBaseUrl } from '../core/address.ts'
import { Fault } from '../core/fault.ts'
import { credentialId } from '../snapshot/snapshot.ts'
import type { Actor, StoredCredential } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'
import { knownProvider } from './known-provider.ts'

/** Which credential of which provider. */
export interface WantedName {
  readonly provider: string
  /** `default`, or that of a further one. */
  readonly name: string
}

export interface WantedCredential {
  /** undefined: not mentioned; null: none. */
  readonly apiKey: string | null | undefined
  readonly baseUrl: string | null | undefined
}

type Needs = Pick<AdminDependencies, 'stores' | 'providers' | 'seal' | 'allowPrivateUrls'>

/** Of a shorter secret four characters would give too much away. */
const shortestHinted = 20

/**
 * Replaces one credential of a provider as a whole. A secret that is stored is never carried over to what may be another address: it
 * has to be sent again, or be taken away with null.
 */
export async function putProvider(
  { stores, providers, seal, allowPrivateUrls }: Needs,
  actor: Actor,
  named: WantedName,
  wanted: WantedCredential,
): Promise<StoredCredential> {
  const provider = knownProvider(named.provider, providers, 'provider').id
  const { name } = named
  const apiKey = wanted.apiKey ?? null
  const baseUrl =
    wanted.baseUrl === undefined || wanted.baseUrl === null ? null : checkedUrl(wanted.baseUrl, allowPrivateUrls)
  if (apiKey === null && baseUrl === null) {
    throw new Fault('invalid_request', '`api_key` or `base_url` is needed. To take the credential away, use DELETE.', {
      param: 'api_key',
    })
  }
  if (wanted.apiKey === undefined && (await hasSecret(stores, { provider, name }))) {
    throw new Fault(
      'invalid_request',
      `\`api_key\` is missing: one is stored for ${credentialId({ provider, name })}, and PUT replaces the whole credential. Send it again, or null to take it away.`,
      { param: 'api_key' },
    )
  }
  return stores.credentials.put(actor, {
    provider,
    name,
    sealedApiKey: apiKey === null ? null : seal(apiKey),
    hint: apiKey === null || apiKey.length < shortestHinted ? null : apiKey.slice(-4),
    baseUrl,
  })
}

async function hasSecret(stores: Needs['stores'], { provider, name }: WantedName): Promise<boolean> {
  const stored = await stores.credentials.list()
  const there = stored.find((credential) => credential.provider === provider && credential.name === name)
  return there !== undefined && there.sealedApiKey !== null
}

function checkedUrl(text: string, allowPrivate: boolean): string {
  const read = readBaseUrl(text, { allowPrivate })
  if ('url' in read) return read.url
  throw new Fault('invalid_request', `\`base_url\` ${read.problem}.`, { param: 'base_url' })
}
