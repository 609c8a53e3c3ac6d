import { z } from 'zod'
import { guardrailBodySchema, guardrailRoles, guardrailSlugSchema, guardrailStages } from '../guardrail-body.ts'
import { defineEndpoint } from './endpoint.ts'
import { guardrailVerdict } from './guardrail-result.ts'

/** UTF-16 units. */
export const longestTrialText = 1_048_576
const mostTried = 50

const inlineGuardrail = guardrailBodySchema
  .extend({
    slug: guardrailSlugSchema
      .optional()
      .meta({ description: 'What it is called in the answer. Left out: `inline-1` and so on, by its place.' }),
  })
  .meta({ id: 'InlineGuardrail' })
export type InlineGuardrail = z.output<typeof inlineGuardrail>

const trialBody = z
  .strictObject({
    text: z
      .string()
      .max(longestTrialText, `must have at most ${longestTrialText} characters`)
      .meta({ description: 'What is looked at.' }),
    stage: z.enum(guardrailStages, 'must be `input` or `output`').optional().meta({
      description: 'Whether it is on its way to a model or back. Left out: `input`.',
    }),
    role: z.enum(guardrailRoles, 'must be `system`, `user`, `assistant` or `tool`').optional().meta({
      description: 'Whose words it is taken for. Left out: `user`; at stage `output`: `assistant`.',
    }),
    guardrails: z
      .array(z.union([guardrailSlugSchema, inlineGuardrail]), 'must be a list of slugs and guardrails')
      .min(1, 'must have at least one entry: leave it out for all')
      .max(mostTried, `must have at most ${mostTried} entries`)
      .optional()
      .meta({
        description:
          'Slugs, or guardrails as `POST /guardrails` takes them, which are tried without being stored. They look whether enabled or not, whatever their stages, roles and scope. Left out: all that are enabled for the stage.',
      }),
  })
  .meta({ id: 'TestGuardrails' })
export type TrialBody = z.output<typeof trialBody>

const trialAnswer = z
  .object({
    verdict: guardrailVerdict.meta({ description: 'The gravest of those outside of shadow mode.' }),
    text: z.string().meta({ description: 'As it would go on: with placeholders; empty when it is blocked.' }),
    findings: z.array(
      z.object({
        guardrail: z.string(),
        kind: z.string(),
        start: z.int().meta({ description: 'UTF-16 offset into the text that was sent.' }),
        end: z.int().meta({ description: 'Exclusive.' }),
        score: z.number(),
        took_ms: z.number().meta({ description: 'That its guardrail took in all.' }),
      }),
    ),
    results: z.array(
      z.object({
        guardrail: z.string(),
        verdict: guardrailVerdict.meta({ description: 'In shadow mode: what it would have been.' }),
        mode: z.string(),
        severity: z.string(),
        finding_count: z.int().meta({ description: 'All of them; the first 32 are listed.' }),
        took_ms: z.number(),
        problem: z.string().optional().meta({ description: 'Why it is `error` or `skipped`.' }),
      }),
    ),
  })
  .meta({ id: 'TestedGuardrails' })
export type TrialAnswer = z.input<typeof trialAnswer>

export const testGuardrails = defineEndpoint({
  id: 'testGuardrails',
  method: 'POST',
  path: '/guardrails/test',
  group: 'Guardrails',
  summary: 'Try guardrails on a text',
  description:
    'The same engine that requests go through; nothing is recorded or counted. Types that ask a model or a webhook really ask it.',
  body: trialBody,
  writes: false,
  answer: trialAnswer,
  example: {
    body: {
      text: 'Write to ada@example.com',
      guardrails: [{ slug: 'mail', type: 'pii', action: 'redact', settings: { kinds: ['email'] } }],
    },
    answer: {
      verdict: 'redact',
      text: 'Write to <EMAIL_1>',
      findings: [{ guardrail: 'mail', kind: 'email', start: 9, end: 24, score: 0.99, took_ms: 0.04 }],
      results: [
        {
          guardrail: 'mail',
          verdict: 'redact',
          mode: 'enforce',
          severity: 'warning',
          finding_count: 1,
          took_ms: 0.04,
        },
      ],
    },
  },
})
