import type { ChainReference } from './reference.ts'
import type { CompiledChain } from './compiled-chain.ts'
import { targetsOf } from './compile-chain.ts'

/** Chains in chains, the outermost counted. */
export const mostChainDepth = 4

/** What is wrong with how chains call each other. */
export type ChainLoop =
  /** The way from a chain back to itself, `['a', 'b', 'a']`. */
  | { readonly kind: 'cycle'; readonly way: readonly string[] }
  /** A way that is longer than chains may lie in each other. */
  | { readonly kind: 'depth'; readonly way: readonly string[] }

/**
 * Looks where a chain leads to: null when every way ends within `mostChainDepth`. A chain that is not there leads nowhere.
 * The work is bounded by the number of chains, not by that of the ways.
 */
export function findChainLoop(
  slug: string,
  chain: CompiledChain,
  find: (reference: ChainReference) => CompiledChain | null,
): ChainLoop | null {
  /** The longest way on from a version that has been looked into. */
  const known = new Map<string, readonly string[]>()

  function longest(at: CompiledChain, way: readonly string[]): ChainLoop | readonly string[] {
    if (way.length > mostChainDepth) return { kind: 'depth', way }
    let best: readonly string[] = []
    for (const target of targetsOf(at)) {
      if (target.kind !== 'chain') continue
      if (way.includes(target.slug)) return { kind: 'cycle', way: [...way, target.slug] }
      const key = `${target.slug}@${target.version ?? ''}`
      const next = find(target)
      if (next === null) continue
      const on = known.get(key) ?? longest(next, [...way, target.slug])
      if ('kind' in on) return on
      known.set(key, on)
      if (way.length + 1 + on.length > mostChainDepth) return { kind: 'depth', way: [...way, target.slug, ...on] }
      if (on.length + 1 > best.length) best = [target.slug, ...on]
    }
    return best
  }

  const found = longest(chain, [slug])
  return 'kind' in found ? found : null
}

/** A clause that follows the name of the field. */
export function loopText({ kind, way }: ChainLoop): string {
  return kind === 'cycle'
    ? `would lead back to the chain itself: ${way.join(' → ')}. Take one of these steps out`
    : `would lead through more than ${mostChainDepth} chains in each other: ${way.join(' → ')}. Make it flatter`
}
