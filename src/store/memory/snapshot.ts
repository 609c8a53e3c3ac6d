import type { SnapshotChange } from '../../snapshot/change.ts'
import type { ChangedThing } from '../changed-thing.ts'
import type { SnapshotStore } from '../ports.ts'
import type { MemoryChains } from './chains.ts'
import type { MemoryCredentials } from './credentials.ts'
import type { MemoryDatabase } from './database.ts'
import type { MemoryExperiments } from './experiments.ts'
import type { MemoryGuardrails } from './guardrails.ts'
import type { MemoryKeys } from './keys.ts'
import type { MemoryModels } from './models.ts'
import type { MemoryPrompts } from './prompts.ts'
import type { MemoryRoutes } from './routes.ts'

const batchSize = 500

export function createMemorySnapshot(
  database: MemoryDatabase,
  rooms: {
    readonly prompts: MemoryPrompts
    readonly keys: MemoryKeys
    readonly credentials: MemoryCredentials
    readonly models: MemoryModels
    readonly routes: MemoryRoutes
    readonly chains: MemoryChains
    readonly guardrails: MemoryGuardrails
    readonly experiments: MemoryExperiments
  },
): SnapshotStore {
  function valueNow(thing: ChangedThing): SnapshotChange {
    switch (thing.noun) {
      case 'prompt':
        return {
          noun: 'prompt',
          tenantId: thing.tenantId,
          id: thing.id,
          value: rooms.prompts.value(thing.tenantId, thing.id),
        }
      case 'key':
        return { noun: 'key', id: thing.id, value: rooms.keys.value(thing.id) }
      case 'credential':
        return { noun: 'credential', id: thing.id, value: rooms.credentials.value(thing.id) }
      case 'model':
        return { noun: 'model', id: thing.id, value: rooms.models.value(thing.id) }
      case 'route':
        return { noun: 'route', id: thing.id, value: rooms.routes.value(thing.id) }
      case 'chain': {
        const { noun, tenantId, id } = thing
        return { noun, tenantId, id, value: rooms.chains.value(tenantId, id) }
      }
      case 'guardrail': {
        const { noun, tenantId, id } = thing
        return { noun, tenantId, id, value: rooms.guardrails.value(tenantId, id) }
      }
      case 'experiment': {
        const { noun, tenantId, id } = thing
        return { noun, tenantId, id, value: rooms.experiments.value(tenantId, id) }
      }
    }
  }

  return {
    async head() {
      database.reach()
      return String(database.head())
    },

    async *all() {
      database.reach()
      const things: ChangedThing[] = [
        ...rooms.prompts.slugs().map(({ tenantId, slug }) => ({ noun: 'prompt' as const, tenantId, id: slug })),
        ...rooms.keys.ids().map((id) => ({ noun: 'key' as const, tenantId: '', id })),
        ...rooms.credentials.ids().map((id) => ({ noun: 'credential' as const, tenantId: '', id })),
        ...rooms.models.ids().map((id) => ({ noun: 'model' as const, tenantId: '', id })),
        ...rooms.routes.ids().map((id) => ({ noun: 'route' as const, tenantId: '', id })),
        ...rooms.chains.slugs().map(({ tenantId, slug }) => ({ noun: 'chain' as const, tenantId, id: slug })),
        ...rooms.guardrails.slugs().map(({ tenantId, slug }) => ({ noun: 'guardrail' as const, tenantId, id: slug })),
        ...rooms.experiments.slugs().map(({ tenantId, slug }) => ({ noun: 'experiment' as const, tenantId, id: slug })),
      ]
      for (let start = 0; start < things.length; start += batchSize) {
        database.reach()
        const batch = things.slice(start, start + batchSize).map(valueNow)
        yield batch.filter((change) => change.value !== null)
      }
    },

    async since(since) {
      database.reach()
      return { changes: database.changedSince(Number(since)).map(valueNow), head: String(database.head()) }
    },
  }
}
