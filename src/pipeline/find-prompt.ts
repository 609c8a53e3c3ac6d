import { Fault } from '../core/fault.ts'
import type { Assignment } from '../experiments/assign.ts'
import type { CompiledVersion } from '../prompts/compiled-version.ts'
import { wantedLanguages } from '../prompts/locale.ts'
import type { PromptReference } from '../prompts/reference.ts'
import { type Resolved, resolveVersion } from '../prompts/resolve.ts'
import { type SnapshotPrompt, type SnapshotVersion, promptKey } from '../snapshot/snapshot.ts'
import { assignVariant, inVariant, replacesModel } from './assign-variant.ts'
import { namedLocale } from './attribution.ts'
import type { Asked, ResolvedPrompt } from './exchange.ts'

/** What answers, and why. */
export interface FoundPrompt {
  readonly prompt: ResolvedPrompt
  readonly compiled: CompiledVersion
  readonly assignment: Assignment | null
  /** The request names a model that would answer instead of that of one of the variants at least. */
  readonly ownModel: boolean
  /** Why it is not the version that a variant wants; null: it is, or none does. */
  readonly warning: string | null
}

/**
 * The prompt that a request names, at the version it gets: that of a variant, or the one its selector means.
 *
 * @throws Fault `prompt_not_found`.
 */
export function findPrompt(asked: Asked, reference: PromptReference): FoundPrompt {
  const found = asked.snapshot.prompts.get(promptKey(asked.key.tenantId, reference.id))
  if (found === undefined) {
    throw new Fault(
      'prompt_not_found',
      `There is no prompt \`${reference.id}\`. See GET /v1/models for those this key may use.`,
      { param: 'prompt' },
    )
  }
  const resolved = resolveVersion(found, reference.selector)
  const { version, assignment, warning } = servedVersion(asked, found, resolved)
  const wanted = (): readonly string[] => wantedLanguages(namedLocale(asked.body), asked.header('accept-language'))
  const own = version.compiled()
  const compiled = (assignment === null ? own : inVariant(own, assignment.variant)).inLanguage(wanted)
  const { locale } = compiled
  return {
    prompt: {
      slug: found.slug,
      version: version.number,
      hash: version.hash,
      label: resolved.label,
      category: found.category,
      locale,
      reference,
    },
    compiled,
    assignment,
    ownModel: assignment !== null && replacesModel(asked.body, found, assignment, version),
    warning,
  }
}

interface Served {
  readonly version: SnapshotVersion
  readonly assignment: Assignment | null
  readonly warning: string | null
}

/**
 * The version of the variant, else the one that was resolved. A file may name a version that it does not have: then the
 * exchange is in no experiment, because a request must not fail for it.
 */
function servedVersion(asked: Asked, prompt: SnapshotPrompt, { version, label }: Resolved<SnapshotVersion>): Served {
  const assignment = assignVariant(asked, prompt, label)
  const wanted = assignment?.variant.version ?? null
  if (assignment === null || wanted === null) return { version, assignment, warning: null }
  const found = prompt.versions.get(wanted)
  if (found !== undefined) return { version: found, assignment, warning: null }
  const { experiment, variant } = assignment
  const warning = `variant \`${variant.name}\` of experiment \`${experiment.slug}\` wants version ${wanted}, which is not there; version ${version.number} answered`
  return { version, assignment: null, warning }
}
