import { z } from 'zod'
import { instant } from './fields.ts'

/** What a run of test cases is answered with, wherever one is. */

const usd = z.number().nullable()

const checkResult = z
  .object({
    type: z.string(),
    passed: z.boolean(),
    detail: z.string().meta({ description: 'What was found, as a sentence that begins with the type.' }),
  })
  .meta({ id: 'CheckResult' })

const caseResult = z
  .object({
    name: z.string(),
    passed: z.boolean().meta({ description: 'An answer came, and every check passed.' }),
    output: z
      .string()
      .nullable()
      .meta({ description: 'Text of the answer, cut when it is long; null: there was none, or it was not kept.' }),
    checks: z.array(checkResult),
    error: z.string().nullable().meta({ description: 'Why there was no answer; null: there was one.' }),
    asked_model: z
      .string()
      .nullable()
      .meta({ description: 'The one of `models` it was run against; null: the version’s own.' }),
    model: z.string().nullable().meta({ description: '`<provider>/<model>` that answered.' }),
    request_id: z
      .string()
      .nullable()
      .meta({ description: 'Its exchange: `GET /admin/v1/exchanges/{request_id}`. null: it was not run.' }),
    cost_usd: usd.meta({ description: 'Of the answer. null: unknown, or there was none.' }),
    latency_ms: z.number().nullable(),
  })
  .meta({ id: 'CaseResult' })

const rowFields = {
  id: z.string(),
  prompt: z.string().meta({ description: 'Slug of the prompt.' }),
  version: z.int(),
  passed: z.boolean().meta({ description: '`score` is at the version’s `quality_threshold` or above.' }),
  score: z
    .number()
    .meta({ description: 'Share of all checks that passed, 0 to 1; a case without checks counts as one.' }),
  complete: z.boolean().meta({
    description: 'All stored cases were run, with the version’s own model. Only such a run opens a gate.',
  }),
  trigger: z.enum(['demand', 'save', 'gate']).meta({ description: 'What it was run for.' }),
  cost_usd: usd.meta({ description: 'Of all answers and of judging them. null: a price is unknown.' }),
  created_by: z.string(),
  created_at: instant,
}

export const testRunRow = z.object(rowFields).meta({ id: 'TestRunRow' })
export type TestRunRowAnswer = z.input<typeof testRunRow>

export const testRunAnswer = z
  .object({ ...rowFields, threshold: z.number(), cases: z.array(caseResult) })
  .meta({ id: 'TestRun' })
export type TestRunAnswer = z.input<typeof testRunAnswer>
