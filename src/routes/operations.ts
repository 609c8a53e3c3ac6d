import { Hono } from 'hono'
import type { SnapshotTier } from '../core/observation.ts'

/** What the readiness of this process is made of. */
export interface Readiness {
  readonly draining: boolean
  readonly tier: SnapshotTier
  readonly version: string
  /** How long ago the database last confirmed what is served, milliseconds. */
  readonly ageMs: number
  /** The database is away. */
  readonly degraded: boolean
  /** What is wrong, for people; null: nothing. */
  readonly message: string | null
  /** What is not in the database yet. */
  readonly spool: { readonly records: number; readonly bytes: number }
}

export interface OperationsDependencies {
  readonly readiness: () => Readiness
  /** The Prometheus text format. */
  readonly metrics: () => Promise<string>
}

/**
 * `/healthz`: the process lives. `/readyz`: it can answer; with the database away it still can, so that stays 200 and says
 * `degraded`, or every replica would be taken out of service at once. `/metrics`: Prometheus.
 */
export function operations(dependencies: OperationsDependencies): Hono {
  const routes = new Hono()
  routes.get('/healthz', (context) => context.json({ status: 'ok' }))
  routes.get('/readyz', (context) => {
    const readiness = dependencies.readiness()
    const ready = !readiness.draining && readiness.tier !== 'none'
    return context.json(
      {
        status: readiness.draining ? 'draining' : ready ? 'ready' : 'starting',
        degraded: readiness.degraded || readiness.tier !== 'database',
        message: readiness.message,
        snapshot: {
          tier: readiness.tier,
          version: readiness.version,
          age_seconds: Math.round(readiness.ageMs / 1000),
        },
        spool: readiness.spool,
      },
      ready ? 200 : 503,
    )
  })
  routes.get('/metrics', async (context) =>
    context.body(await dependencies.metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
  return routes
}
