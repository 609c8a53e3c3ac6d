import { countGuardrails, countOneGuardrail } from '../../admin/count-guardrails.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { changeGuardrail, createGuardrail, listGuardrails, removeGuardrail } from '../../admin/put-guardrail.ts'
import { tryGuardrails } from '../../admin/try-guardrails.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as stats from '../../contract/admin/guardrail-stats.ts'
import { testGuardrails } from '../../contract/admin/guardrail-trial.ts'
import * as guardrails from '../../contract/admin/guardrails.ts'
import { Fault } from '../../core/fault.ts'
import { once } from '../../core/once.ts'
import { guardrailTypes } from '../../guardrails/index.ts'
import { millisecondsOf } from './exchanges.ts'
import { guardrailJson, guardrailTypeJson, statsJson, trialJson } from './guardrail-json.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'

type Dependencies = Pick<AdminDependencies, 'stores' | 'snapshot' | 'clock' | 'examineText'>

/** What has a name of its own comes before what has the name of a guardrail. */
export function mountGuardrails(mount: Mount, dependencies: Dependencies): void {
  const { stores } = dependencies
  const types = once(() => [...guardrailTypes.values()].map(guardrailTypeJson))

  mount(guardrails.listGuardrailTypes, async () => ({ data: types(), next_cursor: null }))

  mount(testGuardrails, async ({ actor, body }) => trialJson(await tryGuardrails(dependencies, actor.tenantId, body)))

  mount(stats.getAllGuardrailStats, async ({ actor, query: { guardrail, ...range } }) =>
    statsJson(await countGuardrails(dependencies, actor.tenantId, { guardrail, ...rangeOf(range) })),
  )

  mount(guardrails.createGuardrail, async ({ actor, body }) =>
    guardrailJson(await createGuardrail(dependencies, actor, body)),
  )

  mount(guardrails.listGuardrails, async ({ actor, query: { limit = defaultPage, cursor } }) =>
    pageJson(await listGuardrails(dependencies, actor.tenantId, { limit, cursor }), guardrailJson),
  )

  mount(guardrails.getGuardrail, async ({ actor, path }) => {
    const guardrail = await stores.guardrails.find(actor.tenantId, path.slug)
    if (guardrail !== null) return guardrailJson(guardrail)
    throw new Fault(
      'not_found',
      `There is no guardrail '${path.slug}'. GET /admin/v1/guardrails lists those there are.`,
      { param: 'slug' },
    )
  })

  mount(guardrails.changeGuardrail, async ({ actor, path, body }) =>
    guardrailJson(await changeGuardrail(dependencies, actor, path.slug, body)),
  )

  mount(guardrails.removeGuardrail, async ({ actor, path }) => {
    await removeGuardrail(dependencies, actor, path.slug)
    return { id: path.slug, deleted: true as const }
  })

  mount(stats.getGuardrailStats, async ({ actor, path, query }) => {
    const asked = { guardrail: path.slug, ...rangeOf(query) }
    return statsJson(await countOneGuardrail(dependencies, actor.tenantId, asked))
  })

  mount(stats.reportGuardrail, async ({ actor, path, body }) => {
    const { guardrail, verdict, stage = null, kind = null, comment = null } = body
    const requestId = path.request_id.toLowerCase()
    await stores.guardrailFeedback.put(actor, { requestId, guardrail, verdict, stage, kind, comment })
    return { request_id: requestId, guardrail, verdict, stage, kind, comment, reported_by: actor.id }
  })
}

function rangeOf({ from, until, stage }: Pick<stats.StatsQuery, 'from' | 'until' | 'stage'>) {
  return { from: millisecondsOf(from), until: millisecondsOf(until), stage }
}
