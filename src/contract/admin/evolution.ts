import { z } from 'zod'
import {
  evolutionPolicySchema,
  evolutionPolicyShape,
  evolutionRunSchema,
  improvementSchema,
  predictionSchema,
  proposalStates,
  strategiesSchema,
  strategyNames,
} from '../evolution.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, pageOf, pageQuery, reason, removed } from './fields.ts'
import { promptParameters as parameters } from './prompt-parameters.ts'

const group = 'Evolution'
const path = { slug: 'support-reply' }
const idSchema = z
  .string()
  .regex(/^[0-9a-fA-F-]{36}$/, 'must be the `id` of a proposal')
  .meta({ description: 'Of the proposal.' })
const warnings = z.array(z.string()).meta({ description: 'What somebody has to know or look at before it goes on.' })
const proposalParameters = z.strictObject({ ...parameters.shape, id: idSchema })
const proposalPath = { ...path, id: '019a8f3c-52b0-7cc1-8d2e-3f4a5b6c7d8e' }

const policyAnswer = z
  .object({
    prompt: z.string(),
    ...evolutionPolicyShape,
    spent_usd: z.number().meta({ description: 'In this month (UTC).' }),
    last_run_at: instant.nullable().meta({ description: 'When it last ran by itself.' }),
    last_run: evolutionRunSchema.nullable().meta({ description: 'What the newest run came to, by itself or by hand.' }),
    updated_at: instant,
    updated_by: z.string(),
  })
  .meta({ id: 'EvolutionPolicy' })

export const proposalAnswer = z
  .object({
    id: z.string(),
    prompt: z.string(),
    parent_version: z.int(),
    version: z.int().nullable().meta({ description: 'The draft that was made of it.' }),
    strategy: z.enum(strategyNames),
    state: z.enum(proposalStates),
    sentence: z.string().meta({ description: 'Where it stands, and why.' }),
    writer: z.string().meta({ description: '`rules`, or the model that wrote it.' }),
    rationale: z.string(),
    predicted: predictionSchema,
    warnings,
    tests: z.object({ run: z.string(), passed: z.boolean(), score: z.number() }).nullable(),
    experiment: z.string().nullable(),
    rollout: z.string().nullable(),
    improvement: improvementSchema
      .nullable()
      .meta({ description: 'Against its parent, as its experiment measured it; null: not measured.' }),
    cost_usd: z.number().meta({ description: 'What writing and testing it cost.' }),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'EvolutionProposal' })

const bodyExample = {
  strategies: ['few_shot' as const, 'instructions' as const],
  budget_usd: 5,
  steps: { test: 'auto' as const, experiment: 'auto' as const, rollout: 'hand' as const },
  experiment: { traffic: 0.5, primary_metric: 'satisfaction' },
}
const policyExample = {
  prompt: 'support-reply',
  enabled: true,
  writer: { type: 'rules' as const },
  proposals_per_run: 3,
  every_hours: 168,
  models: [],
  min_score: 0.8,
  look_back_days: 30,
  ...bodyExample,
  spent_usd: 0,
  last_run_at: null,
  last_run: null,
  updated_at: '2026-11-20T09:30:00.000Z',
  updated_by: 'admin',
}
const proposalExample = {
  id: proposalPath.id,
  prompt: 'support-reply',
  parent_version: 1,
  version: 2,
  strategy: 'few_shot' as const,
  state: 'tested' as const,
  sentence: 'It passed its test cases: 100 % of the checks passed, 100 % were needed.',
  writer: 'rules',
  rationale: 'Adds 3 recorded answers as examples, chosen from 41 good ones; their mean score is 97.5 %.',
  predicted: {
    metric: 'satisfaction',
    effect: null,
    basis: 'unknown' as const,
    why: 'Answers become more like those that people liked.',
  },
  warnings: ['Its examples are questions and answers of users, word for word. Read them before this version goes on.'],
  tests: { run: '019a8f3c-52b0-7cc1-8d2e-3f4a5b6c7d8f', passed: true, score: 1 },
  experiment: null,
  rollout: null,
  improvement: null,
  cost_usd: 0.002,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:31:00.000Z',
}

export const getEvolution = defineEndpoint({
  id: 'getEvolution',
  method: 'GET',
  path: '/prompts/{slug}/evolution',
  group,
  summary: 'Get the policy of a prompt',
  parameters,
  answer: policyAnswer,
  faults: ['not_found'],
  example: { path, answer: policyExample },
})

export const putEvolution = defineEndpoint({
  id: 'putEvolution',
  method: 'PUT',
  path: '/prompts/{slug}/evolution',
  group,
  summary: 'Set the policy of a prompt',
  description:
    'How far the prompt may be improved by itself, by what, how often and for how much. Replaces the whole policy. By itself a run only makes drafts and tests them: `steps` says what else follows.',
  parameters,
  body: evolutionPolicySchema,
  answer: policyAnswer,
  faults: ['not_found'],
  example: { path, body: bodyExample, answer: policyExample },
})

export const removeEvolution = defineEndpoint({
  id: 'removeEvolution',
  method: 'DELETE',
  path: '/prompts/{slug}/evolution',
  group,
  summary: 'Remove the policy of a prompt',
  description: 'Nothing happens by itself any more. Proposals stay, and so do experiments and rollouts that run.',
  parameters,
  answer: removed,
  faults: ['not_found'],
  example: { path, answer: { id: 'support-reply', deleted: true } },
})

const runBody = z
  .strictObject({
    strategies: strategiesSchema.optional().meta({ description: 'Left out: those of the policy.' }),
    dry_run: z.boolean('must be true or false').default(false).meta({
      description: 'Shows proposals and makes no versions. A model that writes is asked, and paid for, all the same.',
    }),
  })
  .meta({ id: 'RunEvolution' })

const proposed = z
  .object({
    strategy: z.enum(strategyNames),
    writer: z.string(),
    rationale: z.string(),
    predicted: predictionSchema,
    warnings,
    body: z.looseObject({ model: z.string() }).meta({ description: 'The version as proposed.' }),
    id: z.string().nullable().meta({ description: 'Of the proposal; null: a dry run.' }),
    version: z.int().nullable().meta({ description: 'The draft; null: a dry run.' }),
  })
  .meta({ id: 'ProposedVersion' })

export const runEvolution = defineEndpoint({
  id: 'runEvolution',
  method: 'POST',
  path: '/prompts/{slug}/evolution/run',
  group,
  summary: 'Propose better versions now',
  description:
    'Looks at feedback, output checks, failed test cases and recorded answers of the version that `production` points to, else the latest, and makes each proposal a draft. A prompt without a policy is run by rule.',
  parameters,
  body: runBody,
  bodyOptional: true,
  answer: z
    .object({
      parent_version: z.int(),
      proposals: z.array(proposed),
      skipped: z
        .array(z.object({ strategy: z.enum(strategyNames), reason: z.string() }))
        .meta({ description: 'Why a strategy proposed nothing, or what it proposed was not taken.' }),
      spent_usd: z.number(),
    })
    .meta({ id: 'EvolutionRun' }),
  faults: ['not_found', 'conflict'],
  example: {
    path,
    body: { dry_run: true, strategies: ['role'] },
    answer: {
      parent_version: 1,
      proposals: [],
      skipped: [{ strategy: 'role', reason: 'The system message says who answers.' }],
      spent_usd: 0,
    },
  },
})

export const listProposals = defineEndpoint({
  id: 'listProposals',
  method: 'GET',
  path: '/prompts/{slug}/evolution/proposals',
  group,
  summary: 'List proposals',
  description: 'Newest first.',
  parameters,
  query: z.strictObject({
    state: z.enum(proposalStates, 'must be a state of proposals, such as `tested`').optional(),
    ...pageQuery,
  }),
  answer: pageOf(proposalAnswer),
  faults: ['not_found'],
  example: { path, query: { state: 'tested' }, answer: { data: [proposalExample], next_cursor: null } },
})

export const getProposal = defineEndpoint({
  id: 'getProposal',
  method: 'GET',
  path: '/prompts/{slug}/evolution/proposals/{id}',
  group,
  summary: 'Get a proposal',
  parameters: proposalParameters,
  answer: proposalAnswer,
  faults: ['not_found'],
  example: { path: proposalPath, answer: proposalExample },
})

const nothingToSay = z.strictObject({}).meta({ id: 'StepOfProposal' })

const step = (
  id: string,
  name: string,
  summary: string,
  description: string,
  after: Partial<z.input<typeof proposalAnswer>>,
) =>
  defineEndpoint({
    id,
    method: 'POST',
    path: `/prompts/{slug}/evolution/proposals/{id}/${name}`,
    group,
    summary,
    description,
    parameters: proposalParameters,
    body: nothingToSay,
    bodyOptional: true,
    answer: proposalAnswer,
    faults: ['not_found', 'conflict'],
    example: { path: proposalPath, body: {}, answer: { ...proposalExample, ...after } },
  })

export const testProposal = step(
  'testProposal',
  'test',
  'Test a proposal',
  'Runs the test cases of its version, within the budget. It is then `tested` or `failed_tests`.',
  {},
)
export const tryProposal = step(
  'tryProposal',
  'experiment',
  'Try a proposal in an experiment',
  'Starts an experiment with its parent as the control, as the policy says. One experiment of a prompt at a time (409 `experiment_running`).',
  { state: 'in_experiment', experiment: 'evolve-support-reply-v2' },
)
export const rollProposalOut = step(
  'rollProposalOut',
  'rollout',
  'Roll a proposal out',
  'Takes one that won its experiment. The experiment is stopped.',
  { state: 'rolling_out', rollout: 'rollout-of-evolve-support-reply-v2' },
)

export const rejectProposal = defineEndpoint({
  id: 'rejectProposal',
  method: 'POST',
  path: '/prompts/{slug}/evolution/proposals/{id}/reject',
  group,
  summary: 'Reject a proposal',
  description:
    'Its experiment is stopped; its version stays. One that is being rolled out is ended with `POST /rollouts/{slug}/abort`.',
  parameters: proposalParameters,
  body: z.strictObject({ reason: reason.optional() }).meta({ id: 'RejectProposal' }),
  bodyOptional: true,
  answer: proposalAnswer,
  faults: ['not_found', 'conflict'],
  example: {
    path: proposalPath,
    body: {},
    answer: { ...proposalExample, state: 'rejected', sentence: 'admin rejected it.' },
  },
})
