import type { ExperimentBody } from '../contract/experiment-body.ts'
import type { ExperimentDecision, ExperimentResults } from '../contract/experiment-results.ts'
import type { ExperimentStatistics } from '../experiments/statistics.ts'
import type { PhaseValue } from '../snapshot/change.ts'
import type { Actor, Page } from './ports.ts'

/** Most experiments and rollouts of one tenant that run at the same time. */
export const mostRunningExperiments = 200

export type ExperimentKind = 'experiment' | 'rollout'
export type ExperimentStatus = 'draft' | 'running' | 'paused' | 'stopped'

/** How far a rollout came. `step` counts from 0; its share is that of the phase that goes on. */
export interface RolloutProgress {
  readonly state: 'running' | 'paused' | 'completed' | 'rolled_back' | 'aborted'
  readonly label: string
  /** The version it goes to and the one it came from. */
  readonly version: number
  readonly fromVersion: number
  readonly step: number
  /** Milliseconds since 1970. */
  readonly stepStartedAt: number
  /** The experiment whose winner it is; null: somebody wanted it. */
  readonly experiment: string | null
  /** Why it stands where it stands: a sentence. */
  readonly sentence: string
}

export interface StoredExperiment {
  readonly tenantId: string
  readonly slug: string
  readonly kind: ExperimentKind
  readonly status: ExperimentStatus
  readonly body: ExperimentBody
  readonly seed: string
  /** Empty: never started. The last goes on. `units` is never read here: always null. */
  readonly phases: readonly PhaseValue[]
  /** Of all variants; null: not known yet. Fixed once it is. */
  readonly plannedUnits: number | null
  /** null: none made yet. */
  readonly decision: ExperimentDecision | null
  /** null: it is no rollout. */
  readonly rollout: RolloutProgress | null
  /** What its judge has cost. */
  readonly judgedUsd: number
  /** When the job has collected what units did before; null: not yet. */
  readonly preparedAt: number | null
  /** A new split that waits for the units of the one before: by variant. null: none does. */
  readonly nextWeights: Readonly<Record<string, number>> | null
  readonly createdAt: number
  readonly createdBy: string
  readonly updatedAt: number
  readonly updatedBy: string
  readonly startedAt: number | null
  readonly stoppedAt: number | null
}

/** What a write may set; what is left out stays. Setting `phases` replaces the list (units of ended ones stay). */
export type ExperimentChange = Partial<
  Pick<
    StoredExperiment,
    | 'status'
    | 'body'
    | 'seed'
    | 'phases'
    | 'plannedUnits'
    | 'decision'
    | 'rollout'
    | 'judgedUsd'
    | 'nextWeights'
    | 'startedAt'
    | 'stoppedAt'
  >
> & {
  /**
   * Asked when it begins to run, with all others of the tenant that run or are paused, while none of them can begin or be
   * resumed: what it throws comes out, and nothing is changed.
   */
  readonly begins?: (others: readonly StoredExperiment[]) => void
  /** Of the audit trail: `experiment_started`, `experiment_decided`, …; null: none (figures of the job). */
  readonly event: string | null
  readonly reason?: string | null
}

export interface ExperimentFilter {
  readonly kind?: ExperimentKind | undefined
  readonly status?: ExperimentStatus | undefined
  /** Only rollouts in this state. */
  readonly rolloutState?: RolloutProgress['state'] | undefined
  readonly prompt?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** A look at an experiment at one moment: what its results were. */
export interface ExperimentLook {
  readonly at: number
  readonly results: ExperimentResults
}

export interface StoredAssignment {
  readonly variant: string
  readonly phase: number
  /** Milliseconds since 1970: when its first exchange began. */
  readonly firstAt: number
  readonly exchanges: number
}

/** One unit with what it did: a row of the export. */
export interface ExportedUnit {
  readonly unit: string
  readonly phase: number
  readonly variant: string
  readonly firstAt: number
  readonly exchanges: number
  /** By metric: sum and count over its exchanges. */
  readonly sums: Readonly<Record<string, { readonly sum: number; readonly count: number }>>
}

/**
 * Experiments and rollouts of a tenant. Writes are events with who and when, and requests see them at once. All faults as
 * everywhere: `not_found`, `conflict`, `unavailable`.
 */
export interface ExperimentStore {
  /** A draft. Fault `conflict` when the slug is taken, also by one that has ended. */
  create(
    actor: Actor,
    experiment: Pick<StoredExperiment, 'slug' | 'kind' | 'body' | 'seed' | 'rollout'>,
  ): Promise<StoredExperiment>
  find(tenantId: string, slug: string): Promise<StoredExperiment | null>
  /** Newest first. */
  list(tenantId: string, filter: ExperimentFilter): Promise<Page<StoredExperiment>>
  /** Those that run or are paused, of all tenants, oldest first: for the job. */
  active(): Promise<readonly StoredExperiment[]>
  /**
   * Writes what `change` makes of it, alone with it: two at once follow each other, and the job does not count meanwhile. null:
   * nothing is to be changed. What `change` throws comes out, and nothing is changed. Fault `not_found`; `conflict`, when it
   * would begin to run, code `too_many_experiments` for one more than `mostRunningExperiments`, and code `prompt_archived`.
   */
  change(
    actor: Actor,
    slug: string,
    change: (now: StoredExperiment) => ExperimentChange | null,
  ): Promise<StoredExperiment>
  /** Only drafts. Fault `not_found`; `conflict` for one that was started. */
  remove(actor: Actor, slug: string): Promise<void>
  /**
   * The split that waits becomes a new phase, and the units of the one before are remembered: requests of units that were
   * assigned keep their variant. Nothing happens when none waits.
   */
  beginPhase(actor: Actor, slug: string, now: number): Promise<StoredExperiment>
  /** Units that were recorded since a phase ended are remembered as well. How many there are in all. */
  rememberUnits(actor: Actor, slug: string): Promise<number>
}

/** The body of an experiment that stands in a file; null: there is none of this slug. */
export type FindUnstored = (tenantId: string, slug: string) => ExperimentBody | null

/** What the job works with: exactly once for every exposure and every feedback. */
export interface ExperimentLedger {
  /**
   * Collects what units did with the prompt in the `days` before the experiment started, for those whose unit is recorded; once.
   */
  prepare(tenantId: string, slug: string, days: number): Promise<void>
  /**
   * Folds up to `most` waiting exposures and feedback into units and statistics, in one transaction. How many it took; 0: none
   * waits, or another process is at it, for which nobody waits. `unstored` tells what an experiment is that stands in a file and
   * not in the store; those nobody knows are dropped. Several processes may call it; feedback of an exchange that is not
   * recorded yet waits until it is, at most `feedbackWaitsMs`.
   */
  fold(most: number, now: number, unstored?: FindUnstored): Promise<number>
  /**
   * null: there is no such experiment. One read of bounded size, however many exchanges there were. `phases`: of one that is
   * not stored.
   */
  statistics(tenantId: string, slug: string, phases?: readonly PhaseValue[]): Promise<ExperimentStatistics | null>
  /** By the digest of the unit, in the last phase it is in; null: not seen yet. */
  assignment(tenantId: string, slug: string, unit: string): Promise<StoredAssignment | null>
  /** By unit and phase, from after `after`; the export reads page by page. */
  units(
    tenantId: string,
    slug: string,
    page: { readonly limit: number; readonly after?: { readonly unit: string; readonly phase: number } | undefined },
  ): Promise<readonly ExportedUnit[]>
  /** Keeps a look; one for each moment. */
  keepLook(tenantId: string, slug: string, look: ExperimentLook): Promise<void>
  /** Oldest first, thinned to at most `most`, the last always among them. */
  looks(tenantId: string, slug: string, most: number): Promise<readonly ExperimentLook[]>
  /**
   * Exchanges of the experiment with their texts that nobody judged yet under this metric and source `judge`, whose request id
   * falls into the sample; newest first, at most `most`, begun after `since`.
   */
  unjudged(
    tenantId: string,
    slug: string,
    sample: { readonly metric: string; readonly share: number; readonly since: number; readonly most: number },
  ): Promise<readonly UnjudgedExchange[]>
}

export interface UnjudgedExchange {
  readonly requestId: string
  readonly variant: string
  /** JSON texts as recorded: what went to the model, and the answer. */
  readonly request: string
  readonly response: string
}
