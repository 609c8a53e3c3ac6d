import type { AdminDependencies } from '../../admin/dependencies.ts'
import { isOutdated, listDependents } from '../../admin/dependents.ts'
import * as dependents from '../../contract/admin/dependents.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import type { DependentVersion } from '../../store/ports.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'

export function mountPartials(mount: Mount, { stores }: Pick<AdminDependencies, 'stores'>): void {
  const store = stores.prompts

  mount(dependents.listDependents, async ({ actor, path, query }) =>
    pageJson(
      await listDependents(store, actor.tenantId, path.slug, { ...query, limit: query.limit ?? defaultPage }),
      dependentJson,
    ),
  )
}

function dependentJson(row: DependentVersion): dependents.DependentAnswer {
  return {
    prompt: row.slug,
    version: row.version,
    labels: [...row.labels],
    selector: row.selector,
    uses_version: row.usesVersion,
    current_version: row.currentVersion,
    outdated: isOutdated(row),
  }
}
