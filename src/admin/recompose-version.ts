import { Fault } from '../core/fault.ts'
import type { JsonValue } from '../core/json.ts'
import { canonicalJson } from '../prompts/canonical-json.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import type { Dependency } from '../prompts/compose.ts'
import type { Actor, PromptStore, StoredVersion } from '../store/ports.ts'
import { addPromptVersion } from './add-version.ts'
import { findPrompt, findVersion } from './find-prompt.ts'

/**
 * Makes a new version from the source of another one, with its partials as they are now. Its change note says which of them
 * moved.
 *
 * @throws Fault `conflict`, code `nothing_to_recompose`, when it would say the same; `not_found`; the faults of partials.
 */
export async function recomposeVersion(
  prompts: PromptStore,
  actor: Actor,
  slugOrAlias: string,
  number: number,
): Promise<{ readonly version: StoredVersion; readonly warnings: readonly string[] }> {
  const prompt = await findPrompt(prompts, actor.tenantId, slugOrAlias)
  const version = await findVersion(prompts, prompt, number, 'version')
  const now = await prompts.compose(actor.tenantId, prompt.slug, version.body)
  if (sameContent(version.served, now.resolved ?? version.body)) {
    const why =
      version.dependencies.length === 0
        ? 'It has no partials.'
        : 'Its partials say what they said. Move the label of a partial first, or add a version.'
    throw new Fault('conflict', `Version ${number} of prompt '${prompt.slug}' would stay the same. ${why}`, {
      param: 'version',
      code: 'nothing_to_recompose',
    })
  }
  const { semver: _semver, ...kept } = version.body
  const note = `Composed version ${number} anew: ${movesBetween(version.dependencies, now.dependencies).join('; ')}`
  return addPromptVersion(prompts, actor, prompt.slug, {
    ...kept,
    parent_version: number,
    change_note: note.length > longestNote ? `${note.slice(0, longestNote)}…` : note,
  })
}

const longestNote = 2_000

/** Numbers, parents and notes say nothing to a model. */
function sameContent(left: VersionBody, right: VersionBody): boolean {
  const textOf = ({ semver: _semver, parent_version: _parent, change_note: _note, ...content }: VersionBody): string =>
    canonicalJson(content as unknown as JsonValue)
  return textOf(left) === textOf(right)
}

/** `tone@production 1 → 2`, for each partial that is another version now, is new, or is gone. */
function movesBetween(before: readonly Dependency[], after: readonly Dependency[]): readonly string[] {
  const [old, now] = [versionsOf(before), versionsOf(after)]
  return [...new Set([...old.keys(), ...now.keys()])].toSorted().flatMap((name) => {
    const [from = 'none', to = 'none'] = [old.get(name), now.get(name)]
    return from === to ? [] : [`${name} ${from} → ${to}`]
  })
}

/** A partial can be there at two versions: beside another one, and within it. */
function versionsOf(dependencies: readonly Dependency[]): ReadonlyMap<string, string> {
  const versions = new Map<string, string>()
  for (const { slug, selector, version } of dependencies) {
    const name = `${slug}@${selector}`
    const before = versions.get(name)
    versions.set(name, before === undefined ? String(version) : `${before} and ${version}`)
  }
  return versions
}
