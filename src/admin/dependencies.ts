import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'
import type { Provider } from '../providers/provider.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { OperatorPrices } from '../snapshot/snapshot.ts'
import type { Stores } from '../store/ports.ts'

export type KnownProvider = Pick<Provider, 'id' | 'aliases' | 'priceId'>

/** All that the admin API needs of the house. */
export interface AdminDependencies {
  readonly stores: Pick<Stores, 'prompts' | 'keys' | 'credentials' | 'models' | 'exchanges'>
  /** The state being served: keys are checked and prompts rendered from it, also while the database is away. */
  readonly snapshot: () => Snapshot
  /** `hashKey` of the super-admin key. */
  readonly adminKeyHash: string
  readonly hashKey: (key: string) => string
  /** Locks a provider's secret for storage. */
  readonly seal: (secret: string) => string
  /** Resolves when this process serves what was written before. Called after every write, before it is answered. */
  readonly published: () => Promise<void>
  /** Providers a credential or a model may name. */
  readonly providers: readonly KnownProvider[]
  /** A message naming the field when a price is in the wrong unit, else null. */
  readonly checkPrices: (prices: OperatorPrices) => string | null
  readonly allowPrivateUrls: boolean
  /** Largest request body, bytes. */
  readonly maxBodyBytes: number
  readonly clock: Clock
  readonly observe: Observe
}
