import { z } from 'zod'

/** What guardrails said of one exchange, as the single view shows it. */

export const guardrailVerdict = z.enum(['pass', 'flag', 'redact', 'block', 'error', 'skipped'])

const finding = z.object({
  kind: z.string(),
  start: z.int().meta({ description: 'UTF-16 offset into the text it was found in.' }),
  end: z.int().meta({ description: 'Exclusive.' }),
  score: z.number(),
  place: z.string().meta({
    description:
      'Which text: of a request its number and role (`2/user`), of an answer the choice and the channel (`0/content`).',
  }),
})

export const guardrailResult = z
  .object({
    guardrail: z.string(),
    type: z.string(),
    stage: z.enum(['input', 'output']),
    verdict: guardrailVerdict.meta({ description: 'In shadow mode: what it would have been.' }),
    mode: z.enum(['enforce', 'shadow']),
    severity: z.string(),
    findings: z.array(finding).meta({ description: 'Where, never what. The first 32.' }),
    finding_count: z.int(),
    took_ms: z.number(),
    problem: z.string().optional().meta({ description: 'Why it is `error` or `skipped`.' }),
  })
  .meta({ id: 'GuardrailResult' })
export type GuardrailResultAnswer = z.input<typeof guardrailResult>
