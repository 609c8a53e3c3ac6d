import type { Database } from '../../db/open.ts'
import type { Stores } from './ports.ts'
import { createAgentStore } from './postgres/agents.ts'
import { createChainStore } from './postgres/chains.ts'
import { createCredentialStore } from './postgres/credentials.ts'
import { createGuardrailFeedbackStore } from './postgres/guardrail-feedback.ts'
import { createGuardrailStore } from './postgres/guardrails.ts'
import { createKeyStore } from './postgres/keys.ts'
import { createLeaseStore } from './postgres/leases.ts'
import { createModelStore } from './postgres/models.ts'
import { createPromptStore } from './postgres/prompts.ts'
import { createRouteStore } from './postgres/routes.ts'
import { createSnapshotStore } from './postgres/snapshot.ts'
import { createTemplateStore } from './postgres/templates.ts'
import { createTestRunStore } from './postgres/test-runs.ts'
import { createEvolutionStore } from './postgres/evolution.ts'
import { createExperimentLedger } from './postgres/experiment-ledger.ts'
import { createExperimentStore } from './postgres/experiments.ts'
import { createFeedbackReader, createFeedbackWriter } from './postgres/feedback.ts'
import { createExchangeReader } from './read/exchanges.ts'
import { createGuardrailReader } from './read/guardrails.ts'
import { createOutputCheckReader } from './read/output-checks.ts'

/** All stores over one open database, embedded or a server. Their faults: see `ports.ts`. */
export function createPostgresStores({ drizzle, sql }: Pick<Database, 'drizzle' | 'sql'>): Stores {
  return {
    prompts: createPromptStore(drizzle),
    keys: createKeyStore(drizzle),
    credentials: createCredentialStore(drizzle),
    models: createModelStore(drizzle),
    routes: createRouteStore(drizzle),
    agents: createAgentStore(drizzle),
    testRuns: createTestRunStore(drizzle),
    chains: createChainStore(drizzle),
    guardrails: createGuardrailStore(drizzle),
    guardrailReader: createGuardrailReader(drizzle),
    guardrailFeedback: createGuardrailFeedbackStore(drizzle),
    snapshot: createSnapshotStore(drizzle),
    exchanges: createExchangeReader(drizzle),
    outputChecks: createOutputCheckReader(drizzle),
    templates: createTemplateStore(drizzle),
    experiments: createExperimentStore(drizzle),
    experimentLedger: createExperimentLedger(drizzle),
    evolution: createEvolutionStore(drizzle),
    leases: createLeaseStore(drizzle),
    feedback: { ...createFeedbackReader(drizzle), ...createFeedbackWriter(sql) },
  }
}
