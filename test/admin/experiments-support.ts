import { newRequestId } from '../../src/core/ids.ts'
import type { ExchangeRecord } from '../../src/core/record.ts'
import { digestOfUnit } from '../../src/experiments/bucket.ts'
import { exchangeRecord } from '../store/contract/exchange-record.ts'
import { type Answer, type Subject, createSubject, createSupportReply, versionBody } from './subject.ts'

export const twoVariants = {
  slug: 'warmer-greeting',
  prompt: 'support-reply',
  variants: [
    { name: 'control', version: 1, weight: 50 },
    { name: 'warm', version: 2, weight: 50 },
  ],
}

/** A prompt with two versions, the first of them served. */
export async function withPrompt(subject: Subject = createSubject()): Promise<Subject> {
  await createSupportReply(subject)
  await subject.send('POST', '/v1/prompts/support-reply/versions', { ...versionBody, change_note: 'warmer' })
  return subject
}

export async function started(subject: Subject, body: Record<string, unknown> = {}): Promise<Subject> {
  const slug = typeof body['slug'] === 'string' ? body['slug'] : twoVariants.slug
  const created = await subject.send('POST', '/v1/experiments', { ...twoVariants, ...body })
  if (created.status !== 201) throw new Error(created.text)
  const begun = await subject.send('POST', `/v1/experiments/${slug}/start`)
  if (begun.status !== 200) throw new Error(begun.text)
  return subject
}

export const errorOf = ({ status, json }: Answer) => ({
  status,
  param: json['error']?.['param'],
  code: json['error']?.['code'],
})

export interface Served {
  readonly unit: string
  readonly variant: string
  readonly outcome?: 'ok' | 'error'
  readonly phase?: number
  readonly experiment?: string
}

/** Records one exchange for each, as the recording worker would, and folds them in. */
export async function serve(subject: Subject, served: readonly Served[]): Promise<void> {
  const now = subject.clock.now()
  const records = served.map(
    ({ unit, variant, outcome = 'ok', phase = 1, experiment = twoVariants.slug }): ExchangeRecord => ({
      ...exchangeRecord({ requestId: newRequestId(now) }, now),
      prompt: 'support-reply',
      outcome,
      experiment,
      variant,
      unit: digestOfUnit('default', unit),
      assignment: { phase, reason: 'split', excluded: null },
    }),
  )
  await subject.stores.exchangeWriter.write(records)
  while ((await subject.stores.experimentLedger.fold(2_000, now)) > 0);
}
