import type { StoredExperiment } from '../store/experiment-port.ts'
import type { Lease } from '../store/ports.ts'
import { ExperimentRound, type JudgeDependencies, keepJudged } from './judge-experiment.ts'
import { keyOfExperiment } from './judge-memory.ts'

/** After so long a round begins nothing new, so that it ends within this and one more answer. */
const roundMs = 30_000
const mostOfExperiment = 50
const mostOfRound = 200
/**
 * So long the judging of an experiment is one process's after it began a round of it. Longer than a round with its last answer, so
 * that nobody else begins while it goes on, and longer than the way to the next round, so that it stays where it is: what was
 * tried in vain is known there. When that process dies, another one begins so much later.
 */
const leaseMs = 180_000

/**
 * One round of judging: for each experiment that goes on and has a judge, some exchanges of its sample are judged by its model
 * and get a score as feedback of source `judge`, as long as its budget lasts. How many got one. Of several processes one at a time
 * judges an experiment. Beside the traffic: what goes wrong with a judge is a notice, and the exchange has no score. Rejects
 * when the database is away. `stopping`: the process goes down, so nothing new is asked.
 */
export async function judgeRound(
  dependencies: JudgeDependencies,
  stopping: () => boolean = () => false,
): Promise<number> {
  const { stores, holder, memory, clock } = dependencies
  let scored = await keepJudged(dependencies)
  const active = await stores.experiments.active()
  memory.keepOnly(new Set(active.map(keyOfExperiment)))
  const until = clock.monotonic() + roundMs
  const isOver = (): boolean => stopping() || clock.monotonic() > until
  let left = mostOfRound
  for (const experiment of memory.inTurn(active.filter(isPaidFor))) {
    if (left <= 0 || isOver()) break
    const taken = await take(dependencies, experiment)
    if (taken?.body.judge === undefined) continue
    memory.hadItsTurn(experiment)
    const round = new ExperimentRound(taken, taken.body.judge, isOver, dependencies)
    left -= await round.run(Math.min(mostOfExperiment, left))
    scored += round.scored
    if (memory.letsOthersTry(keyOfExperiment(experiment), clock.now())) {
      await stores.leases.giveBack(holder, leaseOf(experiment))
    }
  }
  return scored
}

const isPaidFor = ({ body: { judge }, judgedUsd }: StoredExperiment): boolean =>
  judge !== undefined && judgedUsd < judge.budget_usd

const leaseOf = ({ tenantId, slug }: StoredExperiment): Lease => ({ tenantId, name: `judge of ${slug}` })

/**
 * The experiment as it is now that nobody else judges it; null: there is nothing to do. One that rests because of what its judge
 * answers is held as well: another process would ask, and pay for, what was asked in vain here.
 */
async function take(
  { stores, holder, memory, clock }: JudgeDependencies,
  experiment: StoredExperiment,
): Promise<StoredExperiment | null> {
  const { tenantId, slug } = experiment
  if (memory.letsOthersTry(keyOfExperiment(experiment), clock.now())) return null
  if (!(await stores.leases.take(tenantId, leaseOf(experiment).name, holder, leaseMs))) return null
  if (memory.isResting(keyOfExperiment(experiment), clock.now())) return null
  const now = await stores.experiments.find(tenantId, slug)
  const isActive = now?.status === 'running' || now?.status === 'paused'
  return now !== null && isActive && isPaidFor(now) ? now : null
}
