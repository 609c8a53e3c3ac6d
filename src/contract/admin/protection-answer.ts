import { z } from 'zod'

/** What a protected label asks for, as every answer shows it. */
export const protectionAnswer = z
  .object({
    approvals: z.int().meta({ description: 'Approvals by others than the author.' }),
    roles: z.array(z.string()).meta({ description: 'Whoever moves the label has one of these; empty: anybody may.' }),
    min_score: z.number().nullable().meta({
      description: 'Least score of the newest complete test run, which must have passed; null: none is asked.',
    }),
  })
  .meta({ id: 'Protection' })
export type ProtectionAnswer = z.input<typeof protectionAnswer>

export const protectionExample: ProtectionAnswer = { approvals: 1, roles: ['release-manager'], min_score: null }
