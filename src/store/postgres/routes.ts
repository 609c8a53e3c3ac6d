import { and, asc, eq, sql } from 'drizzle-orm'
import type { Drizzle } from '../../../db/connection.ts'
import { routes } from '../../../db/schema/index.ts'
import { findRouteCycle } from '../../contract/route-cycles.ts'
import type { RouteValue } from '../../snapshot/change.ts'
import { noRoute, routeCycle } from '../faults.ts'
import type { RouteStore } from '../ports.ts'
import { withFaults } from './database-errors.ts'
import { note, write, type Transaction } from './transaction.ts'

const columns = { slug: routes.slug, body: routes.body, updatedAt: routes.updatedAt, updatedBy: routes.updatedBy }

export function createRouteStore(database: Drizzle): RouteStore {
  return {
    put: (actor, { slug, body }) =>
      write(database, async (transaction) => {
        await refuseCycle(transaction, actor.tenantId, { slug, body })
        const thing = { noun: 'route', tenantId: actor.tenantId, id: slug } as const
        const value = { body, updatedBy: actor.id, updatedAt: sql`clock_timestamp()` }
        const [row] = await transaction
          .insert(routes)
          .values({ tenantId: actor.tenantId, slug, ...value })
          .onConflictDoUpdate({ target: [routes.tenantId, routes.slug], set: value })
          .returning(columns)
        if (row === undefined) throw noRoute(slug)
        await note(transaction, actor, thing, { event: 'route_put' })
        return { value: row, changed: thing }
      }),

    list: (tenantId) =>
      withFaults(() =>
        database
          .select(columns)
          .from(routes)
          .where(eq(routes.tenantId, tenantId))
          .orderBy(asc(sql`${routes.slug} collate "C"`)),
      ),

    find: (tenantId, slug) =>
      withFaults(async () => {
        const [row] = await database.select(columns).from(routes).where(whichRoute(tenantId, slug))
        return row ?? null
      }),

    remove: (actor, slug) =>
      write(database, async (transaction) => {
        const thing = { noun: 'route', tenantId: actor.tenantId, id: slug } as const
        const removed = await transaction
          .delete(routes)
          .where(whichRoute(actor.tenantId, slug))
          .returning({ slug: routes.slug })
        if (removed.length === 0) throw noRoute(slug)
        await note(transaction, actor, thing, { event: 'route_removed' })
        return { value: undefined, changed: thing }
      }),
  }
}

const whichRoute = (tenantId: string, slug: string) => and(eq(routes.tenantId, tenantId), eq(routes.slug, slug))

/** Two writers could close a circle together that neither of them sees, so writers of routes take turns. */
async function refuseCycle(transaction: Transaction, tenantId: string, { slug, body }: RouteValue): Promise<void> {
  await transaction.execute(sql`lock table ${routes} in share row exclusive mode`)
  const stored = await transaction
    .select({ slug: routes.slug, body: routes.body })
    .from(routes)
    .where(eq(routes.tenantId, tenantId))
  const bodies = new Map(stored.map((route) => [route.slug, route.body]))
  const cycle = findRouteCycle(slug, bodies.set(slug, body))
  if (cycle !== null) throw routeCycle(cycle)
}
