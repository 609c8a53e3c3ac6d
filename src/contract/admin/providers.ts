import { z } from 'zod'
import { defineEndpoint } from './endpoint.ts'
import { instant, removed } from './fields.ts'

const group = 'Providers'

const parameters = z.strictObject({
  provider: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be a provider id in lower case, such as `openai`')
    .meta({ description: 'Provider id, the prefix of its model names.', examples: ['openai'] }),
})

const putProviderBody = z
  .strictObject({
    api_key: z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/, 'must be 1 to 4096 visible ASCII characters, without spaces or line breaks')
      .nullable()
      .optional()
      .meta({ description: 'Secret of the provider. Stored encrypted and never shown again.', writeOnly: true }),
    base_url: z.string().max(2048, 'must have at most 2048 characters').nullable().optional().meta({
      description: 'Where it is called. OpenAI-type ones end in `/v1`. Left out or null: the provider’s own address.',
    }),
  })
  .meta({ id: 'PutProvider' })

const credentialAnswer = z
  .object({
    provider: z.string(),
    has_api_key: z.boolean(),
    api_key_hint: z
      .string()
      .nullable()
      .meta({ description: 'Last four characters of a long secret; null when none is stored.' }),
    base_url: z.string().nullable().meta({ description: 'null: the provider’s own address.' }),
    updated_at: instant,
    updated_by: z.string(),
  })
  .meta({ id: 'ProviderCredential' })
export type CredentialAnswer = z.input<typeof credentialAnswer>

const credentialExample: CredentialAnswer = {
  provider: 'openai',
  has_api_key: true,
  api_key_hint: '4x7Q',
  base_url: null,
  updated_at: '2026-11-20T09:30:00.000Z',
  updated_by: 'admin',
}

export const listProviders = defineEndpoint({
  id: 'listProviders',
  method: 'GET',
  path: '/providers',
  group,
  summary: 'List stored credentials',
  description:
    'Only what was stored through this API; credentials of the environment are not shown. Secrets never are.',
  answer: z.object({ data: z.array(credentialAnswer), next_cursor: z.null() }),
  example: { answer: { data: [credentialExample], next_cursor: null } },
})

export const putProvider = defineEndpoint({
  id: 'putProvider',
  method: 'PUT',
  path: '/providers/{provider}',
  group,
  summary: 'Store a provider’s credential',
  description:
    'Replaces the whole credential. Because a stored secret would otherwise be sent to a new address unseen, a provider that has one must be given `api_key` again, or null to take it away. Link-local and metadata addresses are never accepted; loopback and private ones only when `PROMPTBOX_ALLOW_PRIVATE_URLS` allows them.',
  parameters,
  body: putProviderBody,
  answer: credentialAnswer,
  example: {
    path: { provider: 'openai' },
    body: { api_key: 'sk-proj-your-key-of-the-provider' },
    answer: credentialExample,
  },
})

export const removeProvider = defineEndpoint({
  id: 'removeProvider',
  method: 'DELETE',
  path: '/providers/{provider}',
  group,
  summary: 'Remove a stored credential',
  description: 'The provider then falls back to what the environment says, if anything.',
  parameters,
  answer: removed,
  faults: ['not_found'],
  example: { path: { provider: 'openai' }, answer: { id: 'openai', deleted: true } },
})
