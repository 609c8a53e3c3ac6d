import type { MetricFacts } from '../../contract/experiment-metrics.ts'

/** Figures and metrics in sentences for people. */

/** Three digits that mean something, without an exponent: `812`, `0.0123`, `1,240`. */
export function figure(value: number): string {
  const size = Math.abs(value)
  if (size >= 1000) return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
  if (size === 0 || size < 1e-9) return '0'
  const digits = Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(size))))
  return Number(value.toFixed(digits)).toLocaleString('en-US', { maximumFractionDigits: 12 })
}

export function count(units: number, noun = 'unit'): string {
  return `${units.toLocaleString('en-US')} ${noun}${units === 1 ? '' : 's'}`
}

/** A share as per cent: `91.2 %`, of very small ones more digits. */
export function share(value: number): string {
  const percent = value * 100
  const digits =
    Math.abs(percent) >= 1 || percent === 0 ? 1 : Math.min(6, 1 - Math.floor(Math.log10(Math.abs(percent))))
  return `${percent.toFixed(digits)} %`
}

/** A value of a metric with what it is measured in. */
export function metricValue({ kind }: Pick<MetricFacts, 'kind'>, name: string, value: number): string {
  if (kind === 'rate') return share(value)
  if (name === 'cost_usd') return `$${figure(value)}`
  return name.endsWith('_ms') ? `${figure(value)} ms` : figure(value)
}

/** A difference with its interval: `+3.2 points, 1.4 to 5.0`. */
export function differenceText(
  { kind }: Pick<MetricFacts, 'kind'>,
  difference: number,
  interval: readonly [number, number] | null,
): string {
  const text = kind === 'rate' ? (value: number) => points(value, interval ?? [difference, difference]) : figure
  const sign = difference > 0 ? '+' : ''
  const noun = kind === 'rate' ? ' points' : ''
  const range = interval === null ? '' : `, ${text(interval[0])} to ${text(interval[1])}`
  return `${sign}${text(difference)}${noun}${range}`
}

/** So many digits that the width of the interval shows. */
function points(value: number, [low, high]: readonly [number, number]): string {
  const width = Math.abs(high - low) * 100 || 1
  const text = (value * 100).toFixed(Math.min(6, Math.max(1, 1 - Math.floor(Math.log10(width)))))
  return Number(text) === 0 ? text.replace('-', '') : text
}

/** `its success rate` of the label `the success rate`. */
export function its({ label }: Pick<MetricFacts, 'label'>): string {
  return label.startsWith('the ') ? `its ${label.slice(4)}` : `its ${label}`
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

export const quoted = (name: string): string => `\`${name}\``
