import { experimentOfFile } from '../admin/experiment-of-file.ts'
import { Fault } from '../core/fault.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import { type ExperimentNeeds, promptboxActor } from './experiment-needs.ts'
import { lookAtExperiment } from './look-at-experiment.ts'
import { moveRollout } from './move-rollout.ts'
import { promoteWinner } from './promote-winner.ts'
import { inRounds, isDatabaseAway, type Rounds } from './rounds.ts'

export interface ExperimentJobOptions extends Omit<ExperimentNeeds, 'beside'> {
  /** Resolves when the tables are there; each round begins with it. */
  readonly ready: () => Promise<void>
  /** Milliseconds between two rounds. */
  readonly everyMs: number
}

/** What units did with the prompt in so many days before an experiment is held against what they do in it. */
const daysBefore = 14
/** To read that takes long where there is much: after so long the others wait for the next round, and rollouts do not. */
const prepareWithinMs = 10_000
/** Exposures and feedback that are counted in one transaction at the most, and such transactions in one round. */
const foldAtOnce = 2_000
const foldsPerRound = 20
/** Experiments that are looked at in one round, rollouts not counted; the others come in the next. */
const looksPerRound = 50
const minuteMs = 60_000
const hourMs = 3_600_000

type Step = 'prepare' | 'fold' | 'move' | 'keep_units' | 'look' | 'beside'

/** What the rounds of one process remember; nothing is decided by it. */
interface Memory {
  /** What was last said of a step that fails, by experiment and step. */
  readonly said: Map<string, Map<Step, string>>
  /** When the next look is kept, and when units are next remembered, by experiment. */
  readonly quietUntil: Map<string, number>
  readonly rememberAt: Map<string, number>
  /** Where the next round goes on among the experiments. */
  next: number
  /** How many exposures and feedback are counted in one transaction. */
  foldAtOnce: number
}

/**
 * The job of experiments and rollouts. Each round counts what waits, begins new splits, looks at what runs, decides when it is
 * time and moves rollouts. Every process of an installation runs it: each write checks again what it decides by, so that what
 * two do at once is done once. What fails of one experiment is said once and keeps no other from being looked at.
 */
export function runExperiments(options: ExperimentJobOptions): Rounds {
  const memory: Memory = { said: new Map(), quietUntil: new Map(), rememberAt: new Map(), next: 0, foldAtOnce }
  const needs = { ...options, beside: besideRounds(options, memory) }
  return inRounds({
    what: 'Experiments are looked at',
    everyMs: options.everyMs,
    observe: options.observe,
    run: async (stopping) => {
      await options.ready()
      await round(needs, memory, stopping)
    },
  })
}

async function round(needs: ExperimentNeeds, memory: Memory, stopping: () => boolean): Promise<void> {
  const found = await needs.stores.experiments.active()
  forget(memory, found)
  const experiments = found.filter(({ kind }) => kind === 'experiment')
  const prepareUntil = needs.clock.monotonic() + prepareWithinMs
  for (const stored of experiments) {
    if (stored.preparedAt !== null || needs.clock.monotonic() > prepareUntil || stopping()) continue
    await apart(needs, memory, ['prepare', stored], () => prepare(needs, stored))
  }
  await apart(needs, memory, ['fold', null], () => fold(needs, memory, stopping))
  // A rollout that does harm is taken back before anything else is looked at.
  for (const stored of found) {
    if (stored.kind !== 'rollout' || stopping()) continue
    await apart(needs, memory, ['move', stored], () => moveRollout(needs, stored))
  }
  for (const stored of experiments) {
    await apart(needs, memory, ['keep_units', stored], () => keepUnits(needs, memory, stored))
  }
  for (const stored of inTurn(memory, experiments)) {
    if (stopping()) return
    await apart(needs, memory, ['look', stored], async () => {
      const now = await lookAtExperiment(needs, stored, memory.quietUntil)
      await promoteWinner(needs, now)
    })
  }
}

function besideRounds(options: ExperimentJobOptions, memory: Memory): ExperimentNeeds['beside'] {
  return (stored, work) => {
    apart(options, memory, ['beside', stored], work).catch(() => {
      // The database is away, which the rounds say.
    })
  }
}

function prepare({ stores }: ExperimentNeeds, { tenantId, slug }: StoredExperiment): Promise<void> {
  return stores.experimentLedger.prepare(tenantId, slug, daysBefore)
}

/** Where the database does not finish so many in time it gets fewer, in the next round: rollouts do not wait for that. */
async function fold(
  { stores, clock, snapshot }: ExperimentNeeds,
  memory: Memory,
  stopping: () => boolean,
): Promise<void> {
  const unstored = (tenantId: string, slug: string) => experimentOfFile(snapshot(), tenantId, slug)?.body ?? null
  for (let done = 0; done < foldsPerRound && !stopping(); done += 1) {
    const most = memory.foldAtOnce
    memory.foldAtOnce = Math.ceil(most / 2)
    const taken = await stores.experimentLedger.fold(most, clock.now(), unstored)
    memory.foldAtOnce = Math.min(most * 2, foldAtOnce)
    if (taken === 0) return
  }
}

/**
 * Begins a split that waits, with the units of the one before; for an hour afterwards units are remembered that were recorded
 * late, once a minute.
 */
async function keepUnits({ stores, clock }: ExperimentNeeds, memory: Memory, stored: StoredExperiment): Promise<void> {
  const { slug, status, nextWeights, phases } = stored
  const now = clock.now()
  if (nextWeights !== null && status === 'running') {
    await stores.experiments.beginPhase(promptboxActor(stored), slug, now)
    return
  }
  const last = phases.at(-1)
  const key = keyOf(stored)
  if (phases.length < 2 || last === undefined || now - last.startedAt > hourMs) return
  if (now < (memory.rememberAt.get(key) ?? 0)) return
  memory.rememberAt.set(key, now + minuteMs)
  await stores.experiments.rememberUnits(promptboxActor(stored), slug)
}

/** So many as one round looks at, going on where the one before ended. */
function inTurn(memory: Memory, experiments: readonly StoredExperiment[]): readonly StoredExperiment[] {
  if (experiments.length <= looksPerRound) return experiments
  const from = memory.next % experiments.length
  memory.next = from + looksPerRound
  return [...experiments.slice(from), ...experiments.slice(0, from)].slice(0, looksPerRound)
}

/**
 * Does something of one experiment, or for all (null), so that its failure is said, once until it changes, and stops nothing
 * else. That the database is away stops the round: nothing else would work either. That it was too slow for this does not.
 */
async function apart(
  { observe }: Pick<ExperimentNeeds, 'observe'>,
  { said }: Memory,
  [step, stored]: readonly [Step, StoredExperiment | null],
  work: () => Promise<unknown>,
): Promise<void> {
  const key = stored === null ? '' : keyOf(stored)
  const ofThis = said.get(key) ?? new Map<Step, string>()
  try {
    await work()
    ofThis.delete(step)
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    const message = error instanceof Error ? error.message : String(error)
    if (ofThis.get(step) === message) return
    said.set(key, ofThis.set(step, message))
    if (!(error instanceof Fault)) {
      observe({ type: 'defect', where: stored === null ? 'counting for experiments' : describe(stored), error })
      return
    }
    const what = stored === null ? 'Nothing is counted for experiments' : `Nothing comes of ${describe(stored)}`
    observe({ type: 'notice', message: `${what} for now, it is tried again in every round: ${message}` })
  }
}

function forget(memory: Memory, active: readonly StoredExperiment[]): void {
  const keys = new Set(['', ...active.map(keyOf)])
  for (const map of [memory.said, memory.quietUntil, memory.rememberAt]) {
    for (const key of map.keys()) if (!keys.has(key)) map.delete(key)
  }
}

function keyOf({ tenantId, slug }: StoredExperiment): string {
  return JSON.stringify([tenantId, slug])
}

function describe({ kind, slug }: StoredExperiment): string {
  return `${kind} \`${slug}\``
}
