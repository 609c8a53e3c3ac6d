import { lackingForMove, moveLabel, refusalOfMove, type RunGate } from '../admin/move-label.ts'
import type { Observation } from '../core/observation.ts'
import { advanceRollout, type RolloutMove, rolloutSettingsOf, sentenceAtStep } from '../experiments/advance-rollout.ts'
import { harmOfStanding } from '../experiments/rollout-harm.ts'
import type { ExperimentChange, RolloutProgress, StoredExperiment } from '../store/experiment-port.ts'
import type { StoredPrompt } from '../store/ports.ts'
import { LabelProtected } from '../store/review-port.ts'
import { type ExperimentNeeds, promptboxActor } from './experiment-needs.ts'

/** A rollout that is under way, with what it is about. */
interface Rollout {
  readonly stored: StoredExperiment
  readonly progress: RolloutProgress
}

/**
 * Takes a rollout one move further, or back, when it is time; else nothing is written but its sentence. Any process may; each write
 * checks that the rollout still stands where it stood.
 */
export async function moveRollout(needs: ExperimentNeeds, stored: StoredExperiment): Promise<void> {
  const { rollout: progress, status, tenantId, slug } = stored
  if (progress === null || (status !== 'running' && status !== 'paused')) return
  const rollout: Rollout = { stored, progress }
  const prompt = await needs.stores.prompts.find(tenantId, stored.body.prompt)
  if (await endedByOthers(needs, rollout, prompt)) return
  const statistics = await needs.stores.experimentLedger.statistics(tenantId, slug)
  const phase = stored.phases.at(-1)?.number
  if (statistics === null || phase === undefined) return
  const { body } = stored
  const standing = { ...progress, body, status, phase, statistics, now: needs.clock.now() }
  await make(needs, rollout, advanceRollout(standing, harmOfStanding(standing)))
}

async function make(needs: ExperimentNeeds, rollout: Rollout, move: RolloutMove): Promise<void> {
  switch (move.to) {
    case 'stay':
      await say(needs, rollout)
      return
    case 'next':
      await goOn(needs, rollout, move)
      return
    case 'complete':
      await complete(needs, rollout, move.sentence)
      return
    case 'roll_back':
      await end(needs, rollout, 'rolled_back', move.sentence)
  }
}

/** Its sentence says where it stands, and early what would keep the label from moving at the end. */
async function say(needs: ExperimentNeeds, rollout: Rollout): Promise<void> {
  const { stored, progress } = rollout
  if (stored.status !== 'running') return
  const sentence = await sentenceOf(needs, rollout, progress.step)
  if (sentence === progress.sentence) return
  await write(needs, rollout, (now) => ({ rollout: { ...now, sentence }, event: null }))
}

async function sentenceOf(needs: ExperimentNeeds, rollout: Rollout, step: number): Promise<string> {
  const { stored, progress } = rollout
  const refusal = await refusalAtEnd(needs, rollout)
  const sentence = sentenceAtStep(stored.body, step, progress)
  return refusal === null ? sentence : `${sentence} As things are, the label would not move at the end: ${refusal}`
}

async function goOn(
  needs: ExperimentNeeds,
  rollout: Rollout,
  { step, weights }: Extract<RolloutMove, { readonly to: 'next' }>,
): Promise<void> {
  const sentence = await sentenceOf(needs, rollout, step)
  const startedAt = needs.clock.now()
  const isMade = await write(needs, rollout, (now, { phases }) => ({
    phases: [...phases, { number: (phases.at(-1)?.number ?? 0) + 1, startedAt, weights, units: null }],
    rollout: { ...now, step, stepStartedAt: startedAt, sentence },
    event: 'rollout_advanced',
    reason: sentence,
  }))
  if (isMade) await announce(needs, rollout, { state: 'running', share: shareOf(rollout, step), sentence })
}

/** The label moves; when it may not, everybody keeps the new version and the sentence says who must do what. */
async function complete(needs: ExperimentNeeds, rollout: Rollout, sentence: string): Promise<void> {
  const { stored, progress } = rollout
  const { version, label } = progress
  // Asked first, so that what a person has to do first costs no test run.
  const lacking = await lackingForMove(needs.stores, promptboxActor(stored), stored.body.prompt, progress)
  if (lacking !== null && lacking.untested !== null && needs.runGate !== null) {
    await testFirst(needs, rollout, sentence, { untested: lacking.untested, runGate: needs.runGate })
    return
  }
  const refusal = lacking === null ? await moveToEnd(needs, rollout) : lacking.message
  if (refusal === null) {
    await end(needs, rollout, 'completed', `${sentence} The label \`${label}\` stands at version ${version}.`)
    return
  }
  const waiting = `${sentence} All units have version ${version}, but the label does not move: ${refusal}`
  if (waiting === progress.sentence) return
  if (!(await writeWaiting(needs, rollout, waiting))) return
  const message = `The rollout \`${stored.slug}\` of prompt \`${stored.body.prompt}\` waits. ${waiting}`
  needs.observe({ type: 'notice', message })
}

/** After so long a test run whose result is not there is taken for lost, with the process that made it. */
const testsWaitMs = 30 * 60_000

/**
 * Has the test cases run that the label asks for, beside the rounds; a later round finds the result, and looks at the rollout anew,
 * which may have been taken back meanwhile. Who writes the sentence runs them, so that of several processes one does.
 */
async function testFirst(
  needs: ExperimentNeeds,
  rollout: Rollout,
  sentence: string,
  { untested, runGate }: { readonly untested: number; readonly runGate: RunGate },
): Promise<void> {
  const { stored, progress } = rollout
  const { version, label } = progress
  const waiting = `${sentence} All units have version ${version}; the label \`${label}\` moves after a test run of its test cases, which is being made.`
  if (waiting === progress.sentence && needs.clock.now() - stored.updatedAt < testsWaitMs) return
  if (!(await writeWaiting(needs, rollout, waiting))) return
  needs.beside(stored, () => runGate(promptboxActor(stored), stored.body.prompt, untested))
}

/** Whether it was written: not when another process did, or the rollout went on. */
function writeWaiting(needs: ExperimentNeeds, rollout: Rollout, sentence: string): Promise<boolean> {
  const { stored, progress } = rollout
  return write(needs, rollout, (now, experiment) =>
    experiment.updatedAt === stored.updatedAt && now.sentence === progress.sentence
      ? { rollout: { ...now, sentence }, event: 'rollout_waits', reason: sentence }
      : null,
  )
}

/** null: the label stands at the version; else why it does not. */
async function moveToEnd({ stores }: ExperimentNeeds, { stored, progress }: Rollout): Promise<string | null> {
  const { label, version } = progress
  const reason = `Rollout \`${stored.slug}\` ended without harm.`
  try {
    const move = { label, version, reason }
    await moveLabel({ prompts: stores.prompts, runGate: null }, promptboxActor(stored), stored.body.prompt, move)
    return null
  } catch (error) {
    if (error instanceof LabelProtected) return error.message
    throw error
  }
}

function refusalAtEnd({ stores }: ExperimentNeeds, { stored, progress }: Rollout): Promise<string | null> {
  return refusalOfMove(stores, promptboxActor(stored), stored.body.prompt, progress)
}

/**
 * A label that somebody moved meanwhile decides: at the new version the rollout has reached what it is for, anywhere else it is
 * about a version that nobody wants any more.
 */
async function endedByOthers(needs: ExperimentNeeds, rollout: Rollout, prompt: StoredPrompt | null): Promise<boolean> {
  const { label, version, fromVersion } = rollout.progress
  const gone = prompt === null || prompt.archivedAt !== null
  const at = gone || !Object.hasOwn(prompt.labels, label) ? undefined : prompt.labels[label]
  if (at === fromVersion) return false
  if (at === version) {
    await end(needs, rollout, 'completed', `The label \`${label}\` stands at version ${version}.`)
    return true
  }
  const reason = gone
    ? 'the prompt is archived'
    : `the label \`${label}\` was ${at === undefined ? 'taken away' : `moved to version ${at}`}`
  await end(needs, rollout, 'aborted', `Ended before its time, because ${reason}.`)
  return true
}

async function end(
  needs: ExperimentNeeds,
  rollout: Rollout,
  state: 'completed' | 'rolled_back' | 'aborted',
  sentence: string,
): Promise<void> {
  const isMade = await write(needs, rollout, (now) => ({
    status: 'stopped',
    stoppedAt: needs.clock.now(),
    rollout: { ...now, state, sentence },
    event: `rollout_${state}`,
    reason: sentence,
  }))
  if (isMade) await announce(needs, rollout, { state, share: state === 'completed' ? 100 : 0, sentence })
}

/** Writes only when the rollout still stands where it stood; whether it did. */
async function write(
  { stores }: ExperimentNeeds,
  { stored }: Rollout,
  change: (now: RolloutProgress, experiment: StoredExperiment) => ExperimentChange | null,
): Promise<boolean> {
  let isMade = false
  await stores.experiments.change(promptboxActor(stored), stored.slug, (experiment) => {
    const now = experiment.rollout
    const made = isWhereItStood(experiment, stored) && now !== null ? change(now, experiment) : null
    isMade = made !== null
    return made
  })
  return isMade
}

function isWhereItStood(now: StoredExperiment, before: StoredExperiment): boolean {
  return (
    now.status === before.status &&
    now.rollout?.step === before.rollout?.step &&
    now.rollout?.stepStartedAt === before.rollout?.stepStartedAt
  )
}

type Changed = Pick<Extract<Observation, { readonly type: 'rollout-changed' }>, 'state' | 'share' | 'sentence'>

async function announce(
  { observe, published }: ExperimentNeeds,
  { stored, progress }: Rollout,
  changed: Changed,
): Promise<void> {
  const { version } = progress
  observe({ type: 'rollout-changed', rollout: stored.slug, prompt: stored.body.prompt, version, ...changed })
  await published()
}

function shareOf({ stored }: Rollout, step: number): number {
  return rolloutSettingsOf(stored.body).steps[step] ?? 100
}
