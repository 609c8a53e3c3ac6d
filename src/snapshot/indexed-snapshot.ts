import type { Observe, SnapshotTier } from '../core/observation.ts'
import type { Sealer } from '../core/seal.ts'
import type { CredentialValue, KeyValue, SnapshotChange } from './change.ts'
import { type ClaimTable, emptyClaimTable } from './claim-table.ts'
import type { PromptEntry } from './prompt-entry.ts'
import { ShardedMap } from './sharded-map.ts'
import { type Snapshot, type SnapshotCredential, type SnapshotModel, promptKey } from './snapshot.ts'

/** What building a snapshot needs besides the changes; the same for the life of the process. */
export interface SnapshotContext {
  readonly sealer: Sealer
  /**
   * Credentials of the environment, by provider id. A stored credential takes the place of the environment's as a whole,
   * never half of it: a stored key must not be sent to the environment's base URL, or the other way round.
   */
  readonly environmentCredentials: ReadonlyMap<
    string,
    { readonly apiKey: string | null; readonly baseUrl: string | null }
  >
  readonly observe: Observe
}

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
    readonly credentials: ReadonlyMap<string, CredentialEntry>
    readonly models: ClaimTable<SnapshotModel>
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
  }
}

/** The same content under another stamp. */
export function restamp(snapshot: IndexedSnapshot, stamp: SnapshotStamp): IndexedSnapshot {
  return { ...snapshot, version: stamp.version, tier: stamp.tier, builtAt: stamp.builtAt }
}

/** By provider: the environment's, with the stored ones in their place where they open. */
export function openCredentials(
  context: SnapshotContext,
  stored: ReadonlyMap<string, CredentialEntry>,
): ReadonlyMap<string, SnapshotCredential> {
  const open = new Map<string, SnapshotCredential>()
  for (const [provider, { apiKey, baseUrl }] of context.environmentCredentials)
    open.set(provider, { provider, apiKey, baseUrl })
  for (const { opened } of stored.values()) if (opened !== null) open.set(opened.provider, opened)
  return open
}

/** Each prompt once, without the doubles that aliases make. */
export function* promptsOf(snapshot: IndexedSnapshot): Generator<PromptEntry> {
  for (const [name, prompt] of snapshot.tables.prompts.held) {
    if (name === promptKey(prompt.tenantId, prompt.slug)) yield prompt
  }
}

/** The changes that make this snapshot out of an empty one. Secrets stay sealed. */
export function* changesOf(snapshot: IndexedSnapshot): Generator<SnapshotChange> {
  const { keysById, credentials, models } = snapshot.tables
  for (const value of keysById.values()) yield { noun: 'key', id: value.id, value }
  for (const [id, { value }] of credentials) yield { noun: 'credential', id, value }
  for (const [name, { id, aliases, prices }] of models.held) {
    if (name === id) yield { noun: 'model', id, value: { id, aliases, prices } }
  }
  for (const prompt of promptsOf(snapshot)) {
    yield { noun: 'prompt', tenantId: prompt.tenantId, id: prompt.slug, value: prompt.toValue() }
  }
}

/** Whether the snapshot has the thing that a change is about. */
export function hasThing(snapshot: IndexedSnapshot, change: SnapshotChange): boolean {
  const { prompts, keysById, credentials, models } = snapshot.tables
  switch (change.noun) {
    case 'prompt':
      return prompts.held.get(promptKey(change.tenantId, change.id))?.slug === change.id
    case 'key':
      return keysById.has(change.id)
    case 'credential':
      return credentials.has(change.id)
    case 'model':
      return models.held.get(change.id)?.id === change.id
  }
}
