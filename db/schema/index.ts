/** The tables of the schema `promptbox`, one file per noun. */
export { promptbox, instant } from './promptbox.ts'
export { tenants } from './tenants.ts'
export { prompts } from './prompts.ts'
export { promptAliases } from './prompt-aliases.ts'
export { promptVersions } from './prompt-versions.ts'
export { promptLabels } from './prompt-labels.ts'
export { labelProtections } from './label-protections.ts'
export { versionReviews } from './version-reviews.ts'
export { promptDependencies } from './prompt-dependencies.ts'
export { testRuns } from './test-runs.ts'
export { events } from './events.ts'
export { keys } from './keys.ts'
export { providerCredentials } from './provider-credentials.ts'
export { models } from './models.ts'
export { routes } from './routes.ts'
export { chains, chainVersions } from './chains.ts'
export { guardrails, guardrailHours, guardrailFeedback } from './guardrails.ts'
export { templates, templateReviews, templateForks } from './templates.ts'
export { agents, agentPrompts } from './agents.ts'
export { changes, changesChannel } from './changes.ts'
export { exchanges } from './exchanges.ts'
export { exchangeBodies } from './exchange-bodies.ts'
export {
  experiments,
  experimentPhaseUnits,
  experimentEvents,
  experimentUnits,
  experimentPreUnits,
  experimentStatistics,
  experimentTotals,
  experimentLooks,
} from './experiments.ts'
export { feedback } from './feedback.ts'
export { evolutionPolicies, evolutionProposals } from './evolution.ts'
export { leases } from './leases.ts'
