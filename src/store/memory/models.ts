import type { ModelValue } from '../../snapshot/change.ts'
import { modelNameTaken, noModel } from '../faults.ts'
import type { ModelStore } from '../ports.ts'
import type { MemoryDatabase } from './database.ts'

export interface MemoryModels extends ModelStore {
  value(id: string): ModelValue | null
  ids(): readonly string[]
}

export function createMemoryModels(database: MemoryDatabase): MemoryModels {
  const models = new Map<string, ModelValue>()
  return {
    async put(actor, { id, aliases, prices, facts }) {
      database.reach()
      for (const other of models.values()) {
        if (other.id === id) continue
        if (other.aliases.includes(id)) throw modelNameTaken('id', id, other.id)
        const taken = aliases.find((alias) => alias === other.id || other.aliases.includes(alias))
        if (taken !== undefined) throw modelNameTaken('aliases', taken, other.id)
      }
      const stored = { id, aliases: [...aliases], ...structuredClone({ prices, facts }) }
      models.set(id, stored)
      database.changed({ noun: 'model', tenantId: actor.tenantId, id })
      return stored
    },

    async list() {
      database.reach()
      return [...models.values()].sort((left, right) => (left.id < right.id ? -1 : 1))
    },

    async remove(actor, id) {
      database.reach()
      if (!models.delete(id)) throw noModel(id)
      database.changed({ noun: 'model', tenantId: actor.tenantId, id })
    },

    value: (id) => models.get(id) ?? null,
    ids: () => [...models.keys()],
  }
}
