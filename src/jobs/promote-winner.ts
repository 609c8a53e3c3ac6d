import { findServedPrompt } from '../admin/experiment-versions.ts'
import { startRollout, watchedInRollout } from '../admin/start-rollout.ts'
import { versionOfVariant } from '../admin/winner-version.ts'
import { Fault } from '../core/fault.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import { type ExperimentNeeds, promptboxActor } from './experiment-needs.ts'

/** A draft of a rollout that is older was left behind by a process that ended in between. */
const draftWaitsMs = 60_000
const longestStem = 110

/**
 * Rolls out the winner of an experiment that says so, and stops the experiment. The rollout comes first: as long as both are there
 * units of the experiment stay in it, and whatever ends this process in between, the next round finds what is there and goes on.
 * The rollout has one possible name, so that there is one.
 */
export async function promoteWinner(needs: ExperimentNeeds, stored: StoredExperiment): Promise<void> {
  const { kind, status, body, decision, slug } = stored
  if (kind !== 'experiment' || status !== 'running' || !body.auto_promote) return
  if (decision?.state !== 'winner' || decision.winner === null) return
  const rollout = `rollout-of-${slug.slice(0, longestStem)}`
  const isThere = (await isStarted(needs, stored, rollout)) || (await start(needs, stored, decision.winner, rollout))
  if (isThere) await stop(needs, stored, `Its winner \`${decision.winner}\` is rolled out: \`${rollout}\`.`)
}

/** Whether the rollout has begun, if only to end again. */
async function isStarted(needs: ExperimentNeeds, stored: StoredExperiment, rollout: string): Promise<boolean> {
  const { experiments } = needs.stores
  const found = await experiments.find(stored.tenantId, rollout)
  if (found === null) return false
  if (found.rollout?.experiment !== stored.slug) {
    const message = `the name \`${rollout}\`, under which the winner of \`${stored.slug}\` would be rolled out, is taken. Stop the experiment with its winner and a rollout: POST /admin/v1/experiments/${stored.slug}/stop`
    throw new Fault('conflict', message, { param: 'slug' })
  }
  if (found.status !== 'draft') return true
  if (needs.clock.now() - found.createdAt > draftWaitsMs) await experiments.remove(promptboxActor(stored), rollout)
  return false
}

async function start(needs: ExperimentNeeds, stored: StoredExperiment, winner: string, slug: string): Promise<boolean> {
  const { body } = stored
  const actor = promptboxActor(stored)
  try {
    const version = await versionOf(needs, stored, winner)
    await startRollout(needs, actor, {
      prompt: body.prompt,
      version,
      slug,
      settings: body.rollout,
      guardrailMetrics: watchedInRollout(body),
      experiment: stored.slug,
      reason: stored.decision?.sentence ?? null,
    })
    return true
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'conflict') throw error
    if (error.code === 'nothing_to_roll_out') {
      await stop(needs, stored, `Its winner \`${winner}\` is the version that everybody has already.`)
      return false
    }
    // Another process was quicker, or somebody else's rollout is in the way.
    if ((await needs.stores.experiments.find(stored.tenantId, slug)) === null) throw error
    return isStarted(needs, stored, slug)
  }
}

async function stop(needs: ExperimentNeeds, stored: StoredExperiment, reason: string): Promise<void> {
  const stoppedAt = needs.clock.now()
  await needs.stores.experiments.change(promptboxActor(stored), stored.slug, (now) =>
    now.status === 'running' ? { status: 'stopped', stoppedAt, event: 'experiment_stopped', reason } : null,
  )
  await needs.published()
}

/** The version that the winner is; one that changes more than the version is made one first. */
async function versionOf({ stores }: ExperimentNeeds, stored: StoredExperiment, winner: string): Promise<number> {
  const { body, tenantId, slug } = stored
  const variant = body.variants.find(({ name }) => name === winner)
  if (variant === undefined) throw new Error(`Experiment \`${slug}\` has no variant \`${winner}\`.`)
  const prompt = await findServedPrompt(stores, tenantId, body.prompt)
  return versionOfVariant(stores, promptboxActor(stored), prompt, variant, slug)
}
