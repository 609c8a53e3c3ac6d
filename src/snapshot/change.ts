import type { ExperimentBody } from '../contract/experiment-body.ts'
import type { GuardrailBody } from '../contract/guardrail-body.ts'
import type { ModelFacts } from '../contract/model-facts.ts'
import type { RouteBody } from '../contract/route-body.ts'
import type { OperatorPrices } from './snapshot.ts'

/** A prompt as stored, in plain JSON: what the database, the file on disk, `promptbox.yaml` and the environment all give. */
export interface PromptValue {
  readonly tenantId: string
  readonly slug: string
  readonly aliases: readonly string[]
  /** Of its metadata: what a guardrail may be limited to. */
  readonly category: string | null
  readonly labels: Readonly<Record<string, number>>
  readonly versions: readonly {
    readonly number: number
    readonly semver: string | null
    readonly hash: string
    /** The version body as JSON text: parsed only when first used. */
    readonly body: string
  }[]
}

export interface KeyValue {
  readonly id: string
  readonly tenantId: string
  readonly name: string
  /** HMAC of the key, base64url; the key itself is never stored. */
  readonly hash: string
  readonly scopes: readonly string[]
  /** What its holder may do besides: a protected label can ask for one. */
  readonly roles: readonly string[]
  readonly expiresAt: number | null
}

export interface CredentialValue {
  readonly provider: string
  readonly name: string
  /** Sealed with the encryption key (`src/core/seal.ts`); null: none needed. */
  readonly sealedApiKey: string | null
  readonly baseUrl: string | null
}

export interface ModelValue {
  readonly id: string
  readonly aliases: readonly string[]
  readonly prices: OperatorPrices | null
  readonly facts: ModelFacts | null
}

export interface RouteValue {
  readonly slug: string
  readonly body: RouteBody
}

/** A chain as stored, in plain JSON. */
export interface ChainValue {
  readonly tenantId: string
  readonly slug: string
  /** The version that `chain:<slug>` means. */
  readonly activeVersion: number
  readonly versions: readonly {
    readonly number: number
    /** The body as JSON text: parsed only when first used. */
    readonly body: string
  }[]
}

/** A guardrail as stored, in plain JSON; also those that are not enabled. */
export interface GuardrailValue {
  readonly tenantId: string
  readonly slug: string
  readonly body: GuardrailBody
}

/** A stretch of an experiment with one split. */
export interface PhaseValue {
  /** From 1. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** By variant; not normalised. */
  readonly weights: Readonly<Record<string, number>>
  /**
   * The units that were assigned by its end, as `experiments/unit-filter.ts` writes them (base64): they keep what they have.
   * null: it has not ended.
   */
  readonly units: string | null
}

/** An experiment or a rollout that is running; one that is not has no value. */
export interface ExperimentValue {
  readonly tenantId: string
  readonly slug: string
  /** `rollout`: units move on with each step, so that no phase keeps its units. */
  readonly kind: 'experiment' | 'rollout'
  readonly body: ExperimentBody
  readonly seed: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** In their order, the last is the one that goes on; at least one. */
  readonly phases: readonly PhaseValue[]
}

/**
 * One change to the snapshot. `value: null` takes the thing away. Every tier speaks this: a full load is the list of all
 * values, a notice is the list of those that changed, the last good snapshot on disk is the list written down.
 */
export type SnapshotChange =
  | { readonly noun: 'prompt'; readonly tenantId: string; readonly id: string; readonly value: PromptValue | null }
  | { readonly noun: 'key'; readonly id: string; readonly value: KeyValue | null }
  /** `id`: `<provider>`, for a credential not named `default` `<provider>/<name>`. */
  | { readonly noun: 'credential'; readonly id: string; readonly value: CredentialValue | null }
  | { readonly noun: 'model'; readonly id: string; readonly value: ModelValue | null }
  | { readonly noun: 'route'; readonly id: string; readonly value: RouteValue | null }
  | { readonly noun: 'chain'; readonly tenantId: string; readonly id: string; readonly value: ChainValue | null }
  | {
      readonly noun: 'guardrail'
      readonly tenantId: string
      readonly id: string
      readonly value: GuardrailValue | null
    }
  | {
      readonly noun: 'experiment'
      readonly tenantId: string
      readonly id: string
      readonly value: ExperimentValue | null
    }
