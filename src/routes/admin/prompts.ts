import { addPromptVersion } from '../../admin/add-version.ts'
import { createPrompt } from '../../admin/create-prompt.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { diffPromptVersions } from '../../admin/diff-versions.ts'
import { duplicatePrompt } from '../../admin/duplicate-prompt.ts'
import { findPrompt, findVersion } from '../../admin/find-prompt.ts'
import { mentionedMetadata } from '../../admin/prompt-metadata.ts'
import type { TestRunner } from '../../admin/run-tests.ts'
import * as diff from '../../contract/admin/diff.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as prompts from '../../contract/admin/prompts.ts'
import * as versions from '../../contract/admin/versions.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'
import { diffJson, promptJson, timelineRowJson, versionJson, versionRowJson } from './prompt-json.ts'
import { testRunJson } from './test-run-json.ts'

export function mountPrompts(
  mount: Mount,
  { stores, purgeCache }: Pick<AdminDependencies, 'stores' | 'purgeCache'>,
  tests: TestRunner,
): void {
  const store = stores.prompts

  mount(prompts.createPrompt, async ({ actor, body }) => {
    const { prompt, warnings } = await createPrompt(store, actor, body)
    return { ...promptJson(prompt), warnings: [...warnings] }
  })

  mount(prompts.listPrompts, async ({ actor, query }) =>
    pageJson(await store.list(actor.tenantId, { ...query, limit: query.limit ?? defaultPage }), promptJson),
  )

  mount(prompts.getPrompt, async ({ actor, path }) => promptJson(await findPrompt(store, actor.tenantId, path.slug)))

  mount(prompts.changePrompt, async ({ actor, path, body }) => {
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    return promptJson(await store.change(actor, slug, mentionedMetadata(body)))
  })

  mount(prompts.archivePrompt, async ({ actor, path }) => {
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    return promptJson(await store.archive(actor, slug))
  })

  mount(prompts.restorePrompt, async ({ actor, path }) => {
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    return promptJson(await store.restore(actor, slug))
  })

  mount(prompts.duplicatePrompt, async ({ actor, path, body }) =>
    promptJson(await duplicatePrompt(store, actor, path.slug, body)),
  )

  mount(prompts.purgeCache, async ({ actor, path }) => {
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    return { purged: await purgeCache(actor.tenantId, slug) }
  })

  mount(prompts.getTimeline, async ({ actor, path, query }) => {
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    return pageJson(
      await store.timeline(actor.tenantId, slug, { ...query, limit: query.limit ?? defaultPage }),
      timelineRowJson,
    )
  })

  mount(versions.addVersion, async ({ actor, path, query, body }) => {
    const { version, warnings } = await addPromptVersion(store, actor, path.slug, body)
    const saved = { ...versionJson(version), warnings: [...warnings] }
    if (query.run_tests !== true) return saved
    const { run, warning } = await tests.runOnSave(actor, version)
    if (warning !== null) saved.warnings.push(warning)
    return { ...saved, tests: run === null ? null : testRunJson(run) }
  })

  mount(versions.listVersions, async ({ actor, path, query }) => {
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    return pageJson(
      await store.versions(actor.tenantId, slug, { ...query, limit: query.limit ?? defaultPage }),
      versionRowJson,
    )
  })

  mount(versions.getVersion, async ({ actor, path }) => {
    const prompt = await findPrompt(store, actor.tenantId, path.slug)
    return versionJson(await findVersion(store, prompt, path.version, 'version'))
  })

  mount(diff.diffVersions, async ({ actor, path, query }) => {
    const { slug, diff: found } = await diffPromptVersions(store, actor.tenantId, path.slug, query)
    return { ...diffJson(found), prompt: slug, from: query.from, to: query.to }
  })
}
