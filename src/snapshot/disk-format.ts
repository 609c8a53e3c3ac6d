import { z } from 'zod'
import { experimentBodySchema } from '../contract/experiment-body.ts'
import { guardrailBodySchema } from '../contract/guardrail-body.ts'
import { modelFactsSchema } from '../contract/model-facts.ts'
import { routeBodySchema } from '../contract/route-body.ts'
import type { SnapshotChange } from './change.ts'
import { defaultCredential } from './snapshot.ts'

/*
 * The last good snapshot on disk, one JSON value on each line:
 *
 *   {"format":1,"version":"4711"}       which state it was written from
 *   {"noun":"prompt", …}                one SnapshotChange each; secrets are sealed as in the database
 *   {"commit":"4711"}                   all lines above belong to this state
 *   {"noun":"prompt", …}                later changes, appended
 *   {"commit":"4712"}
 *
 * What follows the last commit is a write that was cut off, and does not count.
 */

export const diskFormat = 1

const prices = z.strictObject({
  input_usd_per_million_tokens: z.number(),
  output_usd_per_million_tokens: z.number(),
  cache_read_usd_per_million_tokens: z.number().optional(),
  cache_write_usd_per_million_tokens: z.number().optional(),
  cache_write_one_hour_usd_per_million_tokens: z.number().optional(),
})
const version = z.strictObject({ number: z.int(), semver: z.string().nullable(), hash: z.string(), body: z.string() })
const prompt = z.strictObject({
  tenantId: z.string(),
  slug: z.string(),
  aliases: z.array(z.string()),
  /** Lines of earlier versions have none. */
  category: z.string().nullable().default(null),
  labels: z.record(z.string(), z.int()),
  versions: z.array(version),
})
const key = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  hash: z.string(),
  scopes: z.array(z.string()),
  /** Lines of earlier versions have none. */
  roles: z.array(z.string()).default([]),
  expiresAt: z.number().nullable(),
})
const credential = z.strictObject({
  provider: z.string(),
  /** Lines of earlier versions have none. */
  name: z.string().default(defaultCredential),
  sealedApiKey: z.string().nullable(),
  baseUrl: z.string().nullable(),
})
const model = z.strictObject({
  id: z.string(),
  aliases: z.array(z.string()),
  prices: prices.nullable(),
  /** Lines of earlier versions have none. */
  facts: modelFactsSchema.nullable().default(null),
})
const route = z.strictObject({ slug: z.string(), body: routeBodySchema })
const chain = z.strictObject({
  tenantId: z.string(),
  slug: z.string(),
  activeVersion: z.int(),
  versions: z.array(z.strictObject({ number: z.int(), body: z.string() })),
})
const guardrail = z.strictObject({ tenantId: z.string(), slug: z.string(), body: guardrailBodySchema })

const experiment = z.strictObject({
  tenantId: z.string(),
  slug: z.string(),
  kind: z.enum(['experiment', 'rollout']),
  body: experimentBodySchema,
  seed: z.string(),
  startedAt: z.number(),
  phases: z.array(
    z.strictObject({
      number: z.int(),
      startedAt: z.number(),
      weights: z.record(z.string(), z.number()),
      units: z.string().nullable(),
    }),
  ),
})

const header = z.strictObject({ format: z.int(), version: z.string() })
const commit = z.strictObject({ commit: z.string() })
const change = z.discriminatedUnion('noun', [
  z.strictObject({ noun: z.literal('prompt'), tenantId: z.string(), id: z.string(), value: prompt.nullable() }),
  z.strictObject({ noun: z.literal('key'), id: z.string(), value: key.nullable() }),
  z.strictObject({ noun: z.literal('credential'), id: z.string(), value: credential.nullable() }),
  z.strictObject({ noun: z.literal('model'), id: z.string(), value: model.nullable() }),
  z.strictObject({ noun: z.literal('route'), id: z.string(), value: route.nullable() }),
  z.strictObject({ noun: z.literal('chain'), tenantId: z.string(), id: z.string(), value: chain.nullable() }),
  z.strictObject({ noun: z.literal('guardrail'), tenantId: z.string(), id: z.string(), value: guardrail.nullable() }),
  z.strictObject({ noun: z.literal('experiment'), tenantId: z.string(), id: z.string(), value: experiment.nullable() }),
])

export type DiskLine =
  | { readonly kind: 'header'; readonly format: number; readonly version: string }
  | { readonly kind: 'commit'; readonly version: string }
  | { readonly kind: 'change'; readonly change: SnapshotChange }

/** Throws when the line is none of the three. */
export function parseDiskLine(line: string): DiskLine {
  const value: unknown = JSON.parse(line)
  if (typeof value === 'object' && value !== null) {
    if ('noun' in value) return { kind: 'change', change: change.parse(value) }
    if ('commit' in value) return { kind: 'commit', version: commit.parse(value).commit }
  }
  return { kind: 'header', ...header.parse(value) }
}

export const headerLine = (version: string): string => `${JSON.stringify({ format: diskFormat, version })}\n`
export const commitLine = (version: string): string => `${JSON.stringify({ commit: version })}\n`
export const changeLine = (value: SnapshotChange): string => `${JSON.stringify(value)}\n`
