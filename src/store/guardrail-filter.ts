import { guardrailSlugSchema } from '../contract/guardrail-body.ts'
import type { ExchangeFilter } from './ports.ts'

const words = { block: 'blocked', redact: 'redacted', flag: 'flagged', error: 'error', skipped: 'skipped' } as const

/** Fits nothing. */
const never = '^(?!)'

/**
 * What `ExchangeRecord.guardrails` (`blocked:a;flagged:b,c`) has to look like for the filter, as a pattern that JavaScript and
 * PostgreSQL read alike. null: anything.
 */
export function guardrailsPattern({
  guardrail,
  guardrailVerdict,
}: Pick<ExchangeFilter, 'guardrail' | 'guardrailVerdict'>): string | null {
  if (guardrail === undefined && guardrailVerdict === undefined) return null
  if (guardrailVerdict === 'pass') return guardrail === undefined ? '^pass$' : never
  const start = `(^|;)${guardrailVerdict === undefined ? '[a-z]+' : words[guardrailVerdict]}:`
  if (guardrail === undefined) return start
  // A slug has no character that means something in a pattern.
  return guardrailSlugSchema.safeParse(guardrail).success ? `${start}([^;]*,)?${guardrail}(,|;|$)` : never
}
