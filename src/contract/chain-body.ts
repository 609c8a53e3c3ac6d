import { z } from 'zod'
import type { JsonObject, JsonValue } from '../core/json.ts'
import { notAModel, promptIdPattern } from './names.ts'
import { noteUnstorable } from './version-body.ts'

/**
 * The body of a chain: steps that each ask a prompt (or another chain), what each of them is told of the input and of the
 * steps before it, and what becomes of it all. Here are the shapes; that steps, mappings and conditions fit together is
 * checked by `chains/compile-chain.ts`. Messages of rules are clauses that follow the name of the field.
 */

/** More steps than this are a program, not a chain. */
const mostSteps = 32
const maxTemplateChars = 64 * 1024
const maxTimeoutMs = 3_600_000
const maxBudgetUsd = 1_000_000

export const chainSlugRule =
  'must be 1 to 128 lower-case letters, digits, `_`, `.` or `-`, beginning with a letter or digit, such as `triage`'

export const chainSlugSchema = z
  .string(chainSlugRule)
  .regex(promptIdPattern, chainSlugRule)
  .meta({ description: 'Slug of a chain; it is called as `chain:<slug>`.', examples: ['triage'] })

const stepNameRule =
  'must be 1 to 64 lower-case letters, digits, `_` or `-`, beginning with a letter, such as `summarise`'
const stepName = z
  .string(stepNameRule)
  .regex(/^[a-z][a-z0-9_-]{0,63}$/, stepNameRule)
  .meta({ description: 'Name of a step.', examples: ['summarise'] })

const referenceRule =
  'must name a prompt, such as `summarise` or `summarise@3`, or another chain, such as `chain:triage`'
const reference = z.string(referenceRule).min(1, referenceRule).max(256, referenceRule)

const template = z.string().max(maxTemplateChars, `must have at most ${maxTemplateChars} characters`)
const milliseconds = z
  .int('must be a whole number of milliseconds')
  .min(1, 'must be 1 or more')
  .max(maxTimeoutMs, `must be at most ${maxTimeoutMs} (an hour)`)

/** Comes out of a JSON or YAML parser. */
const anyValue = z.unknown() as unknown as z.ZodType<JsonValue>
const anyObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>

const fallbackRule = 'must be the reference of a prompt or chain, or a text as {"text": "…"}'

const stepSchema = z
  .strictObject({
    name: stepName,
    prompt: reference.meta({
      description: 'What is asked: `<slug>` or `<slug>@<selector>` of a prompt, `chain:<slug>` of another chain.',
    }),
    variables: z
      .record(z.string().min(1, 'must not be empty').max(128, 'must have at most 128 characters'), anyValue)
      .refine((variables) => Object.keys(variables).length <= 100, 'must have at most 100 entries')
      .optional()
      .meta({
        description:
          'Value of each variable of the prompt. Texts see `{{input.<variable>}}`, `{{input.messages}}`, `{{steps.<name>.output}}` and `{{steps.<name>.json.<path>}}`; one that is a single `{{…}}` keeps its type.',
        examples: [{ text: '{{input.text}}', notes: '{{steps.summarise.output}}' }],
      }),
    messages: z
      .literal('{{input.messages}}', 'must be `{{input.messages}}`: the messages of the request, as they are')
      .optional()
      .meta({ description: 'Passes the messages of the request on to this step. Left out: it gets none.' }),
    when: z
      .union([template, anyObject], 'must be a template such as `{{steps.a.output}}`, or a condition as an object')
      .optional()
      .meta({
        description:
          'The step is skipped when this does not hold: a template whose value must be truthy, a comparison such as `{{steps.a.output}} == billing`, `{"value": "{{steps.a.output}}", "equals" | "not_equals" | "contains" | "not_contains" | "matches" | "exists": …}`, or `all`, `any` and `not` of such.',
        examples: [{ value: '{{steps.classify.output}}', equals: 'billing' }],
      }),
    after: z
      .array(stepName)
      .max(mostSteps, `must have at most ${mostSteps} entries`)
      .refine((names) => new Set(names).size === names.length, 'must not name anything twice')
      .optional()
      .meta({
        description:
          'Steps this one waits for. Left out: those it uses, and for the step that answers all before it; `[]`: none, it begins at once.',
      }),
    fallback: z
      .union([reference, z.strictObject({ text: template })], fallbackRule)
      .optional()
      .meta({ description: 'Answers in its place when the step fails: another prompt or chain, or a text.' }),
    model: z
      .string()
      .min(1, 'must not be empty')
      .max(256, 'must have at most 256 characters')
      .refine((name) => notAModel(name) === null, 'must name a model; what is asked is the field `prompt`')
      .optional()
      .meta({ description: 'Instead of the model of the prompt, unless it locks it.' }),
    timeout_ms: milliseconds.optional().meta({ description: 'Of the step with all its attempts.' }),
  })
  .meta({ id: 'ChainStep' })

const budgetSchema = z.strictObject({
  usd: z
    .number()
    .gt(0, 'must be more than 0')
    .max(maxBudgetUsd, `must be at most ${maxBudgetUsd}`)
    .optional()
    .meta({ description: 'US dollars: no further step begins once so much was spent.' }),
  ms: milliseconds.optional().meta({ description: 'Of the whole chain; what still runs then is cancelled.' }),
})

/** What a version of a chain consists of. */
export const chainBodyShape = {
  steps: z
    .array(stepSchema)
    .min(1, 'must have at least one step')
    .max(mostSteps, `must have at most ${mostSteps} steps`),
  output: template.min(1, 'must not be empty').optional().meta({
    description:
      'What the chain answers, such as `{{steps.reply.output}}`. Left out, or `{{steps.last.output}}` where no step is called `last`: the output of the last step that ran.',
  }),
  budget: budgetSchema.optional(),
}

/** Refuses what JSON has no text for, and nesting without end, which a YAML file can have. */
export function requireStorable(body: object, issues: z.RefinementCtx): void {
  noteUnstorable(body, (path, message) => issues.addIssue({ code: 'custom', path, message }))
}

export const chainBodySchema = z.strictObject(chainBodyShape).superRefine(requireStorable)
export type ChainBody = z.infer<typeof chainBodySchema>
export type ChainStep = z.infer<typeof stepSchema>

/** What people call a chain, and what it is for. */
export const chainMetadataShape = {
  name: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(200, 'must have at most 200 characters')
    .optional()
    .meta({ description: 'For people. Left out: the slug.' }),
  description: z.string().max(2000, 'must have at most 2000 characters').nullable().optional(),
}
