import type { RouteBody } from '../contract/route-body.ts'
import type { Actor, StoredRoute } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'
import { checkTargetModel } from './target-model.ts'

/**
 * Sets a route, in place of what it was before. Fault `invalid_request` for a target that could never be reached, `conflict`
 * when the stored routes would lead in a circle.
 */
export async function putRoute(
  dependencies: Pick<AdminDependencies, 'stores' | 'providers' | 'snapshot'>,
  actor: Actor,
  route: { readonly slug: string; readonly body: RouteBody },
): Promise<StoredRoute> {
  for (const [index, { model }] of route.body.targets.entries()) {
    checkTargetModel(model, `targets[${index}].model`, dependencies)
  }
  return dependencies.stores.routes.put(actor, route)
}
