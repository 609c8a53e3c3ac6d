import type { RunGate } from '../admin/move-label.ts'
import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { StoredExperiment } from '../store/experiment-port.ts'
import type { Actor, Stores } from '../store/ports.ts'

/** What the job of experiments needs of the house. */
export interface ExperimentNeeds {
  readonly stores: Pick<Stores, 'experiments' | 'experimentLedger' | 'prompts' | 'testRuns'>
  /** Runs the test cases that a protected label asks for; null: nobody does. */
  readonly runGate: RunGate | null
  /** What is served now: experiments of a file are there only. */
  readonly snapshot: () => Snapshot
  /** Resolves when this process serves what was written before. */
  readonly published: () => Promise<void>
  /** Does something of an experiment beside the rounds, which wait for nothing that takes as long as a model; its failure is said. */
  readonly beside: (stored: StoredExperiment, work: () => Promise<void>) => void
  readonly clock: Clock
  readonly observe: Observe
}

/** Who does what nobody asked for by hand, for the audit trail. It has no role. */
export function promptboxActor({ tenantId }: Pick<StoredExperiment, 'tenantId'>): Actor {
  return { tenantId, id: 'promptbox', name: 'promptbox' }
}
