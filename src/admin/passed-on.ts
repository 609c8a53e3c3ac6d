import type { GuardrailBody } from '../contract/guardrail-body.ts'
import type { AdminDependencies } from './dependencies.ts'

/** What must not get into a version, which everybody is served, or before a model that writes one. */

const detectors = ['pii', 'secrets', 'injection'] as const
type Detector = (typeof detectors)[number]

function guardrailOf(type: Detector) {
  return {
    slug: `evolution-${type}`,
    body: {
      name: type,
      type,
      action: 'flag',
      mode: 'enforce',
      enabled: true,
      stages: ['input'],
      severity: 'warning',
      settings: {},
      order: 0,
    } satisfies GuardrailBody,
  }
}

/**
 * Whether the detectors find anything in a text that people or a model wrote: personal data with a form of its own (addresses of
 * mail, numbers of phones, cards and documents), secrets, and unless only those are asked for, instructions to a model. Names
 * and postal addresses have no form and are not found.
 */
export async function mayHoldWhatIsPrivate(
  { examineText }: Pick<AdminDependencies, 'examineText'>,
  { tenantId, text, types = detectors }: { tenantId: string; text: string; types?: readonly Detector[] },
): Promise<boolean> {
  const guardrails = types.map(guardrailOf)
  const { verdict } = await examineText({ tenantId, text, stage: 'input', role: 'user', guardrails })
  return verdict !== 'pass'
}
