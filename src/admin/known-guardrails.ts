import { Fault } from '../core/fault.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import type { SnapshotGuardrail } from '../snapshot/snapshot.ts'
import type { PromptStore } from '../store/ports.ts'
import type { AdminDependencies } from './dependencies.ts'

type Needs = Pick<AdminDependencies, 'stores' | 'snapshot'>

/**
 * The guardrails of a tenant by slug, in their order: those that this process serves, stored or of a file.
 *
 * @param isFresh asks the database too, for what another process stored a moment ago.
 */
export async function tenantGuardrails(
  { stores, snapshot }: Needs,
  tenantId: string,
  isFresh: () => boolean,
): Promise<ReadonlyMap<string, SnapshotGuardrail>> {
  const served = snapshot().guardrails.get(tenantId) ?? []
  const found = new Map(served.map((each) => [each.slug, each]))
  if (!isFresh()) return found
  for (const { slug, body } of await stores.guardrails.list(tenantId)) found.set(slug, { slug, body })
  return found
}

/** Says which of these slugs are no guardrail of the tenant. */
export type MissingGuardrails = (tenantId: string, slugs: readonly string[]) => Promise<ReadonlySet<string>>

/** Asks what is served first, and the database only for what is not. */
export function missingGuardrails({ stores, snapshot }: Needs): MissingGuardrails {
  return async (tenantId, slugs) => {
    const served = new Set((snapshot().guardrails.get(tenantId) ?? []).map(({ slug }) => slug))
    const missing = new Set(slugs.filter((slug) => !served.has(slug)))
    if (missing.size === 0) return missing
    for (const { slug } of await stores.guardrails.list(tenantId)) missing.delete(slug)
    return missing
  }
}

/** The same store, which makes no version that asks for guardrails that are not there: faults as below, by every way. */
export function withKnownGuardrails(prompts: PromptStore, missingOf: MissingGuardrails): PromptStore {
  const own: Pick<PromptStore, 'create' | 'addVersion'> = {
    async create(actor, prompt) {
      if (prompt.version !== null) await requireKnownGuardrails(missingOf, actor.tenantId, prompt.version, 'version')
      return prompts.create(actor, prompt)
    },
    async addVersion(actor, slug, body) {
      await requireKnownGuardrails(missingOf, actor.tenantId, body)
      return prompts.addVersion(actor, slug, body)
    },
  }
  // All the rest is the store's own, also what it is given later.
  return Object.assign(Object.create(prompts) as PromptStore, own)
}

/**
 * Refuses a version that asks for guardrails that are not there: its requests would be refused, each of them.
 *
 * @param prefix of the field, as in `requireUsableVersion`: `version` gives `version.guardrails[0]`.
 * @throws Fault `invalid_request` naming all of them.
 */
async function requireKnownGuardrails(
  missingOf: MissingGuardrails,
  tenantId: string,
  body: Pick<VersionBody, 'guardrails'>,
  prefix = '',
): Promise<void> {
  const problems = await guardrailProblems(missingOf, tenantId, body, prefix)
  const [first] = problems
  if (first === undefined) return
  throw new Fault('invalid_request', problems.map(({ message }) => message).join(' '), { param: first.field })
}

/** What `requireKnownGuardrails` would say, one for each entry. */
async function guardrailProblems(
  missingOf: MissingGuardrails,
  tenantId: string,
  { guardrails }: Pick<VersionBody, 'guardrails'>,
  prefix = '',
): Promise<readonly { readonly field: string; readonly message: string }[]> {
  const slugs = slugsOf(guardrails)
  if (slugs.length === 0) return []
  const missing = await missingOf(tenantId, slugs)
  return slugs.flatMap((slug, index) => {
    if (!missing.has(slug)) return []
    const field = `${prefix === '' ? '' : `${prefix}.`}guardrails[${index}]`
    const message = `\`${field}\` names the guardrail '${slug}', which does not exist. Create it first: POST /admin/v1/guardrails.`
    return [{ field, message }]
  })
}

/**
 * What is missing for these versions of an import.
 *
 * @param numbers of those that are to be made, from 1.
 * @returns a sentence for each entry, `versions[0].guardrails[1]` in it.
 */
export async function missingInVersions(
  missingOf: MissingGuardrails,
  tenantId: string,
  versions: readonly VersionBody[],
  numbers: readonly number[],
): Promise<readonly string[]> {
  const problems: string[] = []
  for (const number of numbers) {
    const found = await guardrailProblems(missingOf, tenantId, versions[number - 1] ?? {}, `versions[${number - 1}]`)
    problems.push(...found.map(({ message }) => message))
  }
  return problems
}

/** What earlier versions stored in another form asks for none. */
function slugsOf(guardrails: VersionBody['guardrails']): readonly string[] {
  if (!Array.isArray(guardrails)) return []
  return guardrails.map((entry) => (typeof entry === 'string' ? entry : entry.guardrail))
}
