import { findChainLoop, loopText } from '../chains/chain-cycles.ts'
import { compileChain } from '../chains/compile-chain.ts'
import type { CompiledChain, CompiledStep, StepTarget } from '../chains/compiled-chain.ts'
import type { ChainProblem } from '../chains/mapping.ts'
import type { ChainReference } from '../chains/reference.ts'
import { fieldPath } from '../contract/admin/explain-issues.ts'
import type { ChainBody } from '../contract/chain-body.ts'
import { Fault } from '../core/fault.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { resolveVersion } from '../prompts/resolve.ts'
import { implicitSelector, parseSelectedId } from '../prompts/selector.ts'
import { variablesOf } from '../prompts/variable-diff.ts'
import { declaredNames } from '../prompts/variables.ts'
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
  return stepWarnings(chain, tenantId, snapshot)
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

/** What its steps ask and nobody has yet, and what they tell it otherwise than it wants to be told. */
function stepWarnings(chain: CompiledChain, tenantId: string, snapshot: Snapshot): readonly string[] {
  return chain.steps.flatMap((step) => {
    const { name, target, fallback } = step
    const first = targetWarnings(step, target, tenantId, snapshot).map((text) => `step \`${name}\`: ${text}`)
    if (fallback === null || !('target' in fallback)) return first
    const second = targetWarnings(step, fallback.target, tenantId, snapshot)
    return [...first, ...second.map((text) => `fallback of step \`${name}\`: ${text}`)]
  })
}

function targetWarnings(
  step: CompiledStep,
  target: StepTarget,
  tenantId: string,
  snapshot: Snapshot,
): readonly string[] {
  if (target.kind === 'chain') {
    const found = servedChain(snapshot, tenantId, target)
    return found === null ? [`there is no chain \`${target.slug}\` with this version yet`] : []
  }
  const found = askedVersion(target.reference, tenantId, snapshot)
  return typeof found === 'string' ? [found] : variableWarnings(step, target.reference, found)
}

/** What the prompt's reference means now, or why it means nothing. */
function askedVersion(reference: string, tenantId: string, snapshot: Snapshot): VersionBody | string {
  const read = parseSelectedId(reference)
  if (typeof read === 'string') return read
  const prompt = snapshot.prompts.get(promptKey(tenantId, read.id))
  if (prompt === undefined) return `there is no prompt \`${read.id}\` yet`
  try {
    return resolveVersion(prompt, read.selector ?? implicitSelector).version.compiled().body
  } catch (error) {
    if (error instanceof Fault) return error.message.replace(/\.$/, '')
    throw error
  }
}

/** A step whose variables are not those of its prompt would be refused at every call, or answer without them. */
function variableWarnings(step: CompiledStep, reference: string, body: VersionBody): readonly string[] {
  const wanted = variablesOf(body)
  const given = new Set(step.variables.map(([name]) => name))
  const missing = [...wanted].filter(([name, { needed }]) => needed && !given.has(name))
  const unknown = takesAnyName(body) ? [] : [...given].filter((name) => !wanted.has(name))
  return [
    ...missing.map(([name]) => `\`variables\` gives no \`${name}\`, which \`${reference}\` requires`),
    ...unknown.map((name) => `\`variables.${name}\` is not known to \`${reference}\``),
  ].slice(0, mostListed)
}

function takesAnyName({ variables }: VersionBody): boolean {
  const schema = variables ?? {}
  return declaredNames(schema) === null || schema['patternProperties'] !== undefined
}
