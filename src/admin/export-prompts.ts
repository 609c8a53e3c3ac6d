import { Fault } from '../core/fault.ts'
import { createSlices } from '../core/slices.ts'
import {
  type Bundle,
  type BundlePrompt,
  bundleJsonParts,
  bundleOf,
  bundleYamlParts,
  orderedPrompt,
} from '../interchange/promptbox/bundle.ts'
import type { PromptStore, StoredPrompt, StoredVersion } from '../store/ports.ts'
import { metadataOf } from '../store/prompt-metadata.ts'
import { findPrompt } from './find-prompt.ts'
import { type WireFilter, promptFilter } from './prompt-filter.ts'

export interface ExportAsked extends WireFilter {
  /** Slug or alias; undefined: all that the filters let through. */
  readonly prompt?: string | undefined
}

/** Largest export, characters of the version bodies together: it is made in memory. */
const largestExport = 64 * 1024 * 1024
const pageSize = 100

/**
 * The prompts with all their versions, in a fixed order, as text. Requests are answered in between. Fault `invalid_request`
 * when they are too many for one answer.
 */
export async function exportPrompts(
  prompts: PromptStore,
  tenantId: string,
  asked: ExportAsked,
  format: 'json' | 'yaml',
): Promise<string> {
  const bundle = await readBundle(prompts, tenantId, asked)
  const slices = createSlices()
  let text = ''
  for (const part of format === 'yaml' ? bundleYamlParts(bundle) : bundleJsonParts(bundle)) {
    text += part
    if (slices.due()) await slices.rest()
  }
  return text
}

async function readBundle(prompts: PromptStore, tenantId: string, asked: ExportAsked): Promise<Bundle> {
  const found: BundlePrompt[] = []
  const slices = createSlices()
  let size = 0
  for await (const prompt of chosen(prompts, tenantId, asked)) {
    const versions = await allVersions(prompts, prompt)
    for (const { body } of versions) size += JSON.stringify(body).length
    if (size > largestExport) {
      throw new Fault(
        'invalid_request',
        `The export would be larger than ${largestExport} characters. Take parts of it, with \`prompt\`, \`tag\`, \`category\` or \`label\`.`,
        { param: 'prompt' },
      )
    }
    found.push(orderedPrompt(bundlePrompt(prompt, versions)))
    if (slices.due()) await slices.rest()
  }
  return bundleOf(found)
}

async function* chosen(prompts: PromptStore, tenantId: string, asked: ExportAsked): AsyncGenerator<StoredPrompt> {
  const { prompt: name, ...wire } = asked
  const filter = promptFilter(wire)
  const wanted = name === undefined ? null : await findPrompt(prompts, tenantId, name)
  // Named and nothing else: also an archived one.
  if (wanted !== null && Object.values(filter).every((value) => value === undefined)) {
    yield wanted
    return
  }
  let cursor: string | undefined
  do {
    const page = await prompts.list(tenantId, { ...filter, limit: pageSize, cursor })
    yield* page.data.filter(({ slug }) => wanted === null || slug === wanted.slug)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
}

/** Every version of a prompt, from the first on. */
export async function allVersions(prompts: PromptStore, prompt: StoredPrompt): Promise<readonly StoredVersion[]> {
  const found: StoredVersion[] = []
  let cursor: string | undefined
  do {
    const page = await prompts.versions(prompt.tenantId, prompt.slug, { limit: pageSize, cursor })
    found.push(...page.data)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return found.reverse()
}

function bundlePrompt(prompt: StoredPrompt, versions: readonly StoredVersion[]): BundlePrompt {
  const { useCase, appContexts, complianceTags, ...rest } = metadataOf(prompt)
  return {
    ...rest,
    use_case: useCase,
    app_contexts: appContexts,
    compliance_tags: complianceTags,
    slug: prompt.slug,
    labels: prompt.labels,
    versions: versions.map(({ body }) => body),
  }
}
