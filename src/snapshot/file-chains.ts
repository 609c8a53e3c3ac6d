import { findChainLoop, loopText } from '../chains/chain-cycles.ts'
import { compileChain } from '../chains/compile-chain.ts'
import type { CompiledChain } from '../chains/compiled-chain.ts'
import type { ChainBody } from '../contract/chain-body.ts'
import { fieldPath } from '../contract/admin/explain-issues.ts'
import type { ChainValue, SnapshotChange } from './change.ts'
import type { Mistake } from './file-entries.ts'
import type { ChainEntryInput } from './file-schema.ts'

/** The chains of `promptbox.yaml`: each has one version, which is active. */
export function chainChanges(
  chains: Readonly<Record<string, ChainEntryInput>>,
  tenantId: string,
  note: (mistake: Mistake) => void,
): SnapshotChange[] {
  const compiled = new Map<string, CompiledChain>()
  const changes = Object.entries(chains).map(([slug, { slug: own, steps, output, budget }]): SnapshotChange => {
    const path = ['chains', slug]
    if (own !== undefined && own !== slug) {
      const message = `The slug is '${slug}' already, by its place. Take \`slug\` out, or make it the same.`
      note({ path: [...path, 'slug'], message })
    }
    const body: ChainBody = {
      steps,
      ...(output === undefined ? {} : { output }),
      ...(budget === undefined ? {} : { budget }),
    }
    compiled.set(
      slug,
      compileChain(body, ({ path: on, message }) =>
        note({ path: [...path, ...on], message: `\`${fieldPath(on)}\` ${message}.` }),
      ),
    )
    const value: ChainValue = {
      tenantId,
      slug,
      activeVersion: 1,
      versions: [{ number: 1, body: JSON.stringify(body) }],
    }
    return { noun: 'chain', tenantId, id: slug, value }
  })
  for (const [slug, chain] of compiled) {
    const loop = findChainLoop(slug, chain, (reference) => compiled.get(reference.slug) ?? null)
    if (loop !== null) note({ path: ['chains', slug, 'steps'], message: `The steps ${loopText(loop)}.` })
  }
  return changes
}
