import { compileChain } from '../chains/compile-chain.ts'
import type { CompiledChain } from '../chains/compiled-chain.ts'
import type { ChainBody } from '../contract/chain-body.ts'
import { fieldPath } from '../contract/admin/explain-issues.ts'
import { Fault } from '../core/fault.ts'
import type { ChainValue } from './change.ts'
import type { SnapshotChain, SnapshotChainVersion } from './snapshot.ts'
import { type SlabText, offHeap } from './text-slab.ts'

/** A version whose body stays JSON text until somebody asks for it. */
class ChainVersionEntry implements SnapshotChainVersion {
  readonly number: number
  readonly #body: SlabText
  readonly #slug: string
  #compiled: CompiledChain | Fault | null = null

  constructor(slug: string, { number, body }: ChainValue['versions'][number]) {
    this.number = number
    this.#slug = slug
    this.#body = offHeap(body)
  }

  /** The body as JSON text. */
  get body(): string {
    return this.#body.toString()
  }

  compiled(): CompiledChain {
    this.#compiled ??= this.#compile()
    if (this.#compiled instanceof Fault) throw this.#compiled
    return this.#compiled
  }

  #compile(): CompiledChain | Fault {
    const problems: string[] = []
    try {
      // The authors of every tier are held to `contract/chain-body.ts` before the text gets here.
      const compiled = compileChain(JSON.parse(this.body) as ChainBody, ({ path, message }) =>
        problems.push(`\`${fieldPath(path)}\` ${message}.`),
      )
      return problems.length === 0 ? compiled : this.#broken(problems.join(' '), undefined)
    } catch (cause) {
      return this.#broken(cause instanceof Error ? cause.message : String(cause), cause)
    }
  }

  #broken(why: string, cause: unknown): Fault {
    return new Fault(
      'internal',
      `Version ${this.number} of chain '${this.#slug}' cannot be used, its stored body is broken: ${why} Save a new version, or activate another one.`,
      { cause },
    )
  }
}

/** A chain in the snapshot. */
export class ChainEntry implements SnapshotChain {
  readonly tenantId: string
  readonly slug: string
  readonly activeVersion: number
  readonly versions: readonly ChainVersionEntry[]

  /** Versions of `before` (an older state of the same chain) that did not change are taken over with their compiled form. */
  constructor(value: ChainValue, before: ChainEntry | undefined) {
    this.tenantId = value.tenantId
    this.slug = value.slug
    this.activeVersion = value.activeVersion
    // Numbers are not enough: what a file gives has the same number with another body.
    const known = new Map(before?.versions.map((version) => [version.number, version]))
    this.versions = value.versions.map((version) => {
      const same = known.get(version.number)
      return same?.body === version.body ? same : new ChainVersionEntry(value.slug, version)
    })
  }

  /** The plain value again, for the copy on disk. */
  toValue(): ChainValue {
    const { tenantId, slug, activeVersion } = this
    return { tenantId, slug, activeVersion, versions: this.versions.map(({ number, body }) => ({ number, body })) }
  }
}
