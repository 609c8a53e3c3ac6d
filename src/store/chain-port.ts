import type { ChainBody } from '../contract/chain-body.ts'
import type { Actor, Page } from './ports.ts'

export interface StoredChain {
  readonly tenantId: string
  readonly slug: string
  readonly name: string
  readonly description: string | null
  readonly latestVersion: number
  /** The version that `chain:<slug>` means. */
  readonly activeVersion: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly archivedAt: number | null
}

export interface StoredChainVersion {
  readonly slug: string
  readonly version: number
  readonly body: ChainBody
  readonly changeNote: string | null
  /** Id of who made it. */
  readonly createdBy: string
  readonly createdAt: number
}

export interface NewChain {
  readonly slug: string
  readonly name: string
  readonly description: string | null
  readonly body: ChainBody
  readonly changeNote: string | null
}

export interface NewChainVersion {
  /** Left out: it stays. */
  readonly name?: string | undefined
  /** Left out: it stays. */
  readonly description?: string | null | undefined
  readonly body: ChainBody
  readonly changeNote: string | null
  /** Requests get it at once; else when it is activated. */
  readonly activate: boolean
}

/** Chains and their immutable versions. Each write is an event with who and why. */
export interface ChainStore {
  /** With version 1, which is active. Fault `conflict` when the slug is taken, also by an archived chain. */
  create(actor: Actor, chain: NewChain): Promise<StoredChain>
  /** By slug. `archived`: only those; else only live ones. */
  list(
    tenantId: string,
    page: { readonly archived: boolean; readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<StoredChain>>
  /** Archived ones too. null when there is none. */
  find(tenantId: string, slug: string): Promise<StoredChain | null>
  /** The next number, without gaps, also with many writers. Fault `not_found`. */
  addVersion(
    actor: Actor,
    slug: string,
    version: NewChainVersion,
  ): Promise<{ readonly chain: StoredChain; readonly version: number }>
  /** Newest first. Fault `not_found` when there is no such chain. */
  versions(
    tenantId: string,
    slug: string,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<StoredChainVersion>>
  /** null when there is none. */
  version(tenantId: string, slug: string, number: number): Promise<StoredChainVersion | null>
  /** Makes a version the one that is meant. Fault `not_found`. Activating what is active is no event. */
  activate(actor: Actor, slug: string, version: number, reason: string | null): Promise<StoredChain>
  /** No request finds it any more. Archiving twice is no error. Fault `not_found`. */
  archive(actor: Actor, slug: string, reason: string | null): Promise<StoredChain>
  restore(actor: Actor, slug: string, reason: string | null): Promise<StoredChain>
}
