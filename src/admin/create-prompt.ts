import { Fault } from '../core/fault.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { requireUsableVersion } from '../prompts/lint-version.ts'
import { partialsOf } from '../prompts/partials.ts'
import type { Actor, PromptStore, StoredPrompt } from '../store/ports.ts'
import { findVersion } from './find-prompt.ts'
import { type WireMetadata, wholeMetadata } from './prompt-metadata.ts'

export interface NewPrompt extends WireMetadata {
  readonly slug: string
  readonly name: string
  readonly version?: VersionBody | undefined
  readonly labels?: readonly string[] | undefined
}

/** Makes a prompt, with its first version and labels when they are given: all or nothing. The warnings are for its author. */
export async function createPrompt(
  prompts: PromptStore,
  actor: Actor,
  wanted: NewPrompt,
): Promise<{ readonly prompt: StoredPrompt; readonly warnings: readonly string[] }> {
  const { slug, version, labels = [] } = wanted
  if (version === undefined && labels.length > 0) {
    throw new Fault(
      'invalid_request',
      '`labels` need a version to point to. Give `version` as well, or set labels later.',
      { param: 'labels' },
    )
  }
  const warnings = version === undefined ? [] : requireUsableVersion(version, 'version')
  const prompt = await prompts.create(actor, { ...wholeMetadata(wanted), slug, version: version ?? null, labels })
  if (version === undefined || partialsOf(version).length === 0) return { prompt, warnings }
  const { served } = await findVersion(prompts, prompt, 1, 'version')
  return { prompt, warnings: requireUsableVersion(served, 'version') }
}
