import type { AdminDependencies } from '../../admin/dependencies.ts'
import { putRoute } from '../../admin/put-route.ts'
import * as routes from '../../contract/admin/routes.ts'
import { Fault } from '../../core/fault.ts'
import type { StoredRoute } from '../../store/ports.ts'
import type { Mount } from './mount.ts'
import { instantJson } from './page-json.ts'

export function mountRoutes(
  mount: Mount,
  dependencies: Pick<AdminDependencies, 'stores' | 'providers' | 'snapshot'>,
): void {
  const store = dependencies.stores.routes

  mount(routes.listRoutes, async ({ actor }) => ({
    data: (await store.list(actor.tenantId)).map(routeJson),
    next_cursor: null,
  }))

  mount(routes.getRoute, async ({ actor, path }) => {
    const route = await store.find(actor.tenantId, path.slug)
    if (route !== null) return routeJson(route)
    throw new Fault('not_found', `There is no route '${path.slug}'. GET /admin/v1/routes lists those there are.`, {
      param: 'slug',
    })
  })

  mount(routes.putRoute, async ({ actor, path, body }) =>
    routeJson(await putRoute(dependencies, actor, { slug: path.slug, body })),
  )

  mount(routes.removeRoute, async ({ actor, path }) => {
    await store.remove(actor, path.slug)
    return { id: path.slug, deleted: true as const }
  })
}

function routeJson({ slug, body, updatedAt, updatedBy }: StoredRoute): routes.RouteAnswer {
  return { slug, ...body, updated_at: instantJson(updatedAt), updated_by: updatedBy }
}
