import { Fault } from '../core/fault.ts'
import { compileVersion } from '../prompts/compile-version.ts'
import type { CompiledVersion, VersionBody } from '../prompts/compiled-version.ts'
import type { PromptValue } from './change.ts'
import { type SlabText, offHeap } from './text-slab.ts'
import { type SnapshotPrompt, type SnapshotVersion, promptKey } from './snapshot.ts'

/** A version whose body stays JSON text until somebody asks for it. */
export class VersionEntry implements SnapshotVersion {
  readonly number: number
  readonly semver: string | null
  readonly hash: string
  readonly #body: SlabText
  readonly #slug: string
  #compiled: CompiledVersion | Fault | null = null

  constructor(slug: string, value: PromptValue['versions'][number]) {
    this.number = value.number
    this.semver = value.semver
    this.hash = value.hash
    this.#body = offHeap(value.body)
    this.#slug = slug
  }

  /** The body as JSON text. */
  get body(): string {
    return this.#body.toString()
  }

  compiled(): CompiledVersion {
    this.#compiled ??= this.#compile()
    if (this.#compiled instanceof Fault) throw this.#compiled
    return this.#compiled
  }

  #compile(): CompiledVersion | Fault {
    try {
      // The authors of every tier are held to `contract/version-body.ts` before the text gets here.
      return compileVersion(JSON.parse(this.body) as VersionBody)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      return new Fault(
        'internal',
        `Version ${this.number} of prompt '${this.#slug}' cannot be used, its stored body is broken: ${why} Create a new version, or move the label to another one.`,
        { cause },
      )
    }
  }
}

/**
 * A prompt in the snapshot. The two maps are made at first use: of a large registry most prompts are never asked for, and
 * a Map costs more memory than the little that most of them hold.
 */
export class PromptEntry implements SnapshotPrompt {
  readonly tenantId: string
  readonly slug: string
  readonly aliases: readonly string[]
  readonly category: string | null
  readonly #labels: Readonly<Record<string, number>>
  readonly #versions: readonly VersionEntry[]
  #labelMap: ReadonlyMap<string, number> | null = null
  #versionMap: ReadonlyMap<number, VersionEntry> | null = null
  /** The label asked for last, and its version: nearly always `production`, and one look instead of two into maps. */
  #lastLabel: string | null = null
  #lastVersion: VersionEntry | undefined = undefined

  /** Versions of `before` (an older state of the same prompt) that did not change are taken over with their compiled form. */
  constructor(value: PromptValue, before: PromptEntry | undefined) {
    this.tenantId = before?.tenantId ?? value.tenantId
    this.slug = before?.slug ?? value.slug
    this.aliases = value.aliases
    this.category = value.category
    this.#labels = value.labels
    this.#versions = value.versions.map(
      (version) => before?.sameVersion(version) ?? new VersionEntry(this.slug, version),
    )
  }

  get labels(): ReadonlyMap<string, number> {
    this.#labelMap ??= new Map(Object.entries(this.#labels))
    return this.#labelMap
  }

  get versions(): ReadonlyMap<number, VersionEntry> {
    this.#versionMap ??= new Map(this.#versions.map((version) => [version.number, version]))
    return this.#versionMap
  }

  labelled(label: string): VersionEntry | undefined {
    if (label !== this.#lastLabel) {
      const number = this.labels.get(label)
      this.#lastVersion = number === undefined ? undefined : this.versions.get(number)
      // A label nobody has comes from outside and must not be held on to.
      this.#lastLabel = this.#lastVersion === undefined ? null : label
    }
    return this.#lastVersion
  }

  /** The names this prompt is found by in `Snapshot.prompts`, its own first. */
  names(): readonly string[] {
    const own = promptKey(this.tenantId, this.slug)
    if (this.aliases.length === 0) return [own]
    return [...new Set([own, ...this.aliases.map((alias) => promptKey(this.tenantId, alias))])]
  }

  /** The plain value again, for the copy on disk. */
  toValue(): PromptValue {
    const versions = this.#versions.map(({ number, semver, hash, body }) => ({ number, semver, hash, body }))
    const { tenantId, slug, aliases, category } = this
    return { tenantId, slug, aliases, category, labels: this.#labels, versions }
  }

  sameVersion(value: PromptValue['versions'][number]): VersionEntry | undefined {
    return this.#versions.find(
      ({ number, semver, hash }) => number === value.number && semver === value.semver && hash === value.hash,
    )
  }
}
