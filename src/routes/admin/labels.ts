import type { AdminDependencies } from '../../admin/dependencies.ts'
import { outdatedDependents } from '../../admin/dependents.ts'
import { findPrompt } from '../../admin/find-prompt.ts'
import { moveLabel, rollBackLabel } from '../../admin/move-label.ts'
import * as labels from '../../contract/admin/labels.ts'
import { Fault } from '../../core/fault.ts'
import type { Mount } from './mount.ts'
import { promptJson } from './prompt-json.ts'

const defaultLabel = 'production'

export function mountLabels(
  mount: Mount,
  { stores, runGate = null }: Pick<AdminDependencies, 'stores' | 'runGate'>,
): void {
  const store = stores.prompts
  const needs = { prompts: store, runGate }

  mount(labels.setLabel, async ({ actor, path, body }) => {
    const move = { label: path.label, version: body.version, reason: body.reason ?? null }
    const prompt = await moveLabel(needs, actor, path.slug, move)
    return { ...promptJson(prompt), dependents_outdated: await outdatedDependents(store, actor.tenantId, prompt.slug) }
  })

  mount(labels.removeLabel, async ({ actor, path, query, body }) => {
    if (query.reason !== undefined && body.reason !== undefined && query.reason !== body.reason) {
      throw new Fault('invalid_request', '`reason` differs between query and body; give it once.', { param: 'reason' })
    }
    const { slug } = await findPrompt(store, actor.tenantId, path.slug)
    return promptJson(await store.removeLabel(actor, slug, path.label, body.reason ?? query.reason ?? null))
  })

  mount(labels.rollback, async ({ actor, path, body }) => {
    const label = body.label ?? defaultLabel
    const move = { label, reason: body.reason ?? null }
    const { prompt, from, to } = await rollBackLabel(needs, actor, path.slug, move)
    const outdated = await outdatedDependents(store, actor.tenantId, prompt.slug)
    return { label, from, to, prompt: promptJson(prompt), dependents_outdated: outdated }
  })
}
