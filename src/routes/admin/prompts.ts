import { addPromptVersion } from '../../admin/add-version.ts'
import { type ChangeResult, changeManyPrompts } from '../../admin/change-many-prompts.ts'
import { createPrompt } from '../../admin/create-prompt.ts'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { diffPromptVersions } from '../../admin/diff-versions.ts'
import { outdatedDependents } from '../../admin/dependents.ts'
import { duplicatePrompt } from '../../admin/duplicate-prompt.ts'
import { findPrompt, findVersion } from '../../admin/find-prompt.ts'
import { promptFilter } from '../../admin/prompt-filter.ts'
import { mentionedMetadata } from '../../admin/prompt-metadata.ts'
import { type ChangeManyAnswer, changeMany, mostAtOnce } from '../../contract/admin/change-many.ts'
import * as diff from '../../contract/admin/diff.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as prompts from '../../contract/admin/prompts.ts'
import * as versions from '../../contract/admin/versions.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'
import { diffJson, promptJson, timelineRowJson, versionJson, versionRowJson } from './prompt-json.ts'

export function mountPrompts(
  mount: Mount,
  { stores, purgeCache }: Pick<AdminDependencies, 'stores' | 'purgeCache'>,
): void {
  const store = stores.prompts

  mount(prompts.createPrompt, async ({ actor, body }) => {
    const { prompt, warnings } = await createPrompt(store, actor, body)
    return { ...promptJson(prompt), warnings: [...warnings] }
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

  mount(changeMany, async ({ actor, body }) => {
    const results = await changeManyPrompts(
      {
        prompts: store,
        setLabel: (who, { slug, label, version, reason }) => store.setLabel(who, slug, label, version, reason),
        most: mostAtOnce,
      },
      actor,
      body,
    )
    return changedManyJson(results, body.dry_run ?? false)
  })

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
    const outdated = await outdatedDependents(store, actor.tenantId, version.slug)
    return { ...versionJson(version), warnings: [...warnings], dependents_outdated: outdated }
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

function changedManyJson(results: readonly ChangeResult[], dryRun: boolean): ChangeManyAnswer {
  const count = (status: ChangeResult['status']): number => results.filter((result) => result.status === status).length
  return {
    dry_run: dryRun,
    changed: count('changed'),
    unchanged: count('unchanged'),
    failed: count('failed'),
    data: results.map(({ prompt, status, fault }) => ({
      prompt,
      status,
      ...(fault === null ? {} : { error: { message: fault.message, code: fault.code, param: fault.param } }),
    })),
  }
}
