import type { OperatorPrices } from '../snapshot/snapshot.ts'

/**
 * The dearest model ever sold asked 600 US dollars for a million tokens, the cheapest 0.002. A price per token or per
 * thousand tokens, typed where the price per million belongs, falls below this band; one per million typed in cents or
 * twice scaled, above.
 */
const dearest = 2000
const cheapest = 0.0005

const fields = [
  'input_usd_per_million_tokens',
  'output_usd_per_million_tokens',
  'cache_read_usd_per_million_tokens',
  'cache_write_usd_per_million_tokens',
  'cache_write_one_hour_usd_per_million_tokens',
] as const satisfies readonly (keyof OperatorPrices)[]

/**
 * Looks for a price in the wrong unit. Gives a message naming the field, the rule and what was probably meant, or null
 * when all is sane. 0 is sane: some models are free.
 */
export function checkPrices(prices: OperatorPrices): string | null {
  for (const field of fields) {
    const usd = prices[field]
    if (usd === undefined) continue
    if (!Number.isFinite(usd) || usd < 0) {
      return `${field} is ${usd}: it must be a number of US dollars for one million tokens, 0 or more.`
    }
    if (usd > dearest) {
      return (
        `${field} is ${usd}: more than ${dearest} US dollars for one million tokens, which no model costs. ` +
        'Give the price in US dollars (not cents) for one million tokens.'
      )
    }
    if (usd > 0 && usd < cheapest) {
      return (
        `${field} is ${usd}: less than ${cheapest} US dollars for one million tokens. ` +
        `That looks like the price of one token. If so, write ${meantPerMillion(usd)}; if the model is free, write 0.`
      )
    }
  }
  return null
}

function meantPerMillion(usdPerToken: number): number {
  return Number((usdPerToken * 1_000_000).toPrecision(12))
}
