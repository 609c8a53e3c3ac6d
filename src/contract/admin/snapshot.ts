import { z } from 'zod'
import { defineEndpoint } from './endpoint.ts'
import { instant } from './fields.ts'

const snapshotAnswer = z
  .object({
    tier: z.enum(['database', 'disk', 'file', 'environment', 'none']).meta({
      description:
        'Where the state comes from: the database, the last good one on disk, the configuration file, or the environment.',
    }),
    version: z.string().meta({ description: 'Noted on every exchange.' }),
    built_at: instant,
    age_ms: z.int().meta({ description: 'Milliseconds since this state was built.' }),
    prompts: z.int().meta({ description: 'Names that resolve to a prompt, aliases included.' }),
    keys: z.int(),
    models: z.int().meta({ description: 'Names that operators’ models answer to, aliases included.' }),
    routes: z.int(),
    providers: z.array(z.string()).meta({ description: 'Providers with a credential, stored or of the environment.' }),
  })
  .meta({ id: 'Snapshot' })

export const getSnapshot = defineEndpoint({
  id: 'getSnapshot',
  method: 'GET',
  path: '/snapshot',
  group: 'Operation',
  summary: 'The state this process is serving',
  description: 'Works while the database is away.',
  answer: snapshotAnswer,
  example: {
    answer: {
      tier: 'database',
      version: '17',
      built_at: '2026-11-20T09:30:00.000Z',
      age_ms: 4200,
      prompts: 3,
      keys: 1,
      models: 0,
      routes: 1,
      providers: ['openai'],
    },
  },
})
