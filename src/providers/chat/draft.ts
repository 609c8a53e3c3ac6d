/** Parsed JSON that came from an upstream and is ours alone, so a rule may change it in place. */
export type Draft = Record<string, unknown>

export function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A string with something in it, a number as its digits, else null. */
export function filled(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null
}
