import type { GuardrailBody } from '../../src/contract/guardrail-body.ts'

interface SeedGuardrail {
  readonly slug: string
  readonly body: GuardrailBody
}

const shared = { action: 'flag', mode: 'enforce', enabled: true } as const

/**
 * The guardrails of a fresh installation. They only flag: nobody's requests are changed or refused before somebody who knows
 * them says so.
 */
export const seedGuardrails: readonly SeedGuardrail[] = [
  {
    slug: 'prompt-injection',
    body: {
      ...shared,
      name: 'Prompt injection',
      description:
        'Attempts to make a model forget its instructions, in what users and tools write. Only flags. To refuse such requests: PATCH /admin/v1/guardrails/prompt-injection {"action": "block"}.',
      type: 'injection',
      stages: ['input'],
      severity: 'critical',
      settings: {},
      order: 10,
    },
  },
  {
    slug: 'pii-basic',
    body: {
      ...shared,
      name: 'Personal data',
      description:
        'E-mail addresses, phone numbers, payment cards, bank accounts and US social security numbers. Only flags. To keep them from models and give users their own back: PATCH /admin/v1/guardrails/pii-basic {"action": "redact"}.',
      type: 'pii',
      stages: ['input', 'output'],
      severity: 'warning',
      settings: { kinds: ['email', 'phone', 'payment_card', 'iban', 'us_ssn'] },
      order: 20,
    },
  },
  {
    slug: 'toxic-content',
    body: {
      ...shared,
      name: 'Toxic content',
      description:
        'Swear words, slurs and insults. Only flags. To take them out: PATCH /admin/v1/guardrails/toxic-content {"action": "redact"}; to refuse them: {"action": "block"}.',
      type: 'toxicity',
      stages: ['input', 'output'],
      severity: 'error',
      settings: {},
      order: 30,
    },
  },
]
