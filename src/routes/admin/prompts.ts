import { createPrompt } from '../../admin/create-prompt.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { duplicatePrompt } from '../../admin/duplicate-prompt.ts'
import { type VersionEstimate, estimateVersion } from '../../admin/estimate-version.ts'
import { findPrompt, findVersion } from '../../admin/find-prompt.ts'
import { promptFilter } from '../../admin/prompt-filter.ts'
import { mentionedMetadata } from '../../admin/prompt-metadata.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as prompts from '../../contract/admin/prompts.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'
import { estimatedJson, promptJson, timelineRowJson } from './prompt-json.ts'

export function mountPrompts(
  mount: Mount,
  dependencies: Pick<AdminDependencies, 'stores' | 'purgeCache' | 'countTokens' | 'describeModel' | 'snapshot'>,
): void {
  const { stores, purgeCache } = dependencies
  const store = stores.prompts

  mount(prompts.createPrompt, async ({ actor, body }) => {
    const { prompt, warnings } = await createPrompt(store, actor, body)
    const estimate =
      body.version === undefined
        ? nothingToEstimate
        : await estimateVersion(dependencies, (await findVersion(store, prompt, 1, 'version')).served, 'version.')
    return { ...promptJson(prompt), ...estimatedJson(estimate, warnings) }
  })

  mount(prompts.listPrompts, async ({ actor, query }) =>
    pageJson(
      await store.list(actor.tenantId, {
        ...promptFilter(query),
        limit: query.limit ?? defaultPage,
        cursor: query.cursor,
      }),
      promptJson,
    ),
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
}

const nothingToEstimate: VersionEstimate = { estimates: [], warnings: [] }
