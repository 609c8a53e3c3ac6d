import { addPromptVersion } from '../../admin/add-version.ts'
import { createPrompt } from '../../admin/create-prompt.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { diffPromptVersions } from '../../admin/diff-versions.ts'
import { duplicatePrompt } from '../../admin/duplicate-prompt.ts'
import { type VersionEstimate, estimateVersion } from '../../admin/estimate-version.ts'
import { findPrompt, findVersion } from '../../admin/find-prompt.ts'
import { mentionedMetadata } from '../../admin/prompt-metadata.ts'
import * as diff from '../../contract/admin/diff.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as prompts from '../../contract/admin/prompts.ts'
import * as versions from '../../contract/admin/versions.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'
import { diffJson, estimateJson, promptJson, timelineRowJson, versionJson, versionRowJson } from './prompt-json.ts'

export function mountPrompts(
  mount: Mount,
  dependencies: Pick<AdminDependencies, 'stores' | 'purgeCache' | 'countTokens' | 'describeModel'>,
): void {
  const { stores, purgeCache } = dependencies
  const store = stores.prompts

  mount(prompts.createPrompt, async ({ actor, body }) => {
    const { prompt, warnings } = await createPrompt(store, actor, body)
    const estimate =
      body.version === undefined ? nothingToEstimate : await estimateVersion(dependencies, body.version, 'version.')
    return { ...promptJson(prompt), ...estimatedJson(estimate, warnings) }
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

  mount(versions.addVersion, async ({ actor, path, body }) => {
    const { version, warnings } = await addPromptVersion(store, actor, path.slug, body)
    return { ...versionJson(version), ...estimatedJson(await estimateVersion(dependencies, body), warnings) }
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

  mount(versions.estimateVersion, async ({ actor, path }) => {
    const prompt = await findPrompt(store, actor.tenantId, path.slug)
    const { body, slug, version } = await findVersion(store, prompt, path.version, 'version')
    return { prompt: slug, version, ...estimatedJson(await estimateVersion(dependencies, body), []) }
  })

  mount(diff.diffVersions, async ({ actor, path, query }) => {
    const { slug, diff: found } = await diffPromptVersions(store, actor.tenantId, path.slug, query)
    return { ...diffJson(found), prompt: slug, from: query.from, to: query.to }
  })
}

const nothingToEstimate: VersionEstimate = { estimates: [], warnings: [] }

/** What the lint of a version and its estimate say together. */
function estimatedJson({ estimates, warnings }: VersionEstimate, lint: readonly string[]) {
  return { warnings: [...lint, ...warnings], estimates: estimates.map(estimateJson) }
}
