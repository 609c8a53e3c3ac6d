import { z } from 'zod'
import { requireModel } from './names.ts'

/** What is known of a model besides its price. Everything may be unknown; unknown is absent, never false or 0. */

const tokens = z.int().min(1, 'must be 1 or more').max(1_000_000_000, 'must be at most 1000000000')
const day = z.iso.date('must be a day such as `2026-11-30`')

export const capabilityNames = ['tools', 'vision', 'json', 'audio', 'documents', 'reasoning'] as const
export type Capability = (typeof capabilityNames)[number]

export const modelFactsSchema = z
  .strictObject({
    context_window: tokens.optional().meta({ description: 'Tokens of request and answer together.' }),
    max_output_tokens: tokens.optional().meta({ description: 'Tokens of one answer.' }),
    capabilities: z
      .strictObject(
        Object.fromEntries(capabilityNames.map((name) => [name, z.boolean().optional()])) as Record<
          Capability,
          z.ZodOptional<z.ZodBoolean>
        >,
      )
      .optional()
      .meta({ description: 'What it can do; one that is left out is unknown.' }),
    sunset_at: day.optional().meta({
      description:
        'First day on which the provider no longer serves it. Before it an answer warns; from then on the successor answers.',
    }),
    successor: z
      .string()
      .min(1)
      .max(256)
      .superRefine(requireModel)
      .optional()
      .meta({ description: 'Model that answers instead once this one has ended.' }),
  })
  .meta({ id: 'ModelFacts' })
export type ModelFacts = z.infer<typeof modelFactsSchema>
