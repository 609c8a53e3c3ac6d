import { Fault } from '../core/fault.ts'
import { createSlices } from '../core/slices.ts'
import type { ImportedPrompt } from '../interchange/imported.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { requireUsableVersion } from '../prompts/lint-version.ts'
import type { PromptMetadata, PromptStore, StoredPrompt } from '../store/ports.ts'
import { changedFields } from '../store/prompt-metadata.ts'
import { versionHash } from '../store/version-hash.ts'
import { allVersions } from './export-prompts.ts'
import { mentionedMetadata } from './prompt-metadata.ts'

export type OnConflict = 'skip' | 'add_version' | 'error'

/** What has to be done for one prompt of an import. */
export interface ImportPlan {
  readonly existing: StoredPrompt | null
  /** Numbers in the import of the versions that are not there yet, in their order. */
  readonly add: readonly number[]
  /** Number in the import → number here, of the versions that are there; with those to come, as far as nobody else adds any. */
  readonly numbers: ReadonlyMap<number, number>
  /** null: nothing of it changes. */
  readonly metadata: Partial<PromptMetadata> | null
  readonly problems: readonly string[]
  /** The problems lie in what is stored, not in the import. */
  readonly isConflict: boolean
  /** It exists, and was asked to be left as it is. */
  readonly isSkipped: boolean
  readonly warnings: readonly string[]
}

export interface PlanOptions {
  readonly onConflict: OnConflict
  /** Of our own format, whose metadata is the newest truth. */
  readonly own: boolean
  /** Names that prompts of the same import have, or would have, by now: name → slug. */
  readonly claimed: ReadonlyMap<string, string>
}

/** Looks at what is there, and changes nothing. */
export async function planImport(
  prompts: PromptStore,
  tenantId: string,
  prompt: ImportedPrompt,
  { onConflict, own, claimed }: PlanOptions,
): Promise<ImportPlan> {
  const existing = await prompts.find(tenantId, prompt.slug)
  const nothing = {
    existing,
    add: [],
    numbers: new Map<number, number>(),
    metadata: null,
    isSkipped: false,
    warnings: [],
  }
  const unfit = [...prompt.problems, ...(prompt.problems.length === 0 ? await unusable(prompt) : [])]
  if (unfit.length > 0) return { ...nothing, problems: unfit, isConflict: false }
  const taken = await takenNames(prompts, tenantId, prompt, claimed)
  if (existing === null) {
    if (taken.length > 0) return { ...nothing, problems: taken, isConflict: true }
    const add = prompt.versions.map((_body, index) => index + 1)
    return { ...nothing, add, numbers: new Map(add.map((number) => [number, number])), problems: [], isConflict: false }
  }
  const problem = unfitToStore(existing, prompt.slug)
  if (problem !== null) return { ...nothing, problems: [problem], isConflict: true }
  if (onConflict === 'skip')
    return {
      ...nothing,
      problems: [],
      isConflict: false,
      isSkipped: true,
      warnings: ['The prompt exists, and is left as it is.'],
    }
  const compared = await compareVersions(prompts, existing, prompt)
  const problems = [...taken, ...compared.problems]
  if (problems.length > 0) return { ...nothing, problems, isConflict: true }
  const { add, numbers } = compared
  const metadata = changedMetadata(existing, prompt, own)
  const moves = Object.entries(prompt.labels).some(([label, number]) => existing.labels[label] !== numbers.get(number))
  if (onConflict === 'error' && (add.length > 0 || metadata !== null || moves)) {
    const message = `The prompt exists, and is not the same. Import it with \`on_conflict=add_version\` to add what it lacks.`
    return { ...nothing, problems: [message], isConflict: true }
  }
  const warnings = own ? renumbered(existing, add, numbers) : []
  return { existing, add, numbers, metadata, problems: [], isConflict: false, isSkipped: false, warnings }
}

/** Whoever edits the file of a version that is there already would think that they had changed that version. */
function renumbered(
  { latestVersion }: StoredPrompt,
  add: readonly number[],
  numbers: ReadonlyMap<number, number>,
): readonly string[] {
  return add
    .filter((number) => number <= (latestVersion ?? 0))
    .map(
      (number) =>
        `Version ${number} differs from version ${number} that is here. Versions never change, so it is added as version ${numbers.get(number) ?? '?'}.`,
    )
}

/** Templates, schemas and references within the import. Requests are answered in between: a prompt may have thousands of versions. */
async function unusable({ versions }: ImportedPrompt): Promise<readonly string[]> {
  const slices = createSlices()
  const semvers = new Set<string>()
  const found: string[] = []
  for (const [index, body] of versions.entries()) {
    try {
      requireUsableVersion(body, `versions[${index}]`)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      found.push(error.message)
    }
    const { semver, parent_version: parent } = body
    if (typeof semver === 'string' && semvers.has(semver))
      found.push(`\`versions[${index}].semver\` ${semver} is there twice.`)
    if (typeof semver === 'string') semvers.add(semver)
    if (typeof parent === 'number' && parent > index)
      found.push(
        `\`versions[${index}].parent_version\` must be the number of an earlier version, and ${parent} is none.`,
      )
    if (slices.due()) await slices.rest()
  }
  return found
}

/** Of its slug and its aliases those that mean another prompt; whether they still do is decided when they are claimed. */
async function takenNames(
  prompts: PromptStore,
  tenantId: string,
  { slug, metadata: { aliases = [] } }: ImportedPrompt,
  claimed: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const problems: string[] = []
  const note = (name: string, owner: string) =>
    problems.push(
      name === slug
        ? `'${name}' is an alias of the prompt '${owner}'. Take the alias away, or rename this one.`
        : `The alias '${name}' is a name of the prompt '${owner}' already. Take it away from one of them.`,
    )
  for (const name of new Set([slug, ...aliases])) {
    const owner = claimed.get(name) ?? (name === slug ? slug : (await prompts.find(tenantId, name))?.slug)
    if (owner !== undefined && owner !== slug) note(name, owner)
  }
  return problems
}

function unfitToStore(existing: StoredPrompt, slug: string): string | null {
  if (existing.slug !== slug)
    return `'${slug}' is an alias of the prompt '${existing.slug}'. Take the alias away, or rename this one.`
  if (existing.archivedAt !== null) return 'The prompt is archived. Restore it first.'
  return null
}

async function compareVersions(
  prompts: PromptStore,
  existing: StoredPrompt,
  prompt: ImportedPrompt,
): Promise<Pick<ImportPlan, 'add' | 'numbers' | 'problems'>> {
  const stored = await allVersions(prompts, existing)
  // Not the stored hash: that is of the body as it is served, with its partials filled in.
  const hashes = stored.map(({ body }) => versionHash(body))
  const first = new Map([...hashes.entries()].reverse().map(([index, hash]) => [hash, index + 1]))
  const semvers = new Map(
    stored.flatMap(({ semver, version }) => (semver === null ? [] : [[semver, version] as const])),
  )
  const numbers = new Map<number, number>()
  const add: number[] = []
  const problems: string[] = []
  for (const [index, body] of prompt.versions.entries()) {
    const hash = versionHash(withParent(body, numbers))
    const found = hashes[index] === hash ? index + 1 : first.get(hash)
    numbers.set(index + 1, found ?? stored.length + add.length + 1)
    if (found !== undefined) continue
    add.push(index + 1)
    const taken = typeof body.semver === 'string' ? semvers.get(body.semver) : undefined
    if (taken !== undefined)
      problems.push(
        `\`versions[${index}].semver\` ${body.semver} is version ${taken} of the stored prompt already, with other content. Give it another one.`,
      )
  }
  return { add, numbers, problems }
}

/** The body with its parent by the number that it has here. */
export function withParent(body: VersionBody, numbers: ReadonlyMap<number, number>): VersionBody {
  const parent = body.parent_version
  return typeof parent === 'number' ? { ...body, parent_version: numbers.get(parent) ?? parent } : body
}

/** What a foreign system says of a prompt is said once, when it is created; only its old names are added later. */
function changedMetadata(existing: StoredPrompt, prompt: ImportedPrompt, own: boolean): Partial<PromptMetadata> | null {
  const { aliases = [], ...rest } = prompt.metadata
  const wanted = own
    ? mentionedMetadata({ ...rest, ...(prompt.metadata.aliases === undefined ? {} : { aliases }) })
    : { aliases: [...new Set([...existing.aliases, ...aliases])] }
  return changedFields(existing, wanted).length === 0 ? null : wanted
}
