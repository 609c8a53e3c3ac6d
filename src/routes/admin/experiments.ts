import { changeExperiment } from '../../admin/change-experiment.ts'
import { createExperiment } from '../../admin/create-experiment.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { exportExperiment } from '../../admin/export-experiment.ts'
import { experimentOfFile } from '../../admin/experiment-of-file.ts'
import { findExperiment, requireKind } from '../../admin/find-experiment.ts'
import { planExperimentAhead, planFromPast } from '../../admin/plan-experiment.ts'
import { assignmentOf, resultsOf } from '../../admin/read-experiment.ts'
import { pauseExperiment, resumeExperiment, startExperiment } from '../../admin/start-experiment.ts'
import { stopExperiment } from '../../admin/stop-experiment.ts'
import * as plans from '../../contract/admin/experiment-plan.ts'
import * as reading from '../../contract/admin/experiment-reading.ts'
import * as experiments from '../../contract/admin/experiments.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import type { StoredExperiment } from '../../store/experiment-port.ts'
import type { Actor } from '../../store/ports.ts'
import { experimentJson, lookJson } from './experiment-json.ts'
import { StreamedMedia } from './json-text.ts'
import type { Mount } from './mount.ts'
import { instantJson, pageJson } from './page-json.ts'

type Dependencies = Pick<AdminDependencies, 'stores' | 'snapshot' | 'describeModel' | 'runGate' | 'clock'>

const defaultLooks = 200

/** What has a name of its own comes before what has the name of an experiment. */
export function mountExperiments(mount: Mount, dependencies: Dependencies): void {
  const { stores } = dependencies

  mount(plans.planExperiment, async ({ body }) => planExperimentAhead(body))

  mount(experiments.createExperiment, async ({ actor, body }) =>
    experimentJson(await createExperiment(dependencies, actor, body)),
  )

  mount(experiments.listExperiments, async ({ actor, query: { status, prompt, limit = defaultPage, cursor } }) => {
    const filter = { kind: 'experiment' as const, status, prompt, limit, cursor }
    return pageJson(await stores.experiments.list(actor.tenantId, filter), experimentJson)
  })

  mount(experiments.getExperiment, async ({ actor, path }) =>
    experimentJson(await findExperiment(stores, actor.tenantId, path.slug, 'experiment')),
  )

  mount(experiments.changeExperiment, async ({ actor, path, body }) =>
    experimentJson(await changeExperiment(dependencies, actor, path.slug, body)),
  )

  mount(experiments.removeExperiment, async ({ actor, path }) => {
    requireKind(await findExperiment(stores, actor.tenantId, path.slug, 'experiment'), 'experiment')
    await stores.experiments.remove(actor, path.slug)
    return { id: path.slug, deleted: true as const }
  })

  mountLifecycle(mount, dependencies)
  mountReading(mount, dependencies)
}

function mountLifecycle(mount: Mount, { stores, snapshot, describeModel, runGate = null, clock }: Dependencies): void {
  const needs = { stores, runGate, clock, snapshot, describeModel }

  mount(experiments.startExperiment, async ({ actor, path, body }) => {
    const { experiment, warnings } = await startExperiment(needs, actor, path.slug, body.reason ?? null)
    return { ...experimentJson(experiment), warnings: [...warnings] }
  })

  mount(experiments.pauseExperiment, async ({ actor, path, body }) =>
    experimentJson(await pauseExperiment(needs, actor, path.slug, body.reason ?? null)),
  )

  mount(experiments.resumeExperiment, async ({ actor, path, body }) =>
    experimentJson(await resumeExperiment(needs, actor, path.slug, body.reason ?? null)),
  )

  mount(experiments.stopExperiment, async ({ actor, path, body }) => {
    const { experiment, version, rollout, warnings } = await stopExperiment(needs, actor, path.slug, body)
    return {
      ...experimentJson(experiment),
      promoted_version: version,
      started_rollout: rollout,
      warnings: [...warnings],
    }
  })
}

function mountReading(mount: Mount, { stores, snapshot, clock }: Dependencies): void {
  /** Also one of `promptbox.yaml`, which is read and never changed here. */
  const find = async ({ tenantId }: Actor, { slug }: { readonly slug: string }): Promise<StoredExperiment> => {
    const isStored = (await stores.experiments.find(tenantId, slug)) !== null
    const ofFile = isStored ? null : experimentOfFile(snapshot(), tenantId, slug)
    return ofFile ?? findExperiment(stores, tenantId, slug, 'experiment')
  }

  mount(reading.getExperimentResults, async ({ actor, path }) =>
    resultsOf(stores, await find(actor, path), clock.now()),
  )

  mount(reading.getExperimentHistory, async ({ actor, path, query: { limit = defaultLooks } }) => {
    const { tenantId, slug } = await find(actor, path)
    return { data: (await stores.experimentLedger.looks(tenantId, slug, limit)).map(lookJson), next_cursor: null }
  })

  mount(reading.getExperimentAssignment, async ({ actor, path, query: { unit, attribute = {} } }) => {
    const found = await assignmentOf(stores, snapshot(), await find(actor, path), unit, attribute)
    const { variant, reason, recorded } = found
    return {
      unit,
      variant,
      reason,
      recorded:
        recorded === null
          ? null
          : {
              variant: recorded.variant,
              phase: recorded.phase,
              first_at: instantJson(recorded.firstAt),
              exchanges: recorded.exchanges,
            },
    }
  })

  mount(
    reading.exportExperiment,
    async ({ actor, path }) =>
      new StreamedMedia(
        await exportExperiment(stores, await find(actor, path), clock.now()),
        'text/csv; charset=UTF-8',
      ),
  )

  mount(plans.planOfExperiment, async ({ actor, path, body }) =>
    planFromPast(stores, await find(actor, path), body, clock.now()),
  )
}
