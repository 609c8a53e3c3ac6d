import { randomUUID } from 'node:crypto'
import type { AdminDependencies } from './admin/dependencies.ts'
import { createTestRunner } from './admin/run-tests.ts'
import { type EvolutionDependencies, evolveRound } from './jobs/evolve-prompts.ts'
import { judgeRound } from './jobs/judge-exchanges.ts'
import type { JudgeDependencies } from './jobs/judge-experiment.ts'
import { JudgeMemory } from './jobs/judge-memory.ts'
import { inRounds, type Rounds, withinMs } from './jobs/rounds.ts'
import { runExperiments } from './jobs/run-experiments.ts'

export interface JobOptions {
  /** What the use cases of the admin API have, so that what the jobs do is what people could. */
  readonly dependencies: AdminDependencies
  /** Resolves when the tables are there. */
  readonly ready: () => Promise<void>
  /** Milliseconds between two rounds of experiments and rollouts. */
  readonly everyMs: number
}

/** Of the rounds of experiments, each so many is one of evolution. Nothing in it is urgent: what it waits for takes hours. */
const evolveEvery = 15
/** A timer that is set for longer goes off at once. */
const longestTimerMs = 2_147_483_647
/** Judges ask models, which takes as long as it takes. */
const judgeEveryMs = 5_000
const giveBackWithinMs = 2_000

/**
 * What goes on beside the traffic: experiments and rollouts, judges, evolution. Each in rounds of its own, so that a model
 * that is slow to answer keeps no rollout from being taken back.
 */
export function startJobs({ dependencies, ready, everyMs }: JobOptions): { stop(): Promise<void> } {
  const { stores, askInside, snapshot, published, clock, observe } = dependencies
  const tests = createTestRunner(dependencies)
  // As no other process calls itself, nor this one after a restart.
  const holder = randomUUID()
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
    evolution(
      { ...dependencies, runTests: tests.run, said: new Map() },
      ready,
      Math.min(everyMs * evolveEvery, longestTimerMs),
    ),
    judges({ stores, holder, askInside, memory: new JudgeMemory(), clock, observe }, ready),
  ]
  return {
    async stop() {
      await Promise.all(jobs.map((job) => job.stop()))
      const givenBack = stores.leases.giveBack(holder).catch(() => {
        // The database is away. Leases end by themselves; others only begin later.
      })
      await withinMs(giveBackWithinMs, givenBack)
    },
  }
}

function judges(needs: JudgeDependencies, ready: () => Promise<void>): Rounds {
  return inRounds({
    what: 'Answers of experiments are judged',
    everyMs: judgeEveryMs,
    observe: needs.observe,
    run: async (stopping) => {
      await ready()
      await judgeRound(needs, stopping)
    },
  })
}

function evolution(needs: EvolutionDependencies, ready: () => Promise<void>, everyMs: number): Rounds {
  return inRounds({
    what: 'Prompts are improved by their policies',
    everyMs,
    observe: needs.observe,
    run: async (stopping) => {
      await ready()
      await evolveRound(needs, stopping)
    },
  })
}
