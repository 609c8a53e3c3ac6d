import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'
import type { AskInside } from '../pipeline/ask-inside.ts'
import type { ExamineText } from '../pipeline/examine-text.ts'
import type { Provider } from '../providers/provider.ts'
import type { CallWebhook } from '../providers/webhook.ts'
import type { ModelFacts } from '../contract/model-facts.ts'
import type { OperatorPrices, Snapshot } from '../snapshot/snapshot.ts'
import type { Stores } from '../store/ports.ts'
import type { RunGate } from './move-label.ts'
import type { TestSettings } from './run-tests.ts'

export type KnownProvider = Pick<Provider, 'id' | 'aliases' | 'priceId'>

/** What holds of a model now, whoever said it. */
export interface KnownModel {
  /** `<provider>/<model>`. */
  readonly id: string
  readonly aliases: readonly string[]
  /** null: unknown. Where a price depends on the length of the request, that of the shortest. */
  readonly prices: OperatorPrices | null
  /** Such as `genai-prices:openai/gpt-4o-mini` or `operator:openai/my-model`; null: no price is known. */
  readonly priceSource: string | null
  /** null: nothing is known. */
  readonly facts: ModelFacts | null
}

/** All that the admin API needs of the house. */
export interface AdminDependencies {
  readonly stores: Omit<Stores, 'snapshot'>
  /** The state being served: keys are checked and prompts rendered from it, also while the database is away. */
  readonly snapshot: () => Snapshot
  /** The database is away, also when its last known state still serves. */
  readonly databaseAway: () => boolean
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
  /** Every model of the providers that are on, in any order: the built-in data with what operators say over it. */
  readonly knownModels: () => readonly KnownModel[]
  /**
   * One model by the name a version gives it, also of a provider that is off; null: it is a route, or nobody knows whose
   * it is.
   */
  readonly describeModel: (name: string) => KnownModel | null
  /** Counts the tokens of a text for a model. Never rejects: what cannot be counted is estimated. */
  readonly countTokens: (
    text: string,
    model: string,
  ) => Promise<{ readonly tokens: number; readonly source: 'tokenizer' | 'estimated' }>
  /** Forgets the cached answers of all versions of a prompt; how many there were. Fault `unavailable` when they are out of reach. */
  readonly purgeCache: (tenantId: string, slug: string) => Promise<number>
  /** Asks a prompt or a model and waits for the whole answer, through the same pipeline as everybody; recorded like any other. */
  readonly askInside: AskInside
  /** Runs the test cases of a version whose label asks for a score. Left out: as `tests` says; null: nobody does. */
  readonly runGate?: RunGate | null | undefined
  /** What guardrails say of a text; nothing is recorded. */
  readonly examineText: ExamineText
  readonly callWebhook: CallWebhook
  /** Secrets to sign webhooks with, by the name of their environment variable. */
  readonly webhookSecrets: ReadonlyMap<string, string>
  /** Bounds of runs of test cases. */
  readonly tests: TestSettings
  readonly allowPrivateUrls: boolean
  /** Largest request body, bytes. */
  readonly maxBodyBytes: number
  readonly clock: Clock
  readonly observe: Observe
}
