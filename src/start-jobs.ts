import type { AdminDependencies } from './admin/dependencies.ts'
import { createTestRunner } from './admin/run-tests.ts'
import { type EvolutionDependencies, evolveRound } from './jobs/evolve-prompts.ts'
import { judgeRound } from './jobs/judge-exchanges.ts'
import { JudgeMemory } from './jobs/judge-memory.ts'
import { inRounds, type Rounds } from './jobs/rounds.ts'
import { runExperiments } from './jobs/run-experiments.ts'

export interface JobOptions {
  /** What the use cases of the admin API have, so that what the jobs do is what people could. */
  readonly dependencies: AdminDependencies
  /** Resolves when the tables are there. */
  readonly ready: () => Promise<void>
  /** Milliseconds between two rounds of experiments and rollouts. */
  readonly everyMs: number
}

/** Nothing here is urgent: what it waits for takes hours. */
const evolveEveryMs = 30_000
/** Judges ask models, which takes as long as it takes. */
const judgeEveryMs = 5_000

/**
 * What goes on beside the traffic: experiments and rollouts, judges, evolution. Each in rounds of its own, so that a model
 * that is slow to answer keeps no rollout from being taken back.
 */
export function startJobs({ dependencies, ready, everyMs }: JobOptions): { stop(): Promise<void> } {
  const { stores, askInside, snapshot, published, clock, observe } = dependencies
  const tests = createTestRunner(dependencies)
  const jobs: readonly Rounds[] = [
    runExperiments({
      stores,
      runGate: async (actor, slug, version) => void (await tests.runGate(actor, slug, version)),
      snapshot,
      published,
      ready,
      everyMs,
      clock,
      observe,
    }),
    evolution({ ...dependencies, runTests: tests.run, said: new Map() }, ready),
    judges({ stores, askInside, memory: new JudgeMemory(), clock, observe }, ready),
  ]
  return {
    async stop() {
      await Promise.all(jobs.map((job) => job.stop()))
    },
  }
}

function judges(needs: Parameters<typeof judgeRound>[0], ready: () => Promise<void>): Rounds {
  return inRounds({
    what: 'Answers of experiments are judged',
    everyMs: judgeEveryMs,
    observe: needs.observe,
    run: async () => {
      await ready()
      await judgeRound(needs)
    },
  })
}

function evolution(needs: EvolutionDependencies, ready: () => Promise<void>): Rounds {
  return inRounds({
    what: 'Prompts are improved by their policies',
    everyMs: evolveEveryMs,
    observe: needs.observe,
    run: async (stopping) => {
      await ready()
      await evolveRound(needs, stopping)
    },
  })
}
