import type { CompiledChain } from '../chains/compiled-chain.ts'
import type { GuardrailBody } from '../contract/guardrail-body.ts'
import type { ModelFacts } from '../contract/model-facts.ts'
import type { RouteBody } from '../contract/route-body.ts'
import type { SnapshotTier } from '../core/observation.ts'
import type { RunningExperiment } from '../experiments/running-experiment.ts'
import type { CompiledVersion } from '../prompts/compiled-version.ts'
import type { ShardedMap } from './sharded-map.ts'

/** One immutable version of a prompt as the request path sees it. */
export interface SnapshotVersion {
  readonly number: number
  /** Semantic version, `1.2.0`, when the author gave one. */
  readonly semver: string | null
  /** SHA-256 of the canonical body, hex. */
  readonly hash: string
  /** Parsed and compiled at first use, then kept. Throws a Fault `internal` naming the version when the stored body is broken. */
  compiled(): CompiledVersion
}

export interface SnapshotPrompt {
  readonly tenantId: string
  readonly slug: string
  readonly aliases: readonly string[]
  /** Of its metadata: what a guardrail may be limited to. */
  readonly category: string | null
  readonly labels: ReadonlyMap<string, number>
  readonly versions: ReadonlyMap<number, SnapshotVersion>
  /** Quicker than `labels` and `versions` together, where there is such a way. */
  readonly labelled?: (label: string) => SnapshotVersion | undefined
}

export interface SnapshotKey {
  readonly id: string
  readonly tenantId: string
  readonly name: string
  /** `inference`, `admin`. */
  readonly scopes: readonly string[]
  /** What its holder may do besides: a protected label can ask for one. */
  readonly roles: readonly string[]
  /** Milliseconds since 1970; null: never. */
  readonly expiresAt: number | null
}

/** A stored credential, already opened: it lives in memory only and is never serialised from here. */
export interface SnapshotCredential {
  readonly provider: string
  /** `default`, or what the operator calls a further one. */
  readonly name: string
  readonly apiKey: string | null
  readonly baseUrl: string | null
}

/** What operators say about a model on top of the built-in data; `null` price parts are unknown, never 0. */
export interface SnapshotModel {
  /** `<provider>/<model>`. */
  readonly id: string
  readonly provider: string
  readonly model: string
  readonly aliases: readonly string[]
  readonly prices: OperatorPrices | null
  /** Wins over the built-in data, field by field. */
  readonly facts: ModelFacts | null
}

/** Several models under one name, and the rule which to try. */
export interface SnapshotRoute {
  readonly slug: string
  readonly body: RouteBody
}

/** One immutable version of a chain as the request path sees it. */
export interface SnapshotChainVersion {
  readonly number: number
  /** Compiled at first use, then kept. Throws a Fault `internal` naming the version when the stored body is broken. */
  compiled(): CompiledChain
}

export interface SnapshotChain {
  readonly tenantId: string
  readonly slug: string
  /** The version that `chain:<slug>` means. */
  readonly activeVersion: number
  /** In the order of their numbers. */
  readonly versions: readonly SnapshotChainVersion[]
}

/** A guardrail of a tenant, enabled or not. */
export interface SnapshotGuardrail {
  readonly slug: string
  readonly body: GuardrailBody
}

/** US dollars for one million tokens; the unit stands in the name because a wrong one has cost others dearly. */
export interface OperatorPrices {
  readonly input_usd_per_million_tokens: number
  readonly output_usd_per_million_tokens: number
  readonly cache_read_usd_per_million_tokens?: number | undefined
  readonly cache_write_usd_per_million_tokens?: number | undefined
  /** Written to be kept for an hour (Anthropic); left out: twice the input price. */
  readonly cache_write_one_hour_usd_per_million_tokens?: number | undefined
}

/**
 * All that a request needs to decide, as one immutable value. A change makes a new one (sharing what did not change) and
 * swaps it whole, so one exchange sees one state; `version` is written on every exchange.
 */
export interface Snapshot {
  readonly version: string
  readonly tier: SnapshotTier
  /** Milliseconds since 1970 when this value was made. */
  readonly builtAt: number
  /** By `promptKey(tenantId, slug or alias)`. */
  readonly prompts: ShardedMap<SnapshotPrompt>
  /** By the HMAC of the key, base64url. */
  readonly keys: ReadonlyMap<string, SnapshotKey>
  /** By provider id, in the order of their names but `default` first; never an empty list. */
  readonly credentials: ReadonlyMap<string, readonly SnapshotCredential[]>
  /** By id and by each alias. */
  readonly models: ReadonlyMap<string, SnapshotModel>
  /** By slug. A route wins over a model alias of the same name. */
  readonly routes: ReadonlyMap<string, SnapshotRoute>
  /** By `promptKey(tenantId, slug)`: chains have a name space of their own, that is written alike. */
  readonly chains: ReadonlyMap<string, SnapshotChain>
  /**
   * By tenant, in the order they look: `order`, then slug. A tenant without any has no entry. The list stays the same object
   * as long as none of its guardrails changed, whatever else did: what is made of it can be kept by it.
   */
  readonly guardrails: ReadonlyMap<string, readonly SnapshotGuardrail[]>
  /**
   * The experiments and rollouts that run, by `promptKey(tenantId, slug)` of their prompt, in the order they are asked
   * (`compareExperiments`). A prompt without any has no entry. A list stays the same object as long as none of it changed.
   */
  readonly experiments: ReadonlyMap<string, readonly RunningExperiment[]>
}

/** Key of a prompt in `Snapshot.prompts`. Slugs and tenants have no `/`, so the two never run together. */
export function promptKey(tenantId: string, slugOrAlias: string): string {
  return `${tenantId}/${slugOrAlias}`
}

/** What the only credential of a provider is called, or the first of several. */
export const defaultCredential = 'default'

/** A credential's id in changes, in the audit trail and in answers: `openai`, for a further one `openai/second`. */
export function credentialId({ provider, name }: { readonly provider: string; readonly name: string }): string {
  return name === defaultCredential ? provider : `${provider}/${name}`
}

/** Orders the credentials of one provider: `default` first, then by name. */
export function compareCredentials(left: { readonly name: string }, right: { readonly name: string }): number {
  if (left.name === right.name) return 0
  if (left.name === defaultCredential) return -1
  if (right.name === defaultCredential) return 1
  return left.name < right.name ? -1 : 1
}

/** The order in which guardrails look, and in which they are listed: by `order`, then slug. */
export function compareGuardrails(left: SnapshotGuardrail, right: SnapshotGuardrail): number {
  return left.body.order - right.body.order || (left.slug < right.slug ? -1 : 1)
}
