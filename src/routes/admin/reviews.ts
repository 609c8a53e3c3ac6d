import type { AdminDependencies } from '../../admin/dependencies.ts'
import { findPrompt } from '../../admin/find-prompt.ts'
import * as protections from '../../contract/admin/protections.ts'
import * as reviews from '../../contract/admin/reviews.ts'
import { Fault } from '../../core/fault.ts'
import type { StoredPrompt } from '../../store/ports.ts'
import type { Mount } from './mount.ts'
import { instantJson } from './page-json.ts'
import { promptJson, protectionJson, versionJson } from './prompt-json.ts'

export function mountReviews(mount: Mount, { stores }: Pick<AdminDependencies, 'stores'>): void {
  const store = stores.prompts

  for (const [endpoint, step] of [
    [reviews.submitVersion, 'submit'],
    [reviews.approveVersion, 'approve'],
    [reviews.rejectVersion, 'reject'],
  ] as const) {
    mount(endpoint, async ({ actor, path, body }) => {
      const { slug } = await findPrompt(store, actor.tenantId, path.slug)
      return versionJson(await store[step](actor, slug, path.version, body.reason ?? null))
    })
  }

  mount(protections.protectLabel, async ({ actor, path, body }) => {
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    const prompt = await store.protectLabel(actor, slug, path.label, {
      approvals: body.approvals ?? 1,
      roles: body.roles ?? [],
      minScore: body.min_score ?? null,
    })
    const stored = Object.entries(prompt.protections).find(([label]) => label === path.label)
    if (stored === undefined) throw new Fault('internal', 'The protection was stored, but is not there.')
    return storedJson(stored)
  })

  mount(protections.unprotectLabel, async ({ actor, path }) => {
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    return promptJson(await store.unprotectLabel(actor, slug, path.label))
  })

  mount(protections.listProtections, async ({ actor, path }) => {
    const prompt = await findPrompt(store, actor.tenantId, path.slug)
    const sorted = Object.entries(prompt.protections).sort(([left], [right]) => (left < right ? -1 : 1))
    return { data: sorted.map(storedJson), next_cursor: null }
  })
}

function storedJson([label, protection]: readonly [
  string,
  StoredPrompt['protections'][string],
]): protections.StoredProtectionAnswer {
  return {
    label,
    ...protectionJson(protection),
    updated_at: instantJson(protection.updatedAt),
    updated_by: protection.updatedBy,
  }
}
