import type { AdminDependencies } from '../../admin/dependencies.ts'
import { findPrompt } from '../../admin/find-prompt.ts'
import type { TestRunner } from '../../admin/run-tests.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as endpoints from '../../contract/admin/tests.ts'
import { Fault } from '../../core/fault.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'
import { testRunJson, testRunRowJson } from './test-run-json.ts'

export function mountTests(mount: Mount, { stores }: Pick<AdminDependencies, 'stores'>, tests: TestRunner): void {
  mount(endpoints.runTests, async ({ actor, path, body }) => testRunJson(await tests.run(actor, path.slug, body)))

  mount(endpoints.listTestRuns, async ({ actor, path, query }) => {
    const { slug } = await findPrompt(stores.prompts, actor.tenantId, path.slug)
    const page = { ...query, limit: query.limit ?? defaultPage }
    return pageJson(await stores.testRuns.list(actor.tenantId, slug, page), testRunRowJson)
  })

  mount(endpoints.getTestRun, async ({ actor, path }) => {
    const { slug } = await findPrompt(stores.prompts, actor.tenantId, path.slug)
    const run = await stores.testRuns.find(actor.tenantId, slug, path.id)
    if (run !== null) return testRunJson(run)
    throw new Fault(
      'not_found',
      `Prompt '${slug}' has no test run '${path.id}'. GET /admin/v1/prompts/${slug}/test-runs lists those that are kept.`,
      { param: 'id' },
    )
  })
}
