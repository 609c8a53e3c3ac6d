import { z } from 'zod'
import { routeBodySchema, routeSlugSchema } from '../route-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { instant, removed } from './fields.ts'

const group = 'Routes'

const parameters = z.strictObject({
  slug: routeSlugSchema.meta({ description: 'Name of the route, called like a model.', examples: ['fast-and-cheap'] }),
})
const path = { slug: 'fast-and-cheap' }

const routeAnswer = z
  .object({ slug: z.string(), ...routeBodySchema.shape, updated_at: instant, updated_by: z.string() })
  .meta({ id: 'StoredRoute' })
export type RouteAnswer = z.input<typeof routeAnswer>

const bodyExample = {
  description: 'The cheapest that can do it; long requests go to the large one.',
  strategy: 'cheapest' as const,
  targets: [
    { model: 'openai/gpt-4o-mini', when: { max_input_tokens: 100_000 } },
    { model: 'anthropic/claude-haiku-4-5' },
  ],
}
const routeExample: RouteAnswer = {
  slug: 'fast-and-cheap',
  ...bodyExample,
  updated_at: '2026-11-20T09:30:00.000Z',
  updated_by: 'admin',
}

export const listRoutes = defineEndpoint({
  id: 'listRoutes',
  method: 'GET',
  path: '/routes',
  group,
  summary: 'List routes',
  description: 'By slug. Only stored ones; those of `promptbox.yaml` are not shown.',
  answer: z.object({ data: z.array(routeAnswer), next_cursor: z.null() }),
  example: { answer: { data: [routeExample], next_cursor: null } },
})

export const getRoute = defineEndpoint({
  id: 'getRoute',
  method: 'GET',
  path: '/routes/{slug}',
  group,
  summary: 'Get a route',
  parameters,
  answer: routeAnswer,
  faults: ['not_found'],
  example: { path, answer: routeExample },
})

export const putRoute = defineEndpoint({
  id: 'putRoute',
  method: 'PUT',
  path: '/routes/{slug}',
  group,
  summary: 'Set a route',
  description:
    'Several models under one name, and the rule which of them to try in which order. Called like a model: `"model": "fast-and-cheap"` in a request, in a version’s `model` or `fallback_models`, or as a target of another route. Replaces the whole route. A target of a provider that is not known is refused, and so are routes that lead in a circle (409 `route_cycle`). A route wins over a model alias of the same name.',
  parameters,
  body: routeBodySchema,
  answer: routeAnswer,
  faults: ['conflict'],
  example: { path, body: bodyExample, answer: routeExample },
})

export const removeRoute = defineEndpoint({
  id: 'removeRoute',
  method: 'DELETE',
  path: '/routes/{slug}',
  group,
  summary: 'Remove a route',
  description: 'What still names it gets an error that says so, unless `promptbox.yaml` has a route of this name.',
  parameters,
  answer: removed,
  faults: ['not_found'],
  example: { path, answer: { id: 'fast-and-cheap', deleted: true } },
})
