import { ChainEntry } from './chain-entry.ts'
import type {
  ChainValue,
  CredentialValue,
  ExperimentValue,
  KeyValue,
  ModelValue,
  PromptValue,
  RouteValue,
  SnapshotChange,
} from './change.ts'
import { ClaimTableDraft, type Naming } from './claim-table.ts'
import { ExperimentListsDraft } from './experiment-lists.ts'
import { GuardrailListsDraft } from './guardrail-lists.ts'
import {
  type CredentialEntry,
  type IndexedSnapshot,
  type SnapshotContext,
  type SnapshotStamp,
  openCredentials,
} from './indexed-snapshot.ts'
import { PromptEntry } from './prompt-entry.ts'
import type { ShardedMapDraft } from './sharded-map.ts'
import { type SnapshotModel, type SnapshotRoute, credentialId, promptKey } from './snapshot.ts'

const promptNaming: Naming<PromptEntry> = { id: (prompt) => prompt.slug, names: (prompt) => prompt.names() }
const keyNaming: Naming<KeyValue> = { id: (key) => key.id, names: (key) => [key.hash] }
const modelNaming: Naming<SnapshotModel> = { id: (model) => model.id, names: (model) => [model.id, ...model.aliases] }

/**
 * The next snapshot while it is being made. It may take many turns of the event loop to fill one; nobody sees it before
 * `finish`. Used by one writer, and not after `finish`.
 */
export class SnapshotDraft {
  readonly #context: SnapshotContext
  readonly #base: IndexedSnapshot
  readonly #reuse: IndexedSnapshot
  readonly #prompts: ClaimTableDraft<PromptEntry>
  readonly #keys: ClaimTableDraft<KeyValue>
  readonly #keysById: ShardedMapDraft<KeyValue>
  readonly #models: ClaimTableDraft<SnapshotModel>
  readonly #routes: ShardedMapDraft<SnapshotRoute>
  readonly #chains: ShardedMapDraft<ChainEntry>
  readonly #guardrails: GuardrailListsDraft
  readonly #experiments: ExperimentListsDraft
  #credentials: Map<string, CredentialEntry> | null = null
  #promptCount: number

  /** `reuse`: where compiled versions may be taken from; another snapshot than `base` when everything is loaded anew. */
  constructor(base: IndexedSnapshot, reuse: IndexedSnapshot = base) {
    this.#context = base.context
    this.#base = base
    this.#reuse = reuse
    this.#prompts = new ClaimTableDraft(base.tables.prompts, promptNaming)
    this.#keys = new ClaimTableDraft(base.tables.keys, keyNaming)
    this.#keysById = base.tables.keysById.draft()
    this.#models = new ClaimTableDraft(base.tables.models, modelNaming)
    this.#routes = base.tables.routes.draft()
    this.#chains = base.tables.chains.draft()
    this.#guardrails = new GuardrailListsDraft(base.tables.guardrails, reuse.tables.guardrails)
    this.#experiments = new ExperimentListsDraft(base.tables.experiments, reuse.tables.experiments)
    this.#promptCount = base.promptCount
  }

  apply(change: SnapshotChange): void {
    switch (change.noun) {
      case 'prompt':
        return this.#applyPrompt(change.tenantId, change.id, change.value)
      case 'key':
        return this.#applyKey(change.id, change.value)
      case 'credential':
        return this.#applyCredential(change.id, change.value)
      case 'model':
        return this.#applyModel(change.id, change.value)
      case 'route':
        return this.#applyRoute(change.id, change.value)
      case 'chain':
        return this.#applyChain(change.tenantId, change.id, change.value)
      case 'guardrail':
        return this.#guardrails.set(change.tenantId, change.id, change.value)
      case 'experiment':
        return this.#applyExperiment(change.tenantId, change.id, change.value)
    }
  }

  finish(stamp: SnapshotStamp): IndexedSnapshot {
    const credentials = this.#credentials ?? this.#base.tables.credentials
    const tables: IndexedSnapshot['tables'] = {
      prompts: this.#prompts.finish(),
      keys: this.#keys.finish(),
      keysById: this.#keysById.finish(),
      credentials,
      models: this.#models.finish(),
      routes: this.#routes.finish(),
      chains: this.#chains.finish(),
      guardrails: this.#guardrails.finish(),
      experiments: this.#experiments.finish(),
    }
    return {
      version: stamp.version,
      tier: stamp.tier,
      builtAt: stamp.builtAt,
      context: this.#context,
      promptCount: this.#promptCount,
      tables,
      prompts: tables.prompts.held,
      keys: tables.keys.held,
      credentials: this.#credentials === null ? this.#base.credentials : openCredentials(this.#context, credentials),
      models: tables.models.held,
      routes: tables.routes,
      chains: tables.chains,
      guardrails: tables.guardrails,
      experiments: tables.experiments.byPrompt,
    }
  }

  #applyPrompt(tenantId: string, slug: string, value: PromptValue | null): void {
    const key = promptKey(tenantId, slug)
    const holder = this.#prompts.get(key)
    const before = holder?.slug === slug ? holder : undefined
    if (value === null) {
      if (before === undefined) return
      this.#prompts.remove(before)
      this.#promptCount -= 1
      return
    }
    if (before === undefined) this.#promptCount += 1
    const older = before ?? this.#reuse.tables.prompts.held.get(key)
    this.#prompts.put(before, new PromptEntry(value, older?.slug === slug ? older : undefined))
  }

  #applyKey(id: string, value: KeyValue | null): void {
    const before = this.#keysById.get(id)
    if (value === null) {
      if (before === undefined) return
      this.#keys.remove(before)
      this.#keysById.delete(id)
      return
    }
    this.#keys.put(before, value)
    this.#keysById.set(id, value)
  }

  #applyModel(id: string, value: ModelValue | null): void {
    const holder = this.#models.get(id)
    const before = holder?.id === id ? holder : undefined
    const slash = id.indexOf('/')
    if (value !== null && slash > 0) {
      const names = { provider: id.slice(0, slash), model: id.slice(slash + 1) }
      const { aliases, prices, facts } = value
      return this.#models.put(before, { id, ...names, aliases, prices, facts })
    }
    if (value !== null) this.#reject(`model '${id}'`, 'Its id must be <provider>/<model>. It is left out.')
    if (before !== undefined) this.#models.remove(before)
  }

  #applyRoute(slug: string, value: RouteValue | null): void {
    if (value === null) this.#routes.delete(slug)
    else this.#routes.set(slug, { slug, body: value.body })
  }

  #applyChain(tenantId: string, slug: string, value: ChainValue | null): void {
    const key = promptKey(tenantId, slug)
    if (value === null) this.#chains.delete(key)
    else this.#chains.set(key, new ChainEntry(value, this.#chains.get(key) ?? this.#reuse.tables.chains.get(key)))
  }

  #applyExperiment(tenantId: string, slug: string, value: ExperimentValue | null): void {
    try {
      this.#experiments.set(tenantId, slug, value)
    } catch (error) {
      this.#experiments.set(tenantId, slug, null)
      this.#reject(`experiment '${slug}'`, `${error instanceof Error ? error.message : String(error)} It is left out.`)
    }
  }

  #applyCredential(id: string, value: CredentialValue | null): void {
    this.#credentials ??= new Map(this.#base.tables.credentials)
    if (value === null) this.#credentials.delete(id)
    else this.#credentials.set(id, { value, opened: this.#open(value) })
  }

  #open({ provider, name, sealedApiKey, baseUrl }: CredentialValue): CredentialEntry['opened'] {
    try {
      return { provider, name, apiKey: sealedApiKey === null ? null : this.#context.sealer.open(sealedApiKey), baseUrl }
    } catch (error) {
      const ofEnvironment = this.#context.environmentCredentials.get(provider) ?? []
      const instead = ofEnvironment.some((credential) => credential.name === name)
        ? 'The credential of the environment is used instead.'
        : 'It is left out.'
      this.#reject(
        `credential of provider '${credentialId({ provider, name })}'`,
        `${error instanceof Error ? error.message : String(error)} ${instead}`,
      )
      return null
    }
  }

  #reject(source: string, message: string): void {
    this.#context.observe({ type: 'snapshot-rejected', source, message })
  }
}
