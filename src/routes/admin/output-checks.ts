import { countOutputChecks } from '../../admin/count-output-checks.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { getOutputChecks } from '../../contract/admin/output-checks.ts'
import { millisecondsOf } from './exchanges.ts'
import type { Mount } from './mount.ts'

export function mountOutputChecks(mount: Mount, { stores, clock }: Pick<AdminDependencies, 'stores' | 'clock'>): void {
  mount(getOutputChecks, async ({ actor, path, query }) => {
    const range = { from: millisecondsOf(query.from), until: millisecondsOf(query.until) }
    const counted = await countOutputChecks(stores, actor.tenantId, path.slug, range, clock.now())
    return {
      prompt: counted.slug,
      from: new Date(counted.from).toISOString(),
      until: new Date(counted.until).toISOString(),
      versions: counted.versions.map((version) => ({ ...version })),
    }
  })
}
