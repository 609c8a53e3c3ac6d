import { findChainLoop, loopText } from '../chains/chain-cycles.ts'
import { compileChain, targetsOf } from '../chains/compile-chain.ts'
import type { CompiledChain } from '../chains/compiled-chain.ts'
import type { ChainProblem } from '../chains/mapping.ts'
import type { ChainReference } from '../chains/reference.ts'
import { fieldPath } from '../contract/admin/explain-issues.ts'
import type { ChainBody } from '../contract/chain-body.ts'
import { Fault } from '../core/fault.ts'
import { resolveVersion } from '../prompts/resolve.ts'
import { implicitSelector, parseSelectedId } from '../prompts/selector.ts'
import { type Snapshot, promptKey } from '../snapshot/snapshot.ts'

const mostListed = 20

/**
 * Looks whether a chain can be served next to all that is served now. What it gives are warnings for its author.
 *
 * @throws Fault `invalid_request` that lists all that is wrong with it; `conflict` when its steps lead back to it, or too deep.
 */
export function requireUsableChain(
  body: ChainBody,
  { tenantId, slug }: { readonly tenantId: string; readonly slug: string },
  snapshot: Snapshot,
): readonly string[] {
  const problems: ChainProblem[] = []
  const chain = compileChain(body, (problem) => problems.push(problem))
  const [first] = problems
  if (first !== undefined) {
    const listed = problems
      .slice(0, mostListed)
      .map(({ path, message }) => `\`${fieldPath(path)}\` ${message.replace(/\.$/, '')}`)
    if (problems.length > mostListed) listed.push(`and ${problems.length - mostListed} more`)
    const count = problems.length > 1 ? `${problems.length} problems: ` : ''
    throw new Fault('invalid_request', `${count}${listed.join('; ')}.`, { param: fieldPath(first.path) })
  }
  const loop = findChainLoop(slug, chain, (reference) => servedChain(snapshot, tenantId, reference))
  if (loop !== null) {
    const code = loop.kind === 'cycle' ? 'chain_cycle' : 'chain_too_deep'
    throw new Fault('conflict', `steps: the chain ${loopText(loop)}.`, { param: 'steps', code })
  }
  return missing(chain, tenantId, snapshot)
}

/** null: it is not there, or cannot be used. */
function servedChain(snapshot: Snapshot, tenantId: string, { slug, version }: ChainReference): CompiledChain | null {
  const chain = snapshot.chains.get(promptKey(tenantId, slug))
  const found = chain?.versions.find(({ number }) => number === (version ?? chain.activeVersion))
  try {
    return found?.compiled() ?? null
  } catch (error) {
    // A broken one leads nowhere; whoever calls it is told so.
    if (error instanceof Fault) return null
    throw error
  }
}

/** What its steps ask and nobody has yet. */
function missing(chain: CompiledChain, tenantId: string, snapshot: Snapshot): readonly string[] {
  const warnings = new Set<string>()
  for (const target of targetsOf(chain)) {
    if (target.kind === 'chain') {
      if (servedChain(snapshot, tenantId, target) === null)
        warnings.add(`there is no chain \`${target.slug}\` with this version yet`)
      continue
    }
    const why = missingPrompt(target.reference, tenantId, snapshot)
    if (why !== null) warnings.add(why)
  }
  return [...warnings]
}

function missingPrompt(reference: string, tenantId: string, snapshot: Snapshot): string | null {
  const read = parseSelectedId(reference)
  if (typeof read === 'string') return read
  const prompt = snapshot.prompts.get(promptKey(tenantId, read.id))
  if (prompt === undefined) return `there is no prompt \`${read.id}\` yet`
  try {
    resolveVersion(prompt, read.selector ?? implicitSelector)
    return null
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}
