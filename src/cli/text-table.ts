/** Rows as text in columns, the headings first. Nothing in a cell breaks the line. */
export function textTable(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  if (rows.length === 0) return ''
  const cells = [headings, ...rows.map((row) => row.map(cellText))]
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

const longestCell = 80

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '-'
  if (Array.isArray(value)) return value.length === 0 ? '-' : cellText(value.map(String).join(', '))
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const flat = text.replaceAll(/\s+/g, ' ')
  return flat.length > longestCell ? `${flat.slice(0, longestCell - 1)}…` : flat
}
