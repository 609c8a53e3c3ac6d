import type { MiddlewareHandler } from 'hono'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { Fault } from '../../core/fault.ts'
import { equalSecrets } from '../../core/seal.ts'
import { presentedKey } from '../../middleware/presented-key.ts'
import type { RequestIdVariables } from '../../middleware/request-id.ts'
import type { Actor } from '../../store/ports.ts'

export interface AdminEnvironment {
  Variables: RequestIdVariables & { actor: Actor }
}

type Needs = Pick<AdminDependencies, 'snapshot' | 'databaseAway' | 'hashKey' | 'adminKeyHash' | 'clock'>

const superAdmin: Actor = { tenantId: 'default', id: 'admin', name: 'admin' }

/**
 * Lets in the super-admin key and stored keys with the scope `admin`. Keys are looked up by hash in the state being served,
 * so administrators get in while the database is away. A part of each route's own chain: what is let in never hangs on
 * how a path or a host is written.
 */
export function authenticateAdmin(needs: Needs): MiddlewareHandler<AdminEnvironment> {
  return function authenticateAdminMiddleware(context, next) {
    const presented = presentedKey(context.req.header('authorization'), context.req.header('api-key'))
    context.set('actor', identify(presented, needs))
    return next()
  }
}

function identify(presented: string | null, { snapshot, databaseAway, hashKey, adminKeyHash, clock }: Needs): Actor {
  if (presented === null) throw unauthenticated('No admin key was sent. Send `Authorization: Bearer <admin key>`.')
  const hash = hashKey(presented)
  if (equalSecrets(hash, adminKeyHash)) return superAdmin
  const served = snapshot()
  const key = served.keys.get(hash)
  if (key === undefined && (served.tier !== 'database' || databaseAway())) {
    // It may be a new one: saying 401 would make somebody rotate a good key.
    throw new Fault(
      'unavailable',
      'This key cannot be checked right now, because the database is away. Try again soon.',
      { retryAfterMs: 5000 },
    )
  }
  if (key === undefined) throw unauthenticated('The admin key that was sent is not valid.')
  if (key.expiresAt !== null && key.expiresAt <= clock.now())
    throw unauthenticated('The admin key that was sent has expired.')
  if (!key.scopes.includes('admin')) {
    throw new Fault('permission_denied', 'This key may not use the admin API. Use one with the scope `admin`.')
  }
  return { tenantId: key.tenantId, id: key.id, name: key.name, roles: key.roles }
}

function unauthenticated(message: string): Fault {
  return new Fault('unauthenticated', message, { headers: { 'www-authenticate': 'Bearer' } })
}
