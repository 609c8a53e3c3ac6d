import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import { Fault } from '../core/fault.ts'
import { presentedKey } from './presented-key.ts'
import type { Snapshot, SnapshotKey } from '../snapshot/snapshot.ts'

export interface AuthenticateVariables {
  key: SnapshotKey
  /** The state this request sees from here to its end. */
  snapshot: Snapshot
}

export interface AuthenticateOptions {
  readonly snapshot: () => Snapshot
  /** The database is away, also when its last known state still serves. */
  readonly databaseAway: () => boolean
  readonly hashKey: (key: string) => string
  /** The super-admin key, which may do everything; its hash. */
  readonly adminKeyHash: string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

const superAdmin: SnapshotKey = {
  id: 'admin',
  tenantId: 'default',
  name: 'admin',
  scopes: ['admin', 'inference'],
  roles: [],
  expiresAt: null,
}

/**
 * Finds out who asks, from `Authorization: Bearer`, `api-key` or `x-api-key`, in the snapshot alone: valid keys stay valid while the
 * database is away. A key that is unknown while it cannot be asked might be a new one, so that is a 503
 * that says so, never a 401 that makes somebody rotate a good key.
 */
export const authenticate = (
  options: AuthenticateOptions,
): MiddlewareHandler<{ Bindings: HttpBindings; Variables: AuthenticateVariables }> => {
  const remembering = rememberHashes(options)
  return function authenticateMiddleware(context, next) {
    // From node's own headers, as in cross-origin.ts.
    const { headers } = context.env.incoming
    // Azure's clients and Anthropic's have a header of their own for it.
    const apiKey = headers['api-key'] ?? headers['x-api-key']
    const presented = presentedKey(headers.authorization, typeof apiKey === 'string' ? apiKey : undefined)
    const snapshot = options.snapshot()
    context.set('key', identify(presented, snapshot, remembering, context.req.path))
    context.set('snapshot', snapshot)
    return next()
  }
}

function identify(
  presented: string | null,
  snapshot: Snapshot,
  options: AuthenticateOptions,
  path: string,
): SnapshotKey {
  if (presented === null) {
    throw new Fault('unauthenticated', 'No API key was sent. Send `Authorization: Bearer <promptbox key>`.')
  }
  const hash = options.hashKey(presented)
  const key = hash === options.adminKeyHash ? superAdmin : snapshot.keys.get(hash)
  if (key === undefined) {
    if (snapshot.tier === 'database' && !options.databaseAway())
      throw new Fault('unauthenticated', `The API key ${hint(presented)} is not valid.`)
    throw new Fault(
      'unavailable',
      'This key cannot be checked right now, because the database is away. Try again soon.',
      {
        retryAfterMs: 5_000,
      },
    )
  }
  if (key.expiresAt !== null && key.expiresAt <= options.now()) {
    throw new Fault('unauthenticated', `The API key ${hint(presented)} has expired.`)
  }
  requireScope(key, path)
  return key
}

/** The one path of a key with the scope `feedback`, with or without a slash at the end. */
const feedbackPath = /^\/v1\/feedback\/?$/

function requireScope({ scopes }: SnapshotKey, path: string): void {
  if (scopes.includes('inference') || scopes.includes('admin')) return
  if (!scopes.includes('feedback')) {
    throw new Fault('permission_denied', 'This key may not be used for inference. Use one with the scope `inference`.')
  }
  if (feedbackPath.test(path)) return
  throw new Fault(
    'permission_denied',
    'This key may only be used for POST /v1/feedback. Use one with the scope `inference`.',
  )
}

const mostHashes = 1_000

/** Remembers the hashes of keys that were let in, so that a busy key is hashed once and not at every request. */
function rememberHashes(options: AuthenticateOptions): AuthenticateOptions {
  const hashes = new Map<string, string>()
  const hashKey = (presented: string): string => {
    const known = hashes.get(presented)
    if (known !== undefined) return known
    const hash = options.hashKey(presented)
    if (hash === options.adminKeyHash || options.snapshot().keys.has(hash)) {
      if (hashes.size >= mostHashes) hashes.clear()
      hashes.set(presented, hash)
    }
    return hash
  }
  return { ...options, hashKey }
}

/** At most the last four characters, and none of a short key. */
function hint(key: string): string {
  return key.length < 16 ? 'you sent' : `ending in \`${key.slice(-4)}\``
}
