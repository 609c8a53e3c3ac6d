import { systemClock, type Clock } from '../core/clock.ts'
import { createMemoryAgents } from './memory/agents.ts'
import { createMemoryChains } from './memory/chains.ts'
import { createMemoryCredentials } from './memory/credentials.ts'
import { createMemoryDatabase } from './memory/database.ts'
import { createMemoryEvolution } from './memory/evolution.ts'
import { createMemoryExperimentLedger } from './memory/experiment-ledger.ts'
import { createMemoryExperiments } from './memory/experiments.ts'
import { createMemoryFeedback } from './memory/feedback.ts'
import { createMemoryExchanges } from './memory/exchanges.ts'
import { createMemoryGuardrails } from './memory/guardrails.ts'
import { createMemoryKeys } from './memory/keys.ts'
import { createMemoryLeases } from './memory/leases.ts'
import { createMemoryModels } from './memory/models.ts'
import { createMemoryPrompts } from './memory/prompts.ts'
import { createMemorySnapshot } from './memory/snapshot.ts'
import { createMemoryRoutes } from './memory/routes.ts'
import type { NewestScore } from './memory/prompt-reviews.ts'
import { createMemoryTemplates } from './memory/templates.ts'
import { createMemoryTestRuns } from './memory/test-runs.ts'
import type { ExchangeWriter, Stores } from './ports.ts'

export interface MemoryStores extends Stores {
  /** The writing end, as the recording worker has it. */
  readonly exchangeWriter: ExchangeWriter
  /** false: every call fails with Fault `unavailable`, as when the database is away; true: it is back. */
  setAvailable(available: boolean): void
}

/** All stores in memory: an honest fake for tests, with the same faults, history and change feed as the database. */
export function createMemoryStores(clock: Clock = systemClock, newestScore?: NewestScore): MemoryStores {
  const database = createMemoryDatabase(clock)
  const prompts = createMemoryPrompts(database, {
    usedBy: (tenantId, agent, slug) => agents.uses(tenantId, agent, slug),
    underWay: (tenantId, slug) => experiments.underWay(tenantId, slug),
    newestScore: newestScore ?? ((tenantId, slug, version) => testRuns.newestScore(tenantId, slug, version)),
  })
  const agents = createMemoryAgents(database, (tenantId, name) => prompts.slugOf(tenantId, name))
  const testRuns = createMemoryTestRuns(database, prompts)
  const keys = createMemoryKeys(database)
  const credentials = createMemoryCredentials(database)
  const models = createMemoryModels(database)
  const routes = createMemoryRoutes(database)
  const chains = createMemoryChains(database)
  const guardrails = createMemoryGuardrails(database, prompts)
  const exchanges = createMemoryExchanges(database, (exposure) => ledger.expose(exposure))
  const feedback = createMemoryFeedback(database, exchanges, (given) => ledger.hear(given))
  const experiments = createMemoryExperiments(database, {
    unitsByPhase: (own) => ledger.unitsByPhase(own),
    isArchived: (tenantId, prompt) => prompts.isArchived(tenantId, prompt),
  })
  const ledger = createMemoryExperimentLedger(database, { exchanges, feedback, experiments })
  return {
    prompts,
    keys,
    credentials,
    models,
    routes,
    agents,
    testRuns,
    chains,
    guardrails,
    guardrailReader: exchanges.guardrails.reader,
    guardrailFeedback: exchanges.guardrails.feedback,
    snapshot: createMemorySnapshot(database, {
      prompts,
      keys,
      credentials,
      models,
      routes,
      chains,
      guardrails,
      experiments,
    }),
    exchanges: exchanges.reader,
    outputChecks: exchanges.outputChecks,
    templates: createMemoryTemplates(database),
    experiments,
    experimentLedger: ledger,
    feedback,
    evolution: createMemoryEvolution(database, { exchanges, feedback }),
    leases: createMemoryLeases(database),
    exchangeWriter: exchanges.writer,
    setAvailable: (available) => database.setAvailable(available),
  }
}
