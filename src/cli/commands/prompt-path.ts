import type { Json } from '../admin-client.ts'
import { CommandError, exitCodes } from '../command.ts'

/** Address of a prompt, or of something below it. */
export function promptPath(slug: string, ...steps: readonly (string | number)[]): string {
  return ['/prompts', ...[slug, ...steps].map((step) => encodeURIComponent(step))].join('/')
}

/** The number that `3`, `v3`, `latest` or a label means for a prompt as the admin API shows it. */
export function versionNumber(prompt: Json, selector: string): number {
  if (/^v?[1-9]\d{0,9}$/.test(selector)) return Number(selector.replace('v', ''))
  const labels = prompt['labels'] as Readonly<Record<string, number>>
  const number =
    selector === 'latest' ? prompt['latest_version'] : Object.hasOwn(labels, selector) ? labels[selector] : null
  if (typeof number === 'number') return number
  const known = ['latest', ...Object.keys(labels)].join(', ')
  throw new CommandError(
    `Prompt '${String(prompt['slug'])}' has no version '${selector}'. Give a number, or one of: ${known}.`,
    exitCodes.usage,
  )
}
