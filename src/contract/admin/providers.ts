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

const credentialParameters = parameters.extend({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, `_` and `-`, and begin with a letter or digit')
    .meta({
      description: 'Name of the credential; `default` is the one of the provider itself.',
      examples: ['second'],
    }),
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
      description:
        'Where it is called with this credential. OpenAI-type ones end in `/v1`, Anthropic’s and Gemini’s are the host only. Left out or null: the base URL that the environment sets for the provider, else the provider’s own address.',
    }),
  })
  .meta({ id: 'PutProvider' })

const credentialAnswer = z
  .object({
    provider: z.string(),
    name: z.string().meta({ description: '`default`, or the name of a further credential of the provider.' }),
    has_api_key: z.boolean(),
    api_key_hint: z
      .string()
      .nullable()
      .meta({ description: 'Last four characters of a long secret; null when none is stored.' }),
    base_url: z.string().nullable().meta({ description: 'null: that of the environment, else the provider’s own.' }),
    updated_at: instant,
    updated_by: z.string(),
  })
  .meta({ id: 'ProviderCredential' })
export type CredentialAnswer = z.input<typeof credentialAnswer>

const credentialExample: CredentialAnswer = {
  provider: 'openai',
  name: 'default',
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
    'Only what was stored through this API, by provider, of each the `default` first; credentials of the environment are not shown. Secrets never are.',
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
    'The one named `default`, which replaces that of the environment. The whole credential is replaced. Because a stored secret would otherwise be sent to a new address unseen, a credential that has one must be given `api_key` again, or null to take it away. Link-local and metadata addresses are never accepted; loopback and private ones only when `PROMPTBOX_ALLOW_PRIVATE_URLS` allows them.',
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

export const putCredential = defineEndpoint({
  id: 'putCredential',
  method: 'PUT',
  path: '/providers/{provider}/credentials/{name}',
  group,
  summary: 'Store a further credential of a provider',
  description:
    'A provider may have several credentials, to spread its rate limits over. Each stands for itself: it has a key, a base URL or both of its own, and takes neither from another credential. The same rules hold as for the provider’s own; `default` as name means that one. A stored credential replaces one of the environment that has the same name: where a variable holds several keys, they are called `default`, `2`, `3` and so on.',
  parameters: credentialParameters,
  body: putProviderBody,
  answer: credentialAnswer,
  example: {
    path: { provider: 'openai', name: 'second' },
    body: { api_key: 'sk-proj-another-key-of-the-provider' },
    answer: { ...credentialExample, name: 'second', api_key_hint: 'ider' },
  },
})

export const removeCredential = defineEndpoint({
  id: 'removeCredential',
  method: 'DELETE',
  path: '/providers/{provider}/credentials/{name}',
  group,
  summary: 'Remove a stored credential by name',
  description: 'The others stay. One of the environment that has the same name takes its place.',
  parameters: credentialParameters,
  answer: removed,
  faults: ['not_found'],
  example: { path: { provider: 'openai', name: 'second' }, answer: { id: 'openai/second', deleted: true } },
})
