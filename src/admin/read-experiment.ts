import type { ExperimentResults } from '../contract/experiment-results.ts'
import { analyse, type AnalysisInput } from '../experiments/analysis/analyse.ts'
import { type AssignmentExplanation, explain } from '../experiments/assign.ts'
import { digestOfUnit } from '../experiments/bucket.ts'
import type { ExperimentStatistics } from '../experiments/statistics.ts'
import { promptKey, type Snapshot } from '../snapshot/snapshot.ts'
import type { StoredAssignment, StoredExperiment } from '../store/experiment-port.ts'
import type { Stores } from '../store/ports.ts'
import { currentWeights } from './change-experiment.ts'
import { isOfFile } from './experiment-of-file.ts'

type Ledger = Pick<Stores, 'experimentLedger'>

/** What an experiment says of itself now: one read of bounded size, however many exchanges there were. */
export async function resultsOf(stores: Ledger, stored: StoredExperiment, now: number): Promise<ExperimentResults> {
  const statistics = await statisticsOf(stores, stored, now)
  return analyse(analysisInput(stored, statistics, now))
}

function analysisInput(stored: StoredExperiment, statistics: ExperimentStatistics, now: number): AnalysisInput {
  const { slug, status, body, plannedUnits, decision, startedAt } = stored
  return {
    slug,
    prompt: body.prompt,
    status,
    body,
    statistics,
    plannedUnits: plannedUnits ?? body.planned_units ?? null,
    decision,
    // When one of a file began nobody has written down: with its first exchange.
    startedAt: isOfFile(stored) ? statistics.firstAt : startedAt,
    now,
  }
}

/** Those of a draft: one phase, in which nothing has happened. */
export async function statisticsOf(
  { experimentLedger }: Ledger,
  stored: StoredExperiment,
  now: number,
): Promise<ExperimentStatistics> {
  const { tenantId, slug, phases } = stored
  const statistics =
    phases.length === 0
      ? null
      : await experimentLedger.statistics(tenantId, slug, isOfFile(stored) ? phases : undefined)
  if (statistics !== null && statistics.phases.length > 0) return statistics
  const phase = { number: 1, startedAt: stored.startedAt ?? now, weights: currentWeights(stored), variants: {} }
  return { excluded: {}, firstAt: null, lastAt: null, ...statistics, phases: [phase] }
}

export interface FoundAssignment {
  /** null: it is not in the experiment. */
  readonly variant: string | null
  readonly reason: AssignmentExplanation['reason'] | 'not_running'
  /** null: it was not here yet. */
  readonly recorded: StoredAssignment | null
}

/** What a unit gets and why, as the snapshot that is served has it, and what it was served so far. */
export async function assignmentOf(
  stores: Ledger,
  snapshot: Snapshot,
  { tenantId, slug, body }: StoredExperiment,
  unit: string,
  attributes: Readonly<Record<string, string>>,
): Promise<FoundAssignment> {
  const recorded = await stores.experimentLedger.assignment(tenantId, slug, digestOfUnit(tenantId, unit))
  const running = snapshot.experiments.get(promptKey(tenantId, body.prompt)) ?? []
  const said = (name: string) => (Object.hasOwn(attributes, name) ? attributes[name] : undefined)
  const explained = explain(running, {
    tenantId,
    unit,
    requestId: unit,
    attribute: (name) => said(name) ?? (name === 'language' ? languageOf(said('locale')) : undefined),
    header: (name) => said(`header.${name}`),
  }).find(({ experiment }) => experiment === slug)
  return { variant: explained?.variant ?? null, reason: explained?.reason ?? 'not_running', recorded }
}

function languageOf(locale: string | undefined): string | undefined {
  return locale?.split('-', 1)[0]?.toLowerCase()
}
