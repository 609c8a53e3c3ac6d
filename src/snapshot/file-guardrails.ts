import { checkGuardrail } from '../guardrails/check-guardrail.ts'
import type { SnapshotChange } from './change.ts'
import { type Mistake, mistakeOf } from './file-entries.ts'
import type { GuardrailEntryInput } from './file-schema.ts'

/** The guardrails of `promptbox.yaml`, each held against its type. */
export function guardrailChanges(
  guardrails: Readonly<Record<string, GuardrailEntryInput>>,
  tenantId: string,
  note: (mistake: Mistake) => void,
): SnapshotChange[] {
  return Object.entries(guardrails).map(([slug, { slug: own, ...body }]): SnapshotChange => {
    const path = ['guardrails', slug]
    if (own !== undefined && own !== slug) {
      const message = `The slug is '${slug}' already, by its place. Take \`slug\` out, or make it the same.`
      note({ path: [...path, 'slug'], message })
    }
    const mistake = mistakeOf(() => {
      checkGuardrail(body)
    })
    if (mistake !== null) note({ path: [...path, ...mistake.path], message: mistake.message })
    return { noun: 'guardrail', tenantId, id: slug, value: { tenantId, slug, body } }
  })
}
