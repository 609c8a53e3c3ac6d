import { z } from 'zod'
import { type JsonObject, ownMember } from '../core/json.ts'

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

const rule: z.ZodType<Targeting> = z
  .lazy(() =>
    z.union(
      [conditionSchema, groupSchema],
      'must be a condition, such as {"attribute": "language", "equals": "de"}, or `all`, `any` or `not` of conditions',
    ),
  )
  .meta({ id: 'Targeting', description: 'A condition, or several put together.' })
const list = z
  .array(rule, 'must be a list of conditions')
  .min(1, 'must have at least one condition')
  .max(50, 'must have at most 50 conditions')
const groupSchema: z.ZodType<TargetingGroup> = z
  .strictObject({ all: list.optional(), any: list.optional(), not: rule.optional() })
  .refine((group) => Object.values(group).filter((value) => value !== undefined).length === 1, {
    message: 'must have exactly one of `all`, `any` and `not`',
    // What is no group must not look like one that is nearly right: the mistake is then told of the condition.
    abort: true,
  })

/**
 * All conditions and groups, none deeper than `mostTargetingDepth`, no more than `mostTargetingConditions` conditions. Its size is
 * looked at first: the rules themselves call each other, and what is nested without end would exhaust the stack.
 */
export const targetingSchema = z
  .preprocess((value, context) => {
    const mistake = tooLarge(value)
    if (mistake === null) return value
    context.addIssue({ code: 'custom', message: mistake })
    return z.NEVER
  }, rule)
  .meta({ description: 'Which requests take part. Left out: all.' })

/** Of anything that may be targeting: the rule that its size breaks; null: none. */
function tooLarge(targeting: unknown): string | null {
  const waiting = [{ value: targeting, depth: 1 }]
  let conditions = 0
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { value, depth } = at
    if (depth > mostTargetingDepth) {
      return `must not be deeper than ${mostTargetingDepth}; put conditions beside each other in one \`all\` or \`any\``
    }
    if (Array.isArray(value) || typeof value !== 'object' || value === null) continue
    const inside = groupNames.flatMap((name): unknown => ownMember(value as JsonObject, name) ?? [])
    if (inside.length === 0) conditions += 1
    if (conditions > mostTargetingConditions) {
      return `must have at most ${mostTargetingConditions} conditions in all; \`in\` and \`not_in\` take many values in one`
    }
    for (const part of inside) waiting.push({ value: part, depth: depth + 1 })
  }
  return null
}

const groupNames = ['all', 'any', 'not'] as const
