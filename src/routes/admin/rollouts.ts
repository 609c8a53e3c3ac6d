import { abortRollout, pauseRollout, resumeRollout } from '../../admin/control-rollout.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { requireNotOfFile } from '../../admin/experiment-of-file.ts'
import { findExperiment } from '../../admin/find-experiment.ts'
import { watchRollout } from '../../admin/watch-rollout.ts'
import { startRollout } from '../../admin/start-rollout.ts'
import { warningsOfRollout } from '../../admin/stop-experiment.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as rollouts from '../../contract/admin/rollouts.ts'
import { rolloutJson } from './experiment-json.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'

export function mountRollouts(
  mount: Mount,
  dependencies: Pick<AdminDependencies, 'stores' | 'snapshot' | 'clock'>,
): void {
  const { stores } = dependencies

  mount(rollouts.createRollout, async ({ actor, body }) => {
    const { slug, prompt, version, steps, hours_per_step, units_per_step, guardrail_metrics, floors, reason } = body
    if (slug !== undefined) await requireNotOfFile(dependencies, actor.tenantId, slug)
    const rollout = await startRollout(dependencies, actor, {
      slug,
      prompt,
      version,
      settings: { steps, hours_per_step, units_per_step },
      guardrailMetrics: guardrail_metrics,
      floors,
      reason,
    })
    return { ...rolloutJson(rollout), warnings: [...(await warningsOfRollout(stores, actor, rollout))] }
  })

  mount(rollouts.listRollouts, async ({ actor, query: { status, prompt, limit = defaultPage, cursor } }) => {
    const isStatus = status === 'running' || status === 'paused' || status === 'stopped'
    const which = isStatus ? { status } : { rolloutState: status }
    const filter = { kind: 'rollout' as const, ...which, prompt, limit, cursor }
    return pageJson(await stores.experiments.list(actor.tenantId, filter), rolloutJson)
  })

  mount(rollouts.getRollout, async ({ actor, path }) => {
    const stored = await findExperiment(stores, actor.tenantId, path.slug, 'rollout')
    const { variants, harm } = await watchRollout(stores, stored)
    return { ...rolloutJson(stored), variants, harm: harm === null ? null : { ...harm, checks: [...harm.checks] } }
  })

  mount(rollouts.pauseRollout, async ({ actor, path, body }) =>
    rolloutJson(await pauseRollout(dependencies, actor, path.slug, body.reason ?? null)),
  )

  mount(rollouts.resumeRollout, async ({ actor, path, body }) =>
    rolloutJson(await resumeRollout(dependencies, actor, path.slug, body.reason ?? null)),
  )

  mount(rollouts.abortRollout, async ({ actor, path, body }) =>
    rolloutJson(await abortRollout(dependencies, actor, path.slug, body.reason ?? null)),
  )
}
