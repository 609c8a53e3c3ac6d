import type { z } from 'zod'
import { experimentBodySchema } from '../../src/contract/experiment-body.ts'
import type { Subject } from '../../src/experiments/assign.ts'
import { type RunningExperiment, compileExperiment } from '../../src/experiments/running-experiment.ts'
import type { ExperimentValue, PhaseValue } from '../../src/snapshot/change.ts'

export type ExperimentInput = Partial<z.input<typeof experimentBodySchema>>

/** A body with two variants of the same weight, `control` and `warmer`, and what is said besides. */
export function bodyOf(input: ExperimentInput = {}): ExperimentValue['body'] {
  return experimentBodySchema.parse({
    prompt: 'greet',
    variants: [{ name: 'control' }, { name: 'warmer', version: 2 }],
    ...input,
  })
}

/** It runs, in one phase with the weights of its variants unless others are given. */
export function valueOf(
  slug: string,
  input: ExperimentInput = {},
  { phases, ...value }: Partial<Omit<ExperimentValue, 'phases'>> & { phases?: readonly Partial<PhaseValue>[] } = {},
): ExperimentValue {
  const body = bodyOf(input)
  const weights = Object.fromEntries(body.variants.map(({ name, weight }) => [name, weight]))
  return {
    tenantId: 'default',
    slug,
    kind: 'experiment',
    body,
    seed: body.seed ?? slug,
    startedAt: 0,
    ...value,
    phases: (phases ?? [{}]).map((phase, at) => ({ number: at + 1, startedAt: at, weights, units: null, ...phase })),
  }
}

export function running(...value: Parameters<typeof valueOf>): RunningExperiment {
  return compileExperiment(valueOf(...value))
}

export function subject(
  unit: string | null,
  said: {
    readonly requestId?: string
    readonly attributes?: Readonly<Record<string, string>>
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Subject {
  const { requestId = 'request-1', attributes = {}, headers = {} } = said
  return {
    tenantId: 'default',
    unit,
    requestId,
    attribute: (name) => attributes[name],
    header: (name) => headers[name],
  }
}

/** `count` units, numbered. */
export function units(count: number, prefix = 'user-'): string[] {
  return Array.from({ length: count }, (_, number) => `${prefix}${number}`)
}
