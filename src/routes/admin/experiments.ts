import { changeExperiment } from '../../admin/change-experiment.ts'
import { createExperiment } from '../../admin/create-experiment.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { exportExperiment } from '../../admin/export-experiment.ts'
import { isOfFile, requireNotOfFile, storedOrOfFile } from '../../admin/experiment-of-file.ts'
import { findExperiment, requireKind } from '../../admin/find-experiment.ts'
import { planExperimentAhead, planFromPast } from '../../admin/plan-experiment.ts'
import { assignmentOf, resultsOf } from '../../admin/read-experiment.ts'
import { pauseExperiment, resumeExperiment, startExperiment } from '../../admin/start-experiment.ts'
import { stopExperiment } from '../../admin/stop-experiment.ts'
import { createTurns } from '../../core/turns.ts'
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

  mount(experiments.createExperiment, async ({ actor, body }) => {
    await requireNotOfFile(dependencies, actor.tenantId, body.slug)
    return experimentJson(await createExperiment(dependencies, actor, body))
  })

  mount(experiments.listExperiments, async ({ actor, query: { status, prompt, limit = defaultPage, cursor } }) => {
    const filter = { kind: 'experiment' as const, status, prompt, limit, cursor }
    return pageJson(await stores.experiments.list(actor.tenantId, filter), experimentJson)
  })

  mount(experiments.getExperiment, async ({ actor, path }) => {
    await requireNotOfFile(dependencies, actor.tenantId, path.slug, 'not_found')
    return experimentJson(await findExperiment(stores, actor.tenantId, path.slug, 'experiment'))
  })

  mount(experiments.changeExperiment, async ({ actor, path, body }) => {
    await requireNotOfFile(dependencies, actor.tenantId, path.slug)
    return experimentJson(await changeExperiment(dependencies, actor, path.slug, body))
  })

  mount(experiments.removeExperiment, async ({ actor, path }) => {
    await requireNotOfFile(dependencies, actor.tenantId, path.slug)
    requireKind(await findExperiment(stores, actor.tenantId, path.slug, 'experiment'), 'experiment')
    await stores.experiments.remove(actor, path.slug)
    return { id: path.slug, deleted: true as const }
  })

  mountLifecycle(mount, dependencies)
  mountReading(mount, dependencies)
}

function mountLifecycle(mount: Mount, { stores, snapshot, describeModel, runGate = null, clock }: Dependencies): void {
  const needs = { stores, runGate, clock, snapshot, describeModel }
  /** Of two who stop one experiment, each with another winner, the later one must not move the label and then be refused. */
  const inTurn = createTurns()

  mount(experiments.startExperiment, async ({ actor, path, body }) => {
    await requireNotOfFile(needs, actor.tenantId, path.slug)
    const { experiment, warnings } = await startExperiment(needs, actor, path.slug, body.reason ?? null)
    return { ...experimentJson(experiment), warnings: [...warnings] }
  })

  mount(experiments.pauseExperiment, async ({ actor, path, body }) => {
    await requireNotOfFile(needs, actor.tenantId, path.slug)
    return experimentJson(await pauseExperiment(needs, actor, path.slug, body.reason ?? null))
  })

  mount(experiments.resumeExperiment, async ({ actor, path, body }) => {
    await requireNotOfFile(needs, actor.tenantId, path.slug)
    return experimentJson(await resumeExperiment(needs, actor, path.slug, body.reason ?? null))
  })

  mount(experiments.stopExperiment, async ({ actor, path, body }) => {
    await requireNotOfFile(needs, actor.tenantId, path.slug)
    const stop = () => stopExperiment(needs, actor, path.slug, body)
    const turn = JSON.stringify([actor.tenantId, path.slug])
    const { experiment, version, rollout, warnings } = await inTurn(turn, stop)
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
    const found = await storedOrOfFile({ stores, snapshot }, tenantId, slug)
    return found !== null && isOfFile(found) ? found : findExperiment(stores, tenantId, slug, 'experiment')
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
