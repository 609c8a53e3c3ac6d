import { addPromptVersion } from '../../admin/add-version.ts'
import { outdatedDependents } from '../../admin/dependents.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { diffPromptVersions } from '../../admin/diff-versions.ts'
import { estimateVersion } from '../../admin/estimate-version.ts'
import { findPrompt, findVersion } from '../../admin/find-prompt.ts'
import { recomposeVersion } from '../../admin/recompose-version.ts'
import type { TestRunner } from '../../admin/run-tests.ts'
import { selectVersion } from '../../admin/select-version.ts'
import * as diff from '../../contract/admin/diff.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as versions from '../../contract/admin/versions.ts'
import type { Actor, StoredVersion } from '../../store/ports.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'
import { diffJson, estimatedJson, versionJson, versionRowJson } from './prompt-json.ts'
import { testRunJson } from './test-run-json.ts'

type Dependencies = Pick<AdminDependencies, 'stores' | 'countTokens' | 'describeModel' | 'snapshot'>

export function mountVersions(mount: Mount, dependencies: Dependencies, tests: TestRunner): void {
  const store = dependencies.stores.prompts

  mount(versions.addVersion, async ({ actor, path, query, body }) => {
    const added = await addPromptVersion(store, actor, path.slug, body)
    const saved = await createdVersionJson(dependencies, actor, added)
    if (query.run_tests !== true) return saved
    const { run, warning } = await tests.runOnSave(actor, added.version)
    const warnings = warning === null ? saved.warnings : [...saved.warnings, warning]
    return { ...saved, warnings, tests: run === null ? null : testRunJson(run) }
  })

  mount(versions.recomposeVersion, async ({ actor, path }) =>
    createdVersionJson(dependencies, actor, await recomposeVersion(store, actor, path.slug, path.version)),
  )

  mount(versions.listVersions, async ({ actor, path, query }) => {
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    return pageJson(
      await store.versions(actor.tenantId, slug, { ...query, limit: query.limit ?? defaultPage }),
      versionRowJson,
    )
  })

  mount(versions.getVersion, async ({ actor, path }) => {
    const prompt = await findPrompt(store, actor.tenantId, path.slug)
    return versionJson(await selectVersion(store, prompt, path.version, 'version'))
  })

  mount(versions.estimateVersion, async ({ actor, path }) => {
    const prompt = await findPrompt(store, actor.tenantId, path.slug)
    const { served, slug, version } = await findVersion(store, prompt, path.version, 'version')
    return { prompt: slug, version, ...estimatedJson(await estimateVersion(dependencies, served), []) }
  })

  mount(diff.diffVersions, async ({ actor, path, query }) => {
    const { slug, from, to, diff: found } = await diffPromptVersions(store, actor.tenantId, path.slug, query)
    return { ...diffJson(found), prompt: slug, from, to }
  })
}

/** A version that was just made, with all that its author should know. */
async function createdVersionJson(
  dependencies: Dependencies,
  actor: Actor,
  { version, warnings }: { readonly version: StoredVersion; readonly warnings: readonly string[] },
) {
  const outdated = await outdatedDependents(dependencies.stores.prompts, actor.tenantId, version.slug)
  const estimate = await estimateVersion(dependencies, version.served)
  return { ...versionJson(version), ...estimatedJson(estimate, warnings), dependents_outdated: outdated }
}
