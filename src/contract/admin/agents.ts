import { z } from 'zod'
import { aliasSchema, slugSchema } from '../names.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, line, listOf, pageOf, pageQuery, removed } from './fields.ts'

const group = 'Agents'

const parameters = z.strictObject({
  slug: slugSchema.meta({ description: 'Name of the agent.', examples: ['support-bot'] }),
})
const promptParameter = aliasSchema.meta({ description: 'Slug or alias of the prompt.', examples: ['support-reply'] })
const path = { slug: 'support-bot' }

const agentAnswer = z
  .object({
    slug: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    owner: z.string().nullable(),
    prompts: z.array(z.string()).meta({ description: 'Slugs of the prompts it uses, by name.' }),
    created_at: instant,
    updated_at: instant,
  })
  .meta({ id: 'Agent', description: 'A named consumer of prompts: an agent, a service, a screen.' })
export type AgentAnswer = z.input<typeof agentAnswer>

const agentBody = z
  .strictObject({
    name: line(200).meta({ description: 'Name for people.' }),
    description: line(4000).nullable().optional().meta({ description: 'What it does.' }),
    owner: line(200).nullable().optional().meta({ description: 'Who answers for it: a person or a team.' }),
    prompts: listOf(aliasSchema, 1000, 'Prompts it uses, by slug or alias. Left out: none.').optional(),
  })
  .meta({ id: 'PutAgent' })

const bodyExample = { name: 'Support bot', owner: 'customer care', prompts: ['support-reply'] }
const example: AgentAnswer = {
  slug: 'support-bot',
  description: null,
  ...bodyExample,
  created_at: '2026-11-20T09:30:00.000Z',
  updated_at: '2026-11-20T09:30:00.000Z',
}

export const putAgent = defineEndpoint({
  id: 'putAgent',
  method: 'PUT',
  path: '/agents/{slug}',
  group,
  summary: 'Set an agent',
  description: 'Makes it, or replaces all that is said about it, its prompts too.',
  parameters,
  body: agentBody,
  answer: agentAnswer,
  faults: ['not_found'],
  example: { path, body: bodyExample, answer: example },
})

export const listAgents = defineEndpoint({
  id: 'listAgents',
  method: 'GET',
  path: '/agents',
  group,
  summary: 'List agents',
  description: 'By slug.',
  query: z.strictObject({
    prompt: promptParameter.optional().meta({ description: 'Only agents that use this prompt.' }),
    ...pageQuery,
  }),
  answer: pageOf(agentAnswer),
  faults: ['not_found'],
  example: { query: { prompt: 'support-reply' }, answer: { data: [example], next_cursor: null } },
})

export const getAgent = defineEndpoint({
  id: 'getAgent',
  method: 'GET',
  path: '/agents/{slug}',
  group,
  summary: 'Get an agent',
  parameters,
  answer: agentAnswer,
  faults: ['not_found'],
  example: { path, answer: example },
})

export const removeAgent = defineEndpoint({
  id: 'removeAgent',
  method: 'DELETE',
  path: '/agents/{slug}',
  group,
  summary: 'Remove an agent',
  description: 'Its prompts stay.',
  parameters,
  answer: removed,
  faults: ['not_found'],
  example: { path, answer: { id: 'support-bot', deleted: true } },
})

const pairParameters = parameters.extend({ prompt: promptParameter })
const pairPath = { ...path, prompt: 'support-reply' }

export const addAgentPrompt = defineEndpoint({
  id: 'addAgentPrompt',
  method: 'PUT',
  path: '/agents/{slug}/prompts/{prompt}',
  group,
  summary: 'Say that an agent uses a prompt',
  description: 'Doing it twice is no error.',
  parameters: pairParameters,
  body: z.strictObject({}),
  bodyOptional: true,
  answer: agentAnswer,
  faults: ['not_found'],
  example: { path: pairPath, answer: example },
})

export const removeAgentPrompt = defineEndpoint({
  id: 'removeAgentPrompt',
  method: 'DELETE',
  path: '/agents/{slug}/prompts/{prompt}',
  group,
  summary: 'Say that an agent uses a prompt no longer',
  description: 'Doing it twice is no error.',
  parameters: pairParameters,
  answer: agentAnswer,
  faults: ['not_found'],
  example: { path: pairPath, answer: { ...example, prompts: [] } },
})
