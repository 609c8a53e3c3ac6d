import type { TemplateValue } from './template-port.ts'

/** Only what can be changed of a wider value, with changes over it, in a fixed order. */
export function templateValueOf(wider: TemplateValue, changes: Partial<TemplateValue> = {}): TemplateValue {
  const value = { ...wider, ...changes }
  return {
    name: value.name,
    description: value.description,
    category: value.category,
    useCase: value.useCase,
    domain: value.domain,
    complexity: value.complexity,
    tags: [...value.tags],
    recommendedModels: value.recommendedModels,
    recommendedSettings: value.recommendedSettings,
    example: value.example,
    version: value.version,
  }
}

/** Names, as on the wire, of the fields that the changes would really change. */
export function changedTemplateFields(before: TemplateValue, changes: Partial<TemplateValue>): readonly string[] {
  const [old, after] = [templateValueOf(before), templateValueOf(before, changes)]
  const fields = Object.keys(after) as (keyof TemplateValue)[]
  return fields
    .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(after[field]))
    .map((field) => field.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`))
}
