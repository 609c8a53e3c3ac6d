import type { Observe, SnapshotTier } from '../core/observation.ts'
import type { Sealer } from '../core/seal.ts'
import type { ChainEntry } from './chain-entry.ts'
import type { CredentialValue, KeyValue, SnapshotChange } from './change.ts'
import { type ClaimTable, emptyClaimTable } from './claim-table.ts'
import { type ExperimentTables, noExperiments } from './experiment-lists.ts'
import type { PromptEntry } from './prompt-entry.ts'
import { ShardedMap } from './sharded-map.ts'
import {
  type Snapshot,
  type SnapshotCredential,
  type SnapshotGuardrail,
  type SnapshotModel,
  type SnapshotRoute,
  compareCredentials,
  promptKey,
} from './snapshot.ts'

/** What building a snapshot needs besides the changes; the same for the life of the process. */
export interface SnapshotContext {
  readonly sealer: Sealer
  /** Credentials of the environment, by provider id. */
  readonly environmentCredentials: ReadonlyMap<string, readonly EnvironmentCredential[]>
  readonly observe: Observe
}

/** A credential as the environment gives it. All of one provider have the same base URL. */
export type EnvironmentCredential = Pick<SnapshotCredential, 'name' | 'apiKey' | 'baseUrl'>

/** What is written on a snapshot. */
export interface SnapshotStamp {
  readonly version: string
  readonly tier: SnapshotTier
  /** Milliseconds since 1970. */
  readonly builtAt: number
}

/** A credential as stored, and as opened; null: it did not open and is left out. */
export interface CredentialEntry {
  readonly value: CredentialValue
  readonly opened: SnapshotCredential | null
}

/** A snapshot with what is needed to make the next one from it. Requests only know the `Snapshot` in it. */
export interface IndexedSnapshot extends Snapshot {
  readonly context: SnapshotContext
  /** Without aliases, each once. */
  readonly promptCount: number
  readonly tables: {
    readonly prompts: ClaimTable<PromptEntry>
    readonly keys: ClaimTable<KeyValue>
    readonly keysById: ShardedMap<KeyValue>
    /** By `credentialId`. */
    readonly credentials: ReadonlyMap<string, CredentialEntry>
    readonly models: ClaimTable<SnapshotModel>
    readonly routes: ShardedMap<SnapshotRoute>
    readonly chains: ShardedMap<ChainEntry>
    /** By tenant, each list as it is served. */
    readonly guardrails: ReadonlyMap<string, readonly SnapshotGuardrail[]>
    readonly experiments: ExperimentTables
  }
}

/** A snapshot with nothing in it but the environment's credentials: the start of every other one. */
export function emptySnapshot(context: SnapshotContext, stamp: SnapshotStamp): IndexedSnapshot {
  const tables: IndexedSnapshot['tables'] = {
    prompts: emptyClaimTable(),
    keys: emptyClaimTable(),
    keysById: ShardedMap.empty(),
    credentials: new Map(),
    models: emptyClaimTable(),
    routes: ShardedMap.empty(),
    chains: ShardedMap.empty(),
    guardrails: new Map(),
    experiments: noExperiments(),
  }
  return {
    ...stamp,
    context,
    promptCount: 0,
    tables,
    prompts: tables.prompts.held,
    keys: tables.keys.held,
    credentials: openCredentials(context, tables.credentials),
    models: tables.models.held,
    routes: tables.routes,
    chains: tables.chains,
    guardrails: tables.guardrails,
    experiments: tables.experiments.byPrompt,
  }
}

/** The same content under another stamp. */
export function restamp(snapshot: IndexedSnapshot, stamp: SnapshotStamp): IndexedSnapshot {
  return { ...snapshot, version: stamp.version, tier: stamp.tier, builtAt: stamp.builtAt }
}

/**
 * By provider: the environment's, with the stored ones of the same name in their place where they open. A stored one that
 * names no base URL is called at the environment's, as the environment's own are; a key of the environment is never sent to
 * a stored base URL.
 */
export function openCredentials(
  context: SnapshotContext,
  stored: ReadonlyMap<string, CredentialEntry>,
): ReadonlyMap<string, readonly SnapshotCredential[]> {
  const byProvider = new Map<string, Map<string, SnapshotCredential>>()
  const add = (credential: SnapshotCredential): void => {
    const named = byProvider.get(credential.provider) ?? new Map<string, SnapshotCredential>()
    byProvider.set(credential.provider, named.set(credential.name, credential))
  }
  for (const [provider, credentials] of context.environmentCredentials) {
    for (const { name, apiKey, baseUrl } of credentials) add({ provider, name, apiKey, baseUrl })
  }
  for (const { opened } of stored.values()) {
    if (opened === null) continue
    const baseUrl = opened.baseUrl ?? context.environmentCredentials.get(opened.provider)?.[0]?.baseUrl ?? null
    add({ ...opened, baseUrl })
  }
  return new Map([...byProvider].map(([provider, named]) => [provider, [...named.values()].sort(compareCredentials)]))
}

/** Each prompt once, without the doubles that aliases make. */
export function* promptsOf(snapshot: IndexedSnapshot): Generator<PromptEntry> {
  for (const [name, prompt] of snapshot.tables.prompts.held) {
    if (name === promptKey(prompt.tenantId, prompt.slug)) yield prompt
  }
}

/** The changes that make this snapshot out of an empty one. Secrets stay sealed. */
export function* changesOf(snapshot: IndexedSnapshot): Generator<SnapshotChange> {
  const { keysById, credentials, models, routes, chains, guardrails, experiments } = snapshot.tables
  for (const value of keysById.values()) yield { noun: 'key', id: value.id, value }
  for (const [id, { value }] of credentials) yield { noun: 'credential', id, value }
  for (const [name, { id, aliases, prices, facts }] of models.held) {
    if (name === id) yield { noun: 'model', id, value: { id, aliases, prices, facts } }
  }
  for (const { slug, body } of routes.values()) yield { noun: 'route', id: slug, value: { slug, body } }
  for (const chain of chains.values()) {
    yield { noun: 'chain', tenantId: chain.tenantId, id: chain.slug, value: chain.toValue() }
  }
  for (const [tenantId, list] of guardrails) {
    for (const { slug, body } of list) yield { noun: 'guardrail', tenantId, id: slug, value: { tenantId, slug, body } }
  }
  for (const { value } of experiments.bySlug.values()) {
    yield { noun: 'experiment', tenantId: value.tenantId, id: value.slug, value }
  }
  for (const prompt of promptsOf(snapshot)) {
    yield { noun: 'prompt', tenantId: prompt.tenantId, id: prompt.slug, value: prompt.toValue() }
  }
}

/** Whether the snapshot has the thing that a change is about. */
export function hasThing(snapshot: IndexedSnapshot, change: SnapshotChange): boolean {
  const { prompts, keysById, credentials, models, routes, chains, guardrails, experiments } = snapshot.tables
  switch (change.noun) {
    case 'prompt':
      return prompts.held.get(promptKey(change.tenantId, change.id))?.slug === change.id
    case 'key':
      return keysById.has(change.id)
    case 'credential':
      return credentials.has(change.id)
    case 'model':
      return models.held.get(change.id)?.id === change.id
    case 'route':
      return routes.has(change.id)
    case 'chain':
      return chains.has(promptKey(change.tenantId, change.id))
    case 'guardrail':
      return guardrails.get(change.tenantId)?.some(({ slug }) => slug === change.id) ?? false
    case 'experiment':
      return experiments.bySlug.has(promptKey(change.tenantId, change.id))
  }
}
