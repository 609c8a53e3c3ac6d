import { z } from 'zod'
import { isStorableMoment } from '../../core/moment.ts'
import { defineEndpoint } from './endpoint.ts'
import { roleSchema } from '../names.ts'
import { instant, line, listOf, momentRule, pageOf, pageQuery } from './fields.ts'

const group = 'Keys'

const scope = z.enum(['inference', 'feedback', 'admin'])

const createKeyBody = z
  .strictObject({
    name: line(200).meta({ description: 'Whose key it is. Shown with its exchanges when the request names no app.' }),
    scopes: z
      .array(scope)
      .min(1, 'must name at least one scope')
      .refine((scopes) => new Set(scopes).size === scopes.length, 'must not name anything twice')
      .optional()
      .meta({
        description:
          '`inference` calls models and reports feedback, `feedback` only reports feedback (for webhooks of other systems), `admin` uses this API. Left out: `["inference"]`.',
      }),
    roles: listOf(roleSchema, 50, 'What its holder may do besides: a protected label can ask for one.').optional(),
    expires_at: instant
      .refine((text) => isStorableMoment(Date.parse(text)), momentRule)
      .nullable()
      .optional()
      .meta({ description: 'From then on the key is refused. Left out or null: never.' }),
  })
  .meta({ id: 'CreateKey' })

const keyAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    prefix: z.string().meta({ description: 'First characters of the key, to recognise it by.' }),
    scopes: z.array(z.string()),
    roles: z.array(z.string()),
    expires_at: instant.nullable(),
    created_at: instant,
    created_by: z.string(),
    revoked_at: instant.nullable(),
  })
  .meta({ id: 'Key' })
export type KeyAnswer = z.input<typeof keyAnswer>

const createdKeyAnswer = keyAnswer
  .extend({ key: z.string().meta({ description: 'The key itself. Shown this once; only its hash is stored.' }) })
  .meta({ id: 'CreatedKey' })

const keyExample: KeyAnswer = {
  id: '0198c0de-7a3b-7cc1-9f52-3d5a1f3d2b10',
  name: 'checkout service',
  prefix: 'pb-3fQx9A',
  scopes: ['inference'],
  roles: [],
  expires_at: null,
  created_at: '2026-11-20T09:30:00.000Z',
  created_by: 'admin',
  revoked_at: null,
}

export const createKey = defineEndpoint({
  id: 'createKey',
  method: 'POST',
  path: '/keys',
  group,
  summary: 'Create a key',
  description:
    'The answer is the only place where the key is ever shown. A key gives others only roles that it has itself (403 `role_required`).',
  body: createKeyBody,
  status: 201,
  answer: createdKeyAnswer,
  example: {
    body: { name: 'checkout service', scopes: ['inference'] },
    answer: { ...keyExample, key: 'pb-3fQx9A…' },
  },
})

export const listKeys = defineEndpoint({
  id: 'listKeys',
  method: 'GET',
  path: '/keys',
  group,
  summary: 'List keys',
  description: 'Revoked ones too. Never the keys themselves.',
  query: z.strictObject(pageQuery),
  answer: pageOf(keyAnswer),
  example: { answer: { data: [keyExample], next_cursor: null } },
})

export const revokeKey = defineEndpoint({
  id: 'revokeKey',
  method: 'DELETE',
  path: '/keys/{id}',
  group,
  summary: 'Revoke a key',
  description: 'Refused by every replica within one second, for good. Revoking twice is no error.',
  parameters: z.strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be the id of a key, as the list shows it')
      .meta({ description: 'Id of the key, not the key itself.' }),
  }),
  answer: keyAnswer,
  faults: ['not_found'],
  example: { path: { id: keyExample.id }, answer: { ...keyExample, revoked_at: '2026-11-21T10:00:00.000Z' } },
})
