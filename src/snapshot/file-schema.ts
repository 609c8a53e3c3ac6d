import { z } from 'zod'
import { chainBodyShape, chainMetadataShape, chainSlugSchema, requireStorable } from '../contract/chain-body.ts'
import { createKey } from '../contract/admin/keys.ts'
import { putModel } from '../contract/admin/models.ts'
import { createPrompt } from '../contract/admin/prompts.ts'
import { experimentShape, experimentSlugSchema } from '../contract/experiment-body.ts'
import { guardrailBodySchema, guardrailSlugSchema } from '../contract/guardrail-body.ts'
import { labelSchema, slugSchema } from '../contract/names.ts'
import { routeBodySchema, routeSlugSchema } from '../contract/route-body.ts'
import { versionBodySchema } from '../contract/version-body.ts'

/*
 * The shapes of `promptbox.yaml`, of the files in its `prompts_dir`, and of PROMPTBOX_PROMPTS_JSON. They are made from those
 * of the admin API, so that the two cannot drift apart. Messages are clauses that follow the name of the field.
 */

const promptShape = shapeOf(createPrompt.body)
const keyShape = shapeOf(createKey.body)
const modelBody = bodyOf(putModel.body)

const labelsList = z.array(labelSchema).max(50, 'must have at most 50 entries')
const labelsMap = z.record(labelSchema, z.int().min(1, 'must be the number of a version, 1 or more'))

/** One prompt: what `POST /admin/v1/prompts` takes, with one `version` or several `versions`. */
export const promptEntry = z
  .strictObject({
    ...promptShape,
    slug: slugSchema.optional(),
    name: promptShape.name.optional(),
    version: versionBodySchema.optional(),
    versions: z
      .array(versionBodySchema)
      .min(1, 'must have at least one entry')
      .max(1000, 'must have at most 1000 entries')
      .optional(),
    labels: z
      .union([labelsList, labelsMap], 'must be a list of labels, or a map from label to version number')
      .optional(),
  })
  .superRefine((entry, issues) => {
    const both = entry.version !== undefined && entry.versions !== undefined
    if (both)
      issues.addIssue({
        code: 'custom',
        path: ['versions'],
        message: 'must not stand beside `version`: keep one of them',
      })
    if (entry.version === undefined && entry.versions === undefined) {
      issues.addIssue({ code: 'custom', path: [], message: 'has no version: give `version`, or `versions` as a list' })
    }
  })

export type PromptEntryInput = z.output<typeof promptEntry>

const keyEntry = z
  .strictObject({
    ...keyShape,
    name: keyShape.name.optional(),
    key: z
      .string()
      .regex(
        /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/,
        'must be `${NAME}`, an environment variable that holds the key: no secret belongs in a file',
      )
      .optional(),
    key_hash: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/, 'must be the HMAC-SHA-256 of the key, 43 characters of base64url')
      .optional(),
  })
  .refine(
    (entry) => (entry.key === undefined) !== (entry.key_hash === undefined),
    'must have either `key` or `key_hash`',
  )

/** One chain: what `POST /admin/v1/chains` takes; its slug is the name it stands under. */
const chainEntry = z
  .strictObject({
    slug: chainSlugSchema.optional(),
    ...chainMetadataShape,
    ...chainBodyShape,
    change_note: z.string().max(2000, 'must have at most 2000 characters').nullable().optional(),
  })
  .superRefine(requireStorable)

/** One guardrail: what `POST /admin/v1/guardrails` takes; its slug is the name it stands under. */
const guardrailEntry = z.strictObject({ slug: guardrailSlugSchema.optional(), ...guardrailBodySchema.shape })

/** One experiment: what `POST /admin/v1/experiments` takes; its slug is the name it stands under. */
const experimentEntry = z.strictObject({ slug: experimentSlugSchema.optional(), ...experimentShape })

/** As many as may run of those that are stored. */
const mostExperiments = 200

export type ExperimentEntryInput = z.output<typeof experimentEntry>
export type GuardrailEntryInput = z.output<typeof guardrailEntry>
export type ChainEntryInput = z.output<typeof chainEntry>
export type KeyEntryInput = z.output<typeof keyEntry>
export type ModelEntryInput = z.output<typeof modelBody>

/** Keys of the `keys` map become part of the key id that is noted on every exchange. */
const keySlug = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/,
    'must be 1 to 100 letters, digits, `_`, `.` or `-`, and begin with a letter or digit',
  )

/** `promptbox.yaml` as a whole. */
export const fileSchema = z.strictObject({
  prompts: z.record(slugSchema, promptEntry).nullish(),
  prompts_dir: z.string().min(1, 'must name a directory').nullish(),
  models: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}\/[\x21-\x7e]{1,255}$/, 'must be `<provider>/<model>`'),
      modelBody,
    )
    .nullish(),
  routes: z.record(routeSlugSchema, routeBodySchema).nullish(),
  chains: z.record(chainSlugSchema, chainEntry).nullish(),
  keys: z.record(keySlug, keyEntry).nullish(),
  guardrails: z.record(guardrailSlugSchema, guardrailEntry).nullish(),
  experiments: z
    .record(experimentSlugSchema, experimentEntry)
    .refine((entries) => Object.keys(entries).length <= mostExperiments, `must have at most ${mostExperiments} entries`)
    .nullish(),
})

/** PROMPTBOX_PROMPTS_JSON: what stands under `prompts` in the file. */
export const promptsSchema = z.record(slugSchema, promptEntry)

function bodyOf<Body extends z.ZodType>(body: Body | null): Body {
  if (body === null) throw new Error('This endpoint of the admin API takes no body.')
  return body
}

function shapeOf<Shape extends z.core.$ZodShape>(body: z.ZodObject<Shape, z.core.$strict> | null): Shape {
  return bodyOf(body).shape
}
