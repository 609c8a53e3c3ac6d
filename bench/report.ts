/** One measured number; the same subject and name may come several times, once a round. */
export interface Figure {
  readonly subject: string
  readonly name: string
  readonly value: number
}

/** A table of medians, subjects as columns, and one of their ratios to the first two subjects that have the figure. */
export function printTables(figures: readonly Figure[], subjects: readonly string[]): string {
  const names = [...new Set(figures.map((figure) => figure.name))]
  const medianOf = (subject: string, name: string): number | null =>
    median(figures.filter((figure) => figure.subject === subject && figure.name === name).map((figure) => figure.value))
  const rows = names.map((name) => [name, ...subjects.map((subject) => format(medianOf(subject, name)))])
  const ratioRows = names.map((name) => {
    const ours = medianOf(subjects.at(-1) ?? '', name)
    return [name, ...subjects.map((subject) => ratio(ours, medianOf(subject, name)))]
  })
  return [
    '\nMedians\n',
    markdownTable(['', ...subjects], rows),
    `\n${subjects.at(-1) ?? ''} divided by each\n`,
    markdownTable(['', ...subjects], ratioRows),
    '',
  ].join('\n')
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null
}

function format(value: number | null): string {
  if (value === null || Number.isNaN(value)) return ''
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

function ratio(ours: number | null, theirs: number | null): string {
  return ours === null || theirs === null || theirs === 0 ? '' : (ours / theirs).toFixed(2)
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
