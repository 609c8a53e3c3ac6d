import type { ImportedMetadata } from '../interchange/imported.ts'
import type { PromptMetadata } from '../store/ports.ts'

/** Metadata as the wire has it, of an import as of a request. Absent: not mentioned; null: nothing. */
export type WireMetadata = ImportedMetadata

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
