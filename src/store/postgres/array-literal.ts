/** A PostgreSQL array literal of numbers, booleans, uuids, moments: what needs no quoting. null is NULL. */
export function plainArray(values: readonly (string | number | boolean | null)[]): string {
  let text = '{'
  for (const [index, value] of values.entries()) text += (index === 0 ? '' : ',') + (value ?? 'NULL')
  return `${text}}`
}

/** A PostgreSQL array literal of any texts. null is NULL. */
export function textArray(values: readonly (string | null)[]): string {
  let text = '{'
  for (const [index, value] of values.entries())
    text += (index === 0 ? '' : ',') + (value === null ? 'NULL' : quoted(value))
  return `${text}}`
}

const special = /["\\]/g

function quoted(text: string): string {
  return `"${text.replace(special, '\\$&')}"`
}
