import type { VersionBody } from '../prompts/compiled-version.ts'
import { type Dependency, composeVersion } from '../prompts/compose.ts'
import { CompositionError, faultOf } from '../prompts/composition-error.ts'
import { requireUsableVersion } from '../prompts/lint-version.ts'
import { type LookUpPartial, leadsBack } from '../prompts/partial-look-up.ts'
import { versionHash } from './version-hash.ts'

/** What of a version follows from its partials. */
export interface ComposedVersion {
  /** The body with its partials filled in; null: it has none. */
  readonly resolved: VersionBody | null
  readonly dependencies: readonly Dependency[]
  /** Of the body that is served. */
  readonly hash: string
}

/**
 * The one way in which every store makes a version: nothing with partials is kept before they are filled in, and nothing
 * that could not be used when they are.
 *
 * @param own names of the prompt that the version is for; its aliases may not be known to anybody yet.
 * @param prefix name of the field that holds the version; empty when the body is the version.
 * @throws Fault `invalid_request` whose code says what is wrong with a partial.
 */
export function composedVersion(
  own: { readonly slug: string; readonly aliases: readonly string[] },
  body: VersionBody,
  lookUp: LookUpPartial,
  prefix: string,
): ComposedVersion {
  const names = new Set([own.slug, ...own.aliases])
  try {
    const { resolved, dependencies } = composeVersion(own.slug, body, (reference) =>
      names.has(reference.id) ? leadsBack([own.slug, own.slug]) : lookUp(reference),
    )
    if (resolved !== null) requireUsableVersion(resolved, prefix)
    return { resolved, dependencies: dependencies.toSorted(inOrder), hash: versionHash(resolved ?? body) }
  } catch (error) {
    throw error instanceof CompositionError ? faultOf(error, prefix) : error
  }
}

function inOrder(left: Dependency, right: Dependency): number {
  if (left.slug !== right.slug) return left.slug < right.slug ? -1 : 1
  if (left.selector !== right.selector) return left.selector < right.selector ? -1 : 1
  return left.version - right.version
}
