import { longestRangeDays, usualRangeDays } from '../contract/admin/output-checks.ts'
import { Fault } from '../core/fault.ts'
import type { Stores } from '../store/ports.ts'
import { findPrompt } from './find-prompt.ts'

export interface CountedOutputChecks {
  readonly slug: string
  /** Milliseconds since 1970. */
  readonly from: number
  readonly until: number
  readonly versions: Awaited<ReturnType<Stores['outputChecks']['count']>>
}

const dayMs = 86_400_000

/**
 * What checking the answers of a prompt found, by version. `from` and `until`: milliseconds since 1970; left out, the last
 * days until `now`.
 *
 * @throws Fault `not_found`; `invalid_request` for a range that is empty or too long.
 */
export async function countOutputChecks(
  stores: Pick<Stores, 'prompts' | 'outputChecks'>,
  tenantId: string,
  slug: string,
  range: { readonly from: number | undefined; readonly until: number | undefined },
  now: number,
): Promise<CountedOutputChecks> {
  const until = range.until ?? now
  const from = range.from ?? Math.max(0, until - usualRangeDays * dayMs)
  if (from >= until) {
    throw new Fault('invalid_request', '`from` must be before `until`.', { param: 'from' })
  }
  if (until - from > longestRangeDays * dayMs) {
    const message = `The range from \`from\` until \`until\` must not be longer than ${longestRangeDays} days. Ask for a shorter one.`
    throw new Fault('invalid_request', message, { param: 'from' })
  }
  const prompt = await findPrompt(stores.prompts, tenantId, slug)
  const versions = await stores.outputChecks.count(tenantId, prompt.slug, { from, until })
  return { slug: prompt.slug, from, until, versions }
}
