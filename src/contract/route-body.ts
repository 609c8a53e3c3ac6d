import { z } from 'zod'
import { requireModel } from './names.ts'

/**
 * A route: a name that stands for several models and a rule which of them to try, in which order. Called like a model
 * (`model: "fast-and-cheap"`), in a request, a version's `model` or its `fallback_models`, or inside another route.
 */

const slugRule =
  'must be 1 to 64 of a-z, 0-9, `_`, `.` and `-`, and begin with a letter or digit; a route has no `/` in its name'

export const routeSlugSchema = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, slugRule)

const oneOrMore = (what: string) =>
  z
    .union(
      [z.string().min(1).max(256), z.array(z.string().min(1).max(256)).min(1).max(50)],
      'must be a text of 1 to 256 characters, or a list of 1 to 50 such texts',
    )
    .meta({ description: `${what}; with a list, any of them.` })

/** What a request may need of a model. */
export const needNames = ['tools', 'vision', 'json', 'audio', 'documents'] as const
export type Need = (typeof needNames)[number]

const tokens = z.int().min(0, 'must be 0 or more').max(1_000_000_000, 'must be at most 1000000000')

export const routeConditionSchema = z
  .strictObject({
    app_name: oneOrMore('Application').optional(),
    environment: oneOrMore('`x-environment`').optional(),
    locale: oneOrMore('Locale; `en` also matches `en-GB`').optional(),
    key: oneOrMore('Name of the Promptbox key').optional(),
    user_id: oneOrMore('User').optional(),
    prompt: oneOrMore('Id of the prompt').optional(),
    metadata: z.record(z.string().min(1).max(64), oneOrMore('Value of the pair')).optional(),
    stream: z.boolean().optional().meta({ description: 'Whether a stream was asked for.' }),
    needs: z.array(z.enum(needNames)).max(needNames.length).optional().meta({
      description: 'Only requests that need all of these.',
    }),
    min_input_tokens: tokens.optional().meta({ description: 'Of the estimated length of the request.' }),
    max_input_tokens: tokens.optional(),
  })
  .refine(({ min_input_tokens: least, max_input_tokens: most }) => (least ?? 0) <= (most ?? Infinity), {
    path: ['min_input_tokens'],
    message: 'must not be above `max_input_tokens`: no request would fit',
  })
  .meta({ id: 'RouteCondition', description: 'All that is given must hold.' })
export type RouteCondition = z.infer<typeof routeConditionSchema>

export const routeTargetSchema = z
  .strictObject({
    model: z
      .string()
      .min(1, 'must name a model or another route')
      .max(256, 'must have at most 256 characters')
      .superRefine(requireModel),
    weight: z
      .number()
      .min(0, 'must be 0 or more')
      .max(1_000_000, 'must be at most 1000000')
      .optional()
      .meta({ description: 'Share of the requests with `weighted`; 1 when left out, 0: only as a fallback.' }),
    when: routeConditionSchema.optional().meta({ description: 'Left out: always.' }),
  })
  .meta({ id: 'RouteTarget' })
export type RouteTarget = z.infer<typeof routeTargetSchema>

export const routeBodySchema = z
  .strictObject({
    description: z.string().max(2000, 'must have at most 2000 characters').nullable().optional(),
    strategy: z.enum(['ordered', 'weighted', 'cheapest']).meta({
      description:
        '`ordered`: as listed. `weighted`: the first by chance in proportion to the weights, the others after it as fallbacks. `cheapest`: by what this request is expected to cost, those that cannot serve it (context, tools, images, JSON) left out.',
    }),
    sticky: z.boolean().optional().meta({
      description: 'With `weighted`: the same user or session always gets the same first model. Left out: false.',
    }),
    targets: z.array(routeTargetSchema).min(1, 'must have at least one target').max(50, 'must have at most 50 targets'),
  })
  .meta({ id: 'Route' })
export type RouteBody = z.infer<typeof routeBodySchema>
