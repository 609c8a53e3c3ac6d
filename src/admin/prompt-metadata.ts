import type { PromptMetadata } from '../store/ports.ts'

/** Metadata as the wire has it. Absent: not mentioned; null: nothing. */
export interface WireMetadata {
  readonly name?: string | undefined
  readonly description?: string | null | undefined
  readonly category?: string | null | undefined
  readonly use_case?: string | null | undefined
  readonly domain?: string | null | undefined
  readonly complexity?: string | null | undefined
  readonly owner?: string | null | undefined
  readonly app_contexts?: readonly string[] | undefined
  readonly tags?: readonly string[] | undefined
  readonly starters?: readonly string[] | undefined
  readonly compliance_tags?: readonly string[] | undefined
  readonly aliases?: readonly string[] | undefined
}

/** Only the fields that were mentioned. */
export function mentionedMetadata(wire: WireMetadata): Partial<PromptMetadata> {
  return {
    ...(wire.name === undefined ? {} : { name: wire.name }),
    ...(wire.description === undefined ? {} : { description: wire.description }),
    ...(wire.category === undefined ? {} : { category: wire.category }),
    ...(wire.use_case === undefined ? {} : { useCase: wire.use_case }),
    ...(wire.domain === undefined ? {} : { domain: wire.domain }),
    ...(wire.complexity === undefined ? {} : { complexity: wire.complexity }),
    ...(wire.owner === undefined ? {} : { owner: wire.owner }),
    ...(wire.app_contexts === undefined ? {} : { appContexts: wire.app_contexts }),
    ...(wire.tags === undefined ? {} : { tags: wire.tags }),
    ...(wire.starters === undefined ? {} : { starters: wire.starters }),
    ...(wire.compliance_tags === undefined ? {} : { complianceTags: wire.compliance_tags }),
    ...(wire.aliases === undefined ? {} : { aliases: wire.aliases }),
  }
}

/** Metadata of a new prompt: nothing where nothing was said. */
export function wholeMetadata(wire: WireMetadata & { readonly name: string }): PromptMetadata {
  return {
    name: wire.name,
    description: null,
    category: null,
    useCase: null,
    domain: null,
    complexity: null,
    owner: null,
    appContexts: [],
    tags: [],
    starters: [],
    complianceTags: [],
    aliases: [],
    ...mentionedMetadata(wire),
  }
}
