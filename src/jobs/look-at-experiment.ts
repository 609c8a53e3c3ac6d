import type { ExperimentDecision, ExperimentResults } from '../contract/experiment-results.ts'
import { analyse, type AnalysisInput, decide } from '../experiments/analysis/analyse.ts'
import { baselineOf, plannedUnitsOf } from '../experiments/analysis/planning.ts'
import type { ExperimentStatistics } from '../experiments/statistics.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import { type ExperimentNeeds, promptboxActor } from './experiment-needs.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

/**
 * Looks at an experiment: fixes how many units it is planned for once that can be known, decides when it is time, and keeps what
 * it saw. Gives the experiment back as it is then. A decision is made once: whoever comes second finds it and leaves it.
 *
 * `quietUntil`: when the next look is kept, by experiment; the caller keeps it from round to round.
 */
export async function lookAtExperiment(
  needs: ExperimentNeeds,
  found: StoredExperiment,
  quietUntil: Map<string, number>,
): Promise<StoredExperiment> {
  const statistics = await needs.stores.experimentLedger.statistics(found.tenantId, found.slug)
  if (statistics === null || found.phases.length === 0) return found
  const stored = await fixPlannedUnits(needs, found, statistics)
  const input = inputOf(stored, statistics, needs.clock.now())
  const results = analyse(input)
  const decision = stored.decision === null ? decide(results, input) : null
  if (decision === null) {
    await keepLook(needs, stored, results, quietUntil)
    return stored
  }
  return writeDecision(needs, stored, input, decision)
}

function inputOf(stored: StoredExperiment, statistics: ExperimentStatistics, now: number): AnalysisInput {
  const { slug, status, body, plannedUnits, decision, startedAt } = stored
  return { slug, prompt: body.prompt, status, body, statistics, plannedUnits, decision, startedAt, now }
}

async function fixPlannedUnits(
  { stores }: ExperimentNeeds,
  stored: StoredExperiment,
  statistics: ExperimentStatistics,
): Promise<StoredExperiment> {
  if (stored.plannedUnits !== null) return stored
  const { body } = stored
  const plannedUnits = plannedUnitsOf(body, baselineOf(statistics, body))
  if (plannedUnits === null) return stored
  return stores.experiments.change(promptboxActor(stored), stored.slug, (now) =>
    now.plannedUnits === null ? { plannedUnits, event: null } : null,
  )
}

async function writeDecision(
  { stores, observe, published }: ExperimentNeeds,
  stored: StoredExperiment,
  input: AnalysisInput,
  decision: ExperimentDecision,
): Promise<StoredExperiment> {
  const { tenantId, slug, body } = stored
  const { state, winner, sentence } = decision
  if (state === 'collecting') throw new Error(`The analysis of \`${slug}\` decided that nothing is decided.`)
  let isMine = false
  const decided = await stores.experiments.change(promptboxActor(stored), slug, (now) => {
    isMine = now.decision === null && isActive(now) && isSameQuestion(now, stored)
    return isMine ? { decision, event: 'experiment_decided', reason: sentence } : null
  })
  if (!isMine) return decided
  observe({ type: 'experiment-decided', experiment: slug, prompt: body.prompt, state, winner, sentence })
  const results = analyse({ ...input, decision })
  await stores.experimentLedger.keepLook(tenantId, slug, { at: input.now, results })
  await published()
  return decided
}

function isActive({ status }: StoredExperiment): boolean {
  return status === 'running' || status === 'paused'
}

/** Whether it still asks what the figures answer: the body and the plan may have been changed since they were read. */
function isSameQuestion(now: StoredExperiment, asked: StoredExperiment): boolean {
  return now.plannedUnits === asked.plannedUnits && JSON.stringify(now.body) === JSON.stringify(asked.body)
}

/** At most one a minute while it collects and one an hour later, of all processes together, and only when something changed. */
async function keepLook(
  { stores, clock }: ExperimentNeeds,
  stored: StoredExperiment,
  results: ExperimentResults,
  quietUntil: Map<string, number>,
): Promise<void> {
  const { tenantId, slug } = stored
  const { experimentLedger: ledger } = stores
  const key = JSON.stringify([tenantId, slug])
  const now = clock.now()
  if (now < (quietUntil.get(key) ?? 0)) return
  const pause = stored.decision === null ? minuteMs : hourMs
  const last = (await ledger.looks(tenantId, slug, 1)).at(-1)
  if (last !== undefined && now < last.at + pause) {
    quietUntil.set(key, last.at + pause)
    return
  }
  quietUntil.set(key, now + pause)
  if (last !== undefined && figuresOf(last.results) === figuresOf(results)) return
  await ledger.keepLook(tenantId, slug, { at: now, results })
}

/** What makes two looks differ: not the moment. */
function figuresOf({ state, status, variants, metrics, excluded }: ExperimentResults): string {
  return JSON.stringify({ state, status, variants, metrics, excluded })
}
