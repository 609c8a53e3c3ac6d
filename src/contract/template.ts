import { z } from 'zod'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { slugSchema } from './names.ts'

/** Parts of a template: a starting point from which prompts are forked. */

/** Stands where the tenant of a template stands, for one that comes with the program. */
export const builtInOwner = 'built-in'

/** Stands in an address where a slug could stand. */
const reservedSlug = 'categories'

export const templateSlugSchema = slugSchema
  .refine((slug) => slug !== reservedSlug, `must not be \`${reservedSlug}\`: that is the address of the categories`)
  .meta({ description: 'Name of the template, unique in its tenant. Never changes.', examples: ['refund-reply'] })

export const complexities = ['low', 'medium', 'high'] as const
export type Complexity = (typeof complexities)[number]

const sentence = z.string().trim().min(1, 'must not be empty').max(1000, 'must have at most 1000 characters')

export const recommendedModelsSchema = z
  .array(
    z.strictObject({
      model: z.string().min(1, 'must name a model').max(256, 'must have at most 256 characters'),
      why: sentence,
    }),
  )
  .max(20, 'must have at most 20 entries')
  .meta({ description: 'Models that do this well, and why.' })
export type RecommendedModels = readonly { readonly model: string; readonly why: string }[]

export const recommendedSettingsSchema = z
  .array(
    z.strictObject({
      setting: z.string().min(1, 'must name a setting').max(128, 'must have at most 128 characters'),
      value: z.unknown() as unknown as z.ZodType<JsonValue>,
      why: sentence,
    }),
  )
  .max(50, 'must have at most 50 entries')
  .meta({ description: 'Settings of the version that matter here, and why.' })
export type RecommendedSettings = readonly {
  readonly setting: string
  readonly value: JsonValue
  readonly why: string
}[]

export const templateExampleSchema = z
  .strictObject({
    variables: z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>,
    output: z.string().min(1, 'must not be empty').max(20_000, 'must have at most 20000 characters'),
  })
  .meta({ description: 'One use: what was filled in, and what came out.' })
export interface TemplateExample {
  readonly variables: JsonObject
  readonly output: string
}

export const ratingSchema = z
  .int('must be a whole number from 1 to 5')
  .min(1, 'must be 1 or more')
  .max(5, 'must be at most 5')
