import type { Row } from './rows.ts'
import { kindsOfType, secretType } from './span-types.ts'

/** What can be evaluated, and the type of guardrail that is. */
export const guardrailOf = { injection: 'injection', pii: 'pii', toxic: 'toxicity', secrets: 'secrets' } as const
export type EvaluationKind = keyof typeof guardrailOf

/** Whether the text has to be reported by a guardrail of the kind. */
export function isPositive(kind: EvaluationKind, row: Row): boolean {
  const isOfSecrets = row.kind === 'secret' || row.kind === 'secret-hard-negative'
  if (kind === 'secrets') {
    if (row.spans === null) return row.label
    return row.spans.some(({ type }) => type === secretType)
  }
  if (kind === 'pii') {
    // The same files mark credentials, which are no personal data.
    if (isOfSecrets) return false
    if (row.spans === null) return row.label
    return row.spans.some(({ type }) => kindsOfType[type] !== undefined)
  }
  return row.label
}

/** Whether the row is a text that looks like what is looked for, and holds none of it. */
export function isHardNegative(kind: EvaluationKind, row: Row): boolean {
  return !isPositive(kind, row) && row.kind.includes('hard-negative')
}
