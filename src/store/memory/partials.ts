import type { VersionBody } from '../../prompts/compiled-version.ts'
import type { Dependency } from '../../prompts/compose.ts'
import { type LookUpPartial, noSuchPrompt, numberOfPartial } from '../../prompts/partial-look-up.ts'
import { readCursor, toPage, writeCursor } from '../cursor.ts'
import type { DependentFilter, DependentVersion, Page } from '../ports.ts'

/** What partials need of a prompt in memory. */
export interface PartialHome {
  readonly slug: string
  readonly archivedAt: number | null
  readonly labels: ReadonlyMap<string, number>
  /** Version n stands at n - 1. */
  readonly versions: readonly {
    readonly version: number
    readonly semver: string | null
    readonly body: string
    readonly resolved: string | null
    readonly dependencies: readonly Dependency[]
  }[]
}

/** @param find by slug or alias. */
export function lookUpAmong(find: (name: string) => PartialHome | undefined): LookUpPartial {
  return (reference) => {
    const prompt = find(reference.id)
    if (prompt === undefined) return noSuchPrompt(reference)
    const { slug, versions } = prompt
    const number = numberOfPartial(
      reference,
      {
        slug,
        archived: prompt.archivedAt !== null,
        labels: Object.fromEntries(prompt.labels),
        latestVersion: versions.length === 0 ? null : versions.length,
      },
      (semver) => versions.find((version) => version.semver === semver)?.version ?? null,
    )
    if (typeof number !== 'number') return number
    const version = versions[number - 1]
    if (version === undefined) return noSuchPrompt(reference)
    const body = JSON.parse(version.resolved ?? version.body) as VersionBody
    return { kind: 'found', slug, version: number, body, dependencies: version.dependencies }
  }
}

/** @param all prompts of the tenant. */
export function dependentsAmong(
  all: readonly PartialHome[],
  partial: PartialHome,
  { outdated = false, limit, cursor }: DependentFilter,
): Page<DependentVersion> {
  const after = cursor === undefined ? null : readCursor('dependents', cursor, ['text', 'version', 'text', 'version'])
  const found = all
    .filter((prompt) => prompt.archivedAt === null)
    .flatMap((prompt) => dependentVersions(prompt, partial))
    .filter((row) => !outdated || (row.currentVersion !== null && row.currentVersion !== row.usesVersion))
    .filter((row) => after === null || compareParts(placeOf(row), after) > 0)
    .toSorted((left, right) => compareParts(placeOf(left), placeOf(right)))
  return toPage(
    found.slice(0, limit + 1),
    limit,
    (row) => row,
    (last) => writeCursor('dependents', ...placeOf(last)),
  )
}

function dependentVersions(prompt: PartialHome, partial: PartialHome): readonly DependentVersion[] {
  return prompt.versions.flatMap(({ version, dependencies }) => {
    const labels = [...prompt.labels].filter(([, number]) => number === version).map(([label]) => label)
    if (labels.length === 0 && version !== prompt.versions.length) return []
    return dependencies
      .filter(({ slug }) => slug === partial.slug)
      .map(({ selector, version: usesVersion }) => ({
        slug: prompt.slug,
        version,
        labels: labels.toSorted(),
        selector,
        usesVersion,
        currentVersion: currentOf(partial, selector, usesVersion),
      }))
  })
}

function currentOf(partial: PartialHome, selector: string, usesVersion: number): number | null {
  if (partial.archivedAt !== null) return null
  if (/^[0-9]/.test(selector)) return usesVersion
  return selector === 'latest' ? partial.versions.length : (partial.labels.get(selector) ?? null)
}

type Place = readonly [string, number, string, number]

const placeOf = (row: DependentVersion): Place => [row.slug, row.version, row.selector, row.usesVersion]

function compareParts(left: Place, right: Place): number {
  for (const [index, part] of left.entries()) {
    const other = right[index]
    if (other !== undefined && part !== other) return part < other ? -1 : 1
  }
  return 0
}
