import type { AdminDependencies } from '../../admin/dependencies.ts'
import { findTemplate, ownTemplate, templateKey } from '../../admin/find-template.ts'
import { forkTemplate } from '../../admin/fork-template.ts'
import { listTemplateCategories, listTemplates } from '../../admin/list-templates.ts'
import { changeTemplate, createTemplate } from '../../admin/save-template.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import * as use from '../../contract/admin/template-use.ts'
import * as templates from '../../contract/admin/templates.ts'
import type { Actor, StoredTemplate } from '../../store/ports.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'
import { promptJson } from './prompt-json.ts'
import { reviewJson, templateJson, templateRowJson } from './template-json.ts'

export function mountTemplates(mount: Mount, dependencies: Pick<AdminDependencies, 'stores' | 'observe'>): void {
  const { stores } = dependencies
  const store = stores.templates

  mount(templates.createTemplate, async ({ actor, body }) => {
    const { template, warnings } = await createTemplate(stores, actor, body)
    return { ...templateJson(template, actor.tenantId), warnings: [...warnings] }
  })

  mount(templates.listTemplates, async ({ actor, query: { use_case: useCase, limit, ...query } }) => {
    const page = await listTemplates(store, actor.tenantId, { ...query, useCase, limit: limit ?? defaultPage })
    return pageJson(page, (row) => templateRowJson(row, actor.tenantId))
  })

  // Before the single view: its path fits that of one template too.
  mount(templates.listTemplateCategories, async ({ actor }) => ({
    data: [...(await listTemplateCategories(store, actor.tenantId))],
  }))

  mount(templates.getTemplate, async ({ actor, path, query }) =>
    templateJson(await findTemplate(store, actor.tenantId, path.slug, query.owner), actor.tenantId),
  )

  mount(templates.changeTemplate, async ({ actor, path, body }) => {
    const { template, warnings } = await changeTemplate(stores, actor, path.slug, body)
    return { ...templateJson(template, actor.tenantId), warnings: [...warnings] }
  })

  const act = async (actor: Actor, slug: string, work: (slug: string) => Promise<StoredTemplate>) => {
    const own = await ownTemplate(store, actor.tenantId, slug)
    return templateJson(await work(own.slug), actor.tenantId)
  }
  mount(templates.archiveTemplate, ({ actor, path }) =>
    act(actor, path.slug, (slug) => store.setArchived(actor, slug, true)),
  )
  mount(templates.restoreTemplate, ({ actor, path }) =>
    act(actor, path.slug, (slug) => store.setArchived(actor, slug, false)),
  )
  mount(templates.shareTemplate, ({ actor, path }) =>
    act(actor, path.slug, (slug) => store.setVisibility(actor, slug, 'shared')),
  )
  mount(templates.unshareTemplate, ({ actor, path }) =>
    act(actor, path.slug, (slug) => store.setVisibility(actor, slug, 'private')),
  )

  mount(use.forkTemplate, async ({ actor, path, query, body }) => {
    const which = { slug: path.slug, owner: query.owner }
    const { prompt, warnings } = await forkTemplate(dependencies, actor, which, body)
    return { ...promptJson(prompt), warnings: [...warnings] }
  })

  mount(use.reviewTemplate, async ({ actor, path, query, body }) => {
    const key = await templateKey(store, actor.tenantId, path.slug, query.owner)
    const review = { rating: body.rating, comment: body.comment ?? null }
    return reviewJson(await store.review(actor, key, review), actor)
  })

  mount(use.listTemplateReviews, async ({ actor, path, query: { owner, limit, cursor } }) => {
    const key = await templateKey(store, actor.tenantId, path.slug, owner)
    const page = await store.reviews(actor.tenantId, key, { limit: limit ?? defaultPage, cursor })
    return pageJson(page, (review) => reviewJson(review, actor))
  })

  mount(use.removeTemplateReview, async ({ actor, path, query }) => {
    // One that was taken back by its tenant is not found any more, but what was said of it can still be taken back.
    const key =
      query.owner === undefined
        ? await templateKey(store, actor.tenantId, path.slug)
        : { owner: query.owner, slug: path.slug }
    await store.removeReview(actor, key)
    return { id: path.slug, deleted: true as const }
  })
}
