import { experimentBodySchema, type ExperimentBody } from '../../../src/contract/experiment-body.ts'
import type { ExchangeRecord, RecordedAssignment } from '../../../src/core/record.ts'
import { digestOfUnit } from '../../../src/experiments/bucket.ts'
import type { Stores } from '../../../src/store/ports.ts'
import { exchangeRecord } from './exchange-record.ts'
import { actor, unique } from './subject.ts'

export function experimentBody(more: Partial<ExperimentBody> = {}): ExperimentBody {
  const variants = [{ name: 'control' }, { name: 'warm', version: 2 }]
  const given = { prompt: 'support-reply', variants, floors: {} }
  return { ...experimentBodySchema.parse(given), ...more }
}

/** Makes an experiment that runs since `startedAt`; gives its slug. */
export async function running(
  stores: Stores,
  body: ExperimentBody = experimentBody(),
  startedAt: number = Date.now() - 60_000,
  kind: 'experiment' | 'rollout' = 'experiment',
): Promise<string> {
  const slug = unique('experiment')
  await stores.experiments.create(actor, { slug, kind, body, seed: slug, rollout: null })
  const phases = [{ number: 1, startedAt, weights: { control: 1, warm: 1 }, units: null }]
  const change = { status: 'running', startedAt, phases, event: `${kind}_started` } as const
  await stores.experiments.change(actor, slug, () => change)
  return slug
}

export const unitOf = (name: string): string => digestOfUnit('default', name)

/** An exchange of a unit in an experiment. */
export function exposed(
  experiment: string,
  unit: string,
  variant: string,
  more: Partial<ExchangeRecord> = {},
  assignment: Partial<RecordedAssignment> = {},
): ExchangeRecord {
  return {
    ...exchangeRecord({ experiment, variant, unit: unitOf(unit), ...more }, more.createdAt),
    assignment: { phase: 1, reason: 'split', excluded: null, ...assignment },
  }
}
