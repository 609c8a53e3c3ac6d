import { z } from 'zod'

/** How an exchange came to its variant; all null where it is in no experiment, but `unit`. */
export const exchangeAssignment = {
  experiment_phase: z
    .int()
    .nullable()
    .meta({ description: 'Phase of the experiment by whose split it got its variant.' }),
  assignment_reason: z.enum(['split', 'stored', 'override', 'request']).nullable().meta({
    description: 'Why it got its variant: by the split, as before, by a tester’s choice, or as a unit of its own.',
  }),
  experiment_excluded: z
    .enum(['override', 'unsticky', 'fallback', 'cache', 'request_override', 'moved'])
    .nullable()
    .meta({ description: 'Why it is kept out of the analysis, wholly or in part; null: it is not.' }),
  unit: z.string().nullable().meta({ description: 'Digest of whom it was for; null: nobody was named.' }),
}

export const noAssignment = {
  experiment_phase: null,
  assignment_reason: null,
  experiment_excluded: null,
  unit: null,
} as const
