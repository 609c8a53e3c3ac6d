import { Hono } from 'hono'
import type { SnapshotTier } from '../core/observation.ts'

/** What the readiness of this process is made of. */
export interface Readiness {
  readonly draining: boolean
  readonly tier: SnapshotTier
  readonly snapshotVersion: string
  readonly snapshotAgeMs: number
  readonly spoolRecords: number
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
        degraded: readiness.tier !== 'database',
        snapshot: {
          tier: readiness.tier,
          version: readiness.snapshotVersion,
          age_seconds: Math.round(readiness.snapshotAgeMs / 1000),
        },
        spool: { records: readiness.spoolRecords },
      },
      ready ? 200 : 503,
    )
  })
  routes.get('/metrics', async (context) =>
    context.body(await dependencies.metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  )
  return routes
}
