import { Counter, type Registry } from 'prom-client'

/**
 * Series whose cells are found once and then counted into as plain numbers; Prometheus' own shapes are made when somebody
 * scrapes. prom-client hashes all labels at every increment, which is most of what a record would cost.
 */

export type Labels = Readonly<Record<string, string>>

/** One number of a counter. */
export interface Cell {
  value: number
}

/** A counter family: one cell for each set of labels asked for. The caller keeps the cell. */
export interface CellFamily {
  cell(labels: Labels): Cell
}

/** Registers a counter that reads its cells when scraped. */
export function createCounter(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
): CellFamily {
  const cells: { readonly labels: Labels; readonly cell: Cell }[] = []
  new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      this.reset()
      for (const { labels, cell } of cells) this.inc(labels, cell.value)
    },
  })
  return {
    cell(labels) {
      const cell = { value: 0 }
      cells.push({ labels, cell })
      return cell
    },
  }
}

/** One distribution of a histogram. */
export interface Distribution {
  observe(value: number): void
}

export interface HistogramFamily {
  distribution(labels: Labels): Distribution
  /** The family in Prometheus' text format, without a trailing line break. */
  render(): string
}

/** A histogram with these upper bounds, ascending; the last bucket, +Inf, comes on its own. */
export function createHistogram(name: string, help: string, bounds: readonly number[]): HistogramFamily {
  const distributions: { readonly labels: Labels; readonly counts: Float64Array; readonly total: Cell }[] = []
  return {
    distribution(labels) {
      const counts = new Float64Array(bounds.length + 1)
      const total = { value: 0 }
      distributions.push({ labels, counts, total })
      return {
        observe(value) {
          let index = 0
          while (index < bounds.length && value > (bounds[index] ?? Infinity)) index++
          counts[index] = (counts[index] ?? 0) + 1
          total.value += value
        },
      }
    },

    render() {
      const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`]
      for (const { labels, counts, total } of distributions) {
        const common = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`)
        let below = 0
        counts.forEach((count, index) => {
          below += count
          lines.push(`${name}_bucket{${[`le="${bounds[index] ?? '+Inf'}"`, ...common].join(',')}} ${below}`)
        })
        lines.push(`${name}_sum{${common.join(',')}} ${total.value}`, `${name}_count{${common.join(',')}} ${below}`)
      }
      return lines.join('\n')
    },
  }
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** Looks a value up, making it the first time. */
export function kept<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** Lets the first so many distinct values through and calls all later ones `other`, so that no user can fill memory with labels. */
export function boundedLabel(limit: number): (value: string) => string {
  const seen = new Set<string>()
  return (value) => {
    if (seen.has(value)) return value
    if (seen.size >= limit || value.length > 200) return 'other'
    seen.add(value)
    return value
  }
}
