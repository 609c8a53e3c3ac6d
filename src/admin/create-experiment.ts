import { randomBytes } from 'node:crypto'
import type { ExperimentBody } from '../contract/experiment-body.ts'
import { checkExperiment } from '../experiments/check-experiment.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import type { Actor, Stores } from '../store/ports.ts'
import { findServedPrompt, requireVersions } from './experiment-versions.ts'

/**
 * A draft of an experiment whose parts fit together. Faults: `invalid_request` naming the field; `not_found` for a prompt or version
 * that is not there; `conflict` when the slug is taken, also by one that has ended.
 */
export async function createExperiment(
  { stores }: { readonly stores: Pick<Stores, 'experiments' | 'prompts'> },
  actor: Actor,
  { slug, ...given }: ExperimentBody & { readonly slug: string },
): Promise<StoredExperiment> {
  checkExperiment(given)
  const prompt = await findServedPrompt(stores, actor.tenantId, given.prompt)
  await requireVersions(stores, prompt, given)
  const body = { ...given, prompt: prompt.slug }
  return stores.experiments.create(actor, {
    slug,
    kind: 'experiment',
    body,
    seed: body.seed ?? newSeed(slug),
    rollout: null,
  })
}

/** Another experiment of the same name, after this one was removed, is not to give everybody the same again. */
export function newSeed(slug: string): string {
  return `${slug}-${randomBytes(4).toString('hex')}`
}
