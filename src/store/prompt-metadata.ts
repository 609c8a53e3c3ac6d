import type { PromptMetadata } from './ports.ts'

/** Metadata whose lists belong to whoever holds it. */
export type OwnMetadata = {
  -readonly [Field in keyof PromptMetadata]: PromptMetadata[Field] extends readonly string[]
    ? string[]
    : PromptMetadata[Field]
}

/** Only the metadata of a wider value, in a fixed order, lists copied. */
export function metadataOf(wider: PromptMetadata): OwnMetadata {
  return {
    name: wider.name,
    description: wider.description,
    category: wider.category,
    useCase: wider.useCase,
    domain: wider.domain,
    complexity: wider.complexity,
    owner: wider.owner,
    appContexts: [...wider.appContexts],
    tags: [...wider.tags],
    starters: [...wider.starters],
    complianceTags: [...wider.complianceTags],
    aliases: [...wider.aliases],
  }
}

/** Names of the fields that the changes would really change. */
export function changedFields(
  before: PromptMetadata,
  changes: Partial<PromptMetadata>,
): readonly (keyof PromptMetadata)[] {
  const after = metadataOf({ ...metadataOf(before), ...definedOf(changes) })
  const fields = Object.keys(after) as (keyof PromptMetadata)[]
  return fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
}

/** `useCase` to `use_case`: the timeline is read by people who know the fields by the names of the admin API. */
export function namesOnTheWire(fields: readonly (keyof PromptMetadata)[]): string {
  return fields.map((field) => field.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)).join(', ')
}

/** Without the fields that are absent. */
export function definedOf(changes: Partial<PromptMetadata>): Partial<PromptMetadata> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}
