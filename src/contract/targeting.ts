import { z } from 'zod'

/**
 * Which requests an experiment is for: a small closed language over what a request says of itself. A condition names an
 * attribute and one comparison; `all`, `any` and `not` put conditions together.
 */

export const attributeRule =
  'must be `locale`, `language`, `app_name`, `environment`, `user_id`, `session_id`, `key`, `metadata.<name>` or `header.<name>`'
export const attributePattern =
  /^(?:locale|language|app_name|environment|user_id|session_id|key|metadata\.[^\s]{1,64}|header\.[A-Za-z0-9_-]{1,64})$/

const text = z.string('must be a text').max(512, 'must have at most 512 characters')
const texts = z
  .array(text, 'must be a list of texts')
  .min(1, 'must have at least one entry')
  .max(1000, 'must have at most 1000 entries')
const number = z.number('must be a number')

export const targetingComparisons = [
  'equals',
  'not_equals',
  'in',
  'not_in',
  'starts_with',
  'ends_with',
  'contains',
  'exists',
  'above',
  'at_least',
  'below',
  'at_most',
] as const

const conditionSchema = z
  .strictObject({
    attribute: z.string(attributeRule).regex(attributePattern, attributeRule),
    equals: text.optional(),
    not_equals: text.optional(),
    in: texts.optional(),
    not_in: texts.optional(),
    starts_with: text.optional(),
    ends_with: text.optional(),
    contains: text.optional(),
    exists: z.boolean('must be true or false').optional(),
    above: number.optional(),
    at_least: number.optional(),
    below: number.optional(),
    at_most: number.optional(),
  })
  .refine((condition) => targetingComparisons.some((name) => condition[name] !== undefined), {
    message: `must have a comparison: ${targetingComparisons.join(', ')}`,
  })
export type TargetingCondition = z.output<typeof conditionSchema>

export interface TargetingGroup {
  readonly all?: readonly Targeting[] | undefined
  readonly any?: readonly Targeting[] | undefined
  readonly not?: Targeting | undefined
}
export type Targeting = TargetingCondition | TargetingGroup

export const mostTargetingDepth = 6
export const mostTargetingConditions = 100

const parts: z.ZodType<Targeting> = z.lazy(() =>
  z.union(
    [conditionSchema, groupSchema],
    'must be a condition, such as {"attribute": "language", "equals": "de"}, or `all`, `any` or `not` of conditions',
  ),
)
const list = z.array(parts).min(1, 'must have at least one condition').max(50, 'must have at most 50 conditions')
const groupSchema: z.ZodType<TargetingGroup> = z
  .strictObject({ all: list.optional(), any: list.optional(), not: parts.optional() })
  .refine((group) => Object.values(group).filter((value) => value !== undefined).length === 1, {
    message: 'must have exactly one of `all`, `any` and `not`',
    // What is no group must not look like one that is nearly right: the mistake is then told of the condition.
    abort: true,
  })

/** All conditions and groups, none deeper than `mostTargetingDepth`, no more than `mostTargetingConditions` conditions. */
export const targetingSchema = parts
  .refine((targeting) => sizeOf(targeting).depth <= mostTargetingDepth, `must not be deeper than ${mostTargetingDepth}`)
  .refine(
    (targeting) => sizeOf(targeting).conditions <= mostTargetingConditions,
    `must have at most ${mostTargetingConditions} conditions in all`,
  )
  .meta({ id: 'Targeting', description: 'Which requests take part. Left out: all.' })

function sizeOf(targeting: Targeting): { depth: number; conditions: number } {
  if ('attribute' in targeting) return { depth: 1, conditions: 1 }
  const inside = [...(targeting.all ?? []), ...(targeting.any ?? []), ...(targeting.not ? [targeting.not] : [])]
  const sizes = inside.map(sizeOf)
  return {
    depth: 1 + Math.max(0, ...sizes.map(({ depth }) => depth)),
    conditions: sizes.reduce((sum, { conditions }) => sum + conditions, 0),
  }
}
