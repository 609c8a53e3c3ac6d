import type { AdminDependencies } from '../../admin/dependencies.ts'
import { isOutdated, listDependents, outdatedDependents } from '../../admin/dependents.ts'
import { recomposeVersion } from '../../admin/recompose-version.ts'
import * as dependents from '../../contract/admin/dependents.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as versions from '../../contract/admin/versions.ts'
import type { DependentVersion } from '../../store/ports.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'
import { versionJson } from './prompt-json.ts'

export function mountPartials(mount: Mount, { stores }: Pick<AdminDependencies, 'stores'>): void {
  const store = stores.prompts

  mount(dependents.listDependents, async ({ actor, path, query }) =>
    pageJson(
      await listDependents(store, actor.tenantId, path.slug, { ...query, limit: query.limit ?? defaultPage }),
      dependentJson,
    ),
  )

  mount(versions.recomposeVersion, async ({ actor, path }) => {
    const { version, warnings } = await recomposeVersion(store, actor, path.slug, path.version)
    const outdated = await outdatedDependents(store, actor.tenantId, version.slug)
    return { ...versionJson(version), warnings: [...warnings], dependents_outdated: outdated }
  })
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
