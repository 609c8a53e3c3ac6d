import type { ExperimentBody } from '../contract/experiment-body.ts'
import { Fault } from '../core/fault.ts'
import type { StoredPrompt, Stores } from '../store/ports.ts'

type Needs = Pick<Stores, 'prompts'>

/** What experiments and rollouts are about: explicit versions and other labels are never split. */
export const splitLabel = 'production'

/** The prompt that is to be served in several versions. Faults `not_found`, code `prompt_not_found`; `conflict` for an archived one. */
export async function findServedPrompt({ prompts }: Needs, tenantId: string, slug: string): Promise<StoredPrompt> {
  const prompt = await prompts.find(tenantId, slug)
  if (prompt === null) {
    throw new Fault('not_found', `There is no prompt '${slug}'. GET /admin/v1/prompts lists those there are.`, {
      param: 'prompt',
      code: 'prompt_not_found',
    })
  }
  if (prompt.archivedAt === null) return prompt
  throw new Fault(
    'conflict',
    `Prompt '${slug}' is archived, so that nobody is served it. POST /admin/v1/prompts/${prompt.slug}/restore brings it back.`,
    { param: 'prompt', code: 'prompt_archived' },
  )
}

/** Fault `not_found` naming the field of the first variant whose version the prompt does not have. */
export async function requireVersions(
  { prompts }: Needs,
  prompt: StoredPrompt,
  { variants }: Pick<ExperimentBody, 'variants'>,
): Promise<void> {
  for (const [at, { version }] of variants.entries()) {
    if (version === undefined) continue
    await requireVersion({ prompts }, prompt, version, `variants[${at}].version`)
  }
}

/** Fault `not_found` with the field as `param`. */
export async function requireVersion(
  { prompts }: Needs,
  prompt: StoredPrompt,
  version: number,
  param: string,
): Promise<void> {
  if ((await prompts.version(prompt.tenantId, prompt.slug, version)) !== null) return
  const known = prompt.latestVersion === null ? 'It has none yet.' : `Its latest is ${prompt.latestVersion}.`
  throw new Fault('not_found', `\`${param}\`: prompt '${prompt.slug}' has no version ${version}. ${known}`, { param })
}

/** Where the label stands. Fault `conflict`, code `label_missing`, when it stands nowhere. */
export function labelledVersion({ slug, labels }: StoredPrompt, param: string): number {
  const version = Object.hasOwn(labels, splitLabel) ? labels[splitLabel] : undefined
  if (version !== undefined) return version
  throw new Fault(
    'conflict',
    `\`${param}\`: prompt '${slug}' has no label \`${splitLabel}\`. Set it first with PUT /admin/v1/prompts/${slug}/labels/${splitLabel}, or name a version.`,
    { param, code: 'label_missing' },
  )
}
