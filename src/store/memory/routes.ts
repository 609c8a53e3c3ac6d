import { findRouteCycle } from '../../contract/route-cycles.ts'
import type { RouteValue } from '../../snapshot/change.ts'
import { noRoute, routeCycle } from '../faults.ts'
import type { RouteStore, StoredRoute } from '../ports.ts'
import type { MemoryDatabase } from './database.ts'

export interface MemoryRoutes extends RouteStore {
  value(slug: string): RouteValue | null
  ids(): readonly string[]
}

export function createMemoryRoutes(database: MemoryDatabase): MemoryRoutes {
  const tenants = new Map<string, Map<string, StoredRoute>>()
  const of = (tenantId: string): Map<string, StoredRoute> => {
    const routes = tenants.get(tenantId) ?? new Map<string, StoredRoute>()
    tenants.set(tenantId, routes)
    return routes
  }
  const all = (): StoredRoute[] => [...tenants.values()].flatMap((routes) => [...routes.values()])
  return {
    async put(actor, { slug, body }) {
      database.reach()
      const routes = of(actor.tenantId)
      const bodies = new Map([...routes.values()].map((route) => [route.slug, route.body]))
      const cycle = findRouteCycle(slug, bodies.set(slug, body))
      if (cycle !== null) throw routeCycle(cycle)
      const stored = { slug, body: structuredClone(body), updatedAt: database.clock.now(), updatedBy: actor.id }
      routes.set(slug, stored)
      database.changed({ noun: 'route', tenantId: actor.tenantId, id: slug })
      return stored
    },

    async list(tenantId) {
      database.reach()
      return [...of(tenantId).values()].sort((left, right) => (left.slug < right.slug ? -1 : 1))
    },

    async find(tenantId, slug) {
      database.reach()
      return of(tenantId).get(slug) ?? null
    },

    async remove(actor, slug) {
      database.reach()
      if (!of(actor.tenantId).delete(slug)) throw noRoute(slug)
      database.changed({ noun: 'route', tenantId: actor.tenantId, id: slug })
    },

    value(slug) {
      const stored = all().find((route) => route.slug === slug)
      return stored === undefined ? null : { slug, body: stored.body }
    },

    ids: () => all().map(({ slug }) => slug),
  }
}
