import { Fault } from '../core/fault.ts'
import type { ChainStore, NewChain, NewChainVersion, StoredChain, StoredChainVersion } from '../store/chain-port.ts'
import type { Actor } from '../store/ports.ts'
import { requireUsableChain } from './check-chain.ts'
import type { AdminDependencies } from './dependencies.ts'

type ChainDependencies = Pick<AdminDependencies, 'stores' | 'snapshot'>

/** A chain with the version that is served. */
export interface WholeChain {
  readonly chain: StoredChain
  readonly active: StoredChainVersion
}

/** What was saved, and what its author should know. */
export interface SavedChain extends WholeChain {
  readonly version: number
  readonly warnings: readonly string[]
}

/** Fault `not_found`. */
export async function findChain(chains: ChainStore, tenantId: string, slug: string): Promise<WholeChain> {
  const chain = await chains.find(tenantId, slug)
  if (chain === null) throw noChain(slug)
  return withActive(chains, chain)
}

/** Fault `conflict` when the slug is taken; else those of `requireUsableChain`. */
export async function createChain(dependencies: ChainDependencies, actor: Actor, chain: NewChain): Promise<SavedChain> {
  const { chains } = dependencies.stores
  const warnings = requireUsableChain(chain.body, { ...actor, slug: chain.slug }, dependencies.snapshot())
  return { ...(await withActive(chains, await chains.create(actor, chain))), version: 1, warnings }
}

/** Adds the next version. Fault `not_found`; else those of `requireUsableChain`. */
export async function addChainVersion(
  dependencies: ChainDependencies,
  actor: Actor,
  slug: string,
  added: NewChainVersion,
): Promise<SavedChain> {
  const { chains } = dependencies.stores
  const warnings = requireUsableChain(added.body, { ...actor, slug }, dependencies.snapshot())
  const { chain, version } = await chains.addVersion(actor, slug, added)
  return { ...(await withActive(chains, chain)), version, warnings }
}

/** Serves another version, once it is known that it still can be. */
export async function activateChain(
  dependencies: ChainDependencies,
  actor: Actor,
  slug: string,
  { version, reason }: { readonly version: number; readonly reason: string | null },
): Promise<WholeChain> {
  const { chains } = dependencies.stores
  const wanted = await chains.version(actor.tenantId, slug, version)
  if (wanted !== null) requireUsableChain(wanted.body, { ...actor, slug }, dependencies.snapshot())
  return withActive(chains, await chains.activate(actor, slug, version, reason))
}

/** Serves an archived chain again, once it is known that it still can be. */
export async function restoreChain(
  dependencies: ChainDependencies,
  actor: Actor,
  slug: string,
  reason: string | null,
): Promise<WholeChain> {
  const { chains } = dependencies.stores
  const { active } = await findChain(chains, actor.tenantId, slug)
  requireUsableChain(active.body, { ...actor, slug }, dependencies.snapshot())
  return withActive(chains, await chains.restore(actor, slug, reason))
}

/** The chain with its active version. */
export async function withActive(chains: ChainStore, chain: StoredChain): Promise<WholeChain> {
  const active = await chains.version(chain.tenantId, chain.slug, chain.activeVersion)
  if (active === null) throw noChain(chain.slug)
  return { chain, active }
}

function noChain(slug: string): Fault {
  return new Fault('not_found', `There is no chain '${slug}'. GET /admin/v1/chains lists those there are.`, {
    param: 'slug',
  })
}
