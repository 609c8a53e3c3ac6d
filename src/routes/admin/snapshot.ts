import type { AdminDependencies } from '../../admin/dependencies.ts'
import { getSnapshot } from '../../contract/admin/snapshot.ts'
import type { Mount } from './mount.ts'
import { instantJson } from './page-json.ts'

export function mountSnapshot(mount: Mount, { snapshot, clock }: Pick<AdminDependencies, 'snapshot' | 'clock'>): void {
  mount(getSnapshot, async () => {
    const served = snapshot()
    return {
      tier: served.tier,
      version: served.version,
      built_at: instantJson(served.builtAt),
      age_ms: Math.max(0, Math.round(clock.now() - served.builtAt)),
      prompts: served.prompts.size,
      keys: served.keys.size,
      models: served.models.size,
      routes: served.routes.size,
      providers: [...served.credentials.keys()].sort(),
    }
  })
}
