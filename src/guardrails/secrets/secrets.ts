import { z } from 'zod'
import type { LocalType } from '../guardrail.ts'
import { roles } from '../guardrail.ts'
import { type SegmentFacts, segmentMarks } from '../segment-borders.ts'
import { segmentScanner } from '../segment-scanner.ts'
import { namedCredentials } from './named.ts'
import { credentials } from './prefixed.ts'
import { scanSecrets } from './scan-secrets.ts'

/** Kinds that no table of vendors has. */
const otherKinds = [
  'authorization_basic',
  'authorization_bearer',
  'authorization_key',
  'aws_secret_access_key',
  'azure_client_secret',
  'curl_password',
  'generic_secret',
  'private_key',
  'telegram_bot_token',
  'terraform_api_token',
  'url_password',
] as const

/** Every kind of secret that is found, in alphabetical order. */
export const secretKinds: readonly string[] = [
  ...new Set([...credentials, ...namedCredentials].map(({ kind }) => kind)),
  ...otherKinds,
].toSorted()

const mostAllowed = 1_000
const mostAllowedChars = 4_096

const settings = z
  .strictObject({
    kinds: z
      .array(
        z.string().refine((kind) => secretKinds.includes(kind), {
          error: 'is not a kind of secret; see the list of kinds in the documentation',
        }),
      )
      .min(1)
      .max(secretKinds.length)
      .optional()
      .meta({ description: 'Kinds of secrets to look for, such as `openai_api_key`. Left out: all of them.' }),
    generic: z.boolean().default(false).meta({
      description:
        'Also report random values that are assigned to something named like a secret (`password = …`, `"api_key": …`), which is less certain.',
    }),
    allow: z.array(z.string().min(1).max(mostAllowedChars)).max(mostAllowed).default([]).meta({
      description: 'Values that are never reported, such as the keys of a public test account. Compared whole.',
    }),
  })
  .meta({ description: 'Settings of a guardrail that looks for secrets.' })

export type SecretsSettings = z.infer<typeof settings>

/** Shortest token of a vendor, characters. */
const leastChars = 20
/** Shortest user and password of an argument, shortest value that is reported because of what it is assigned to. */
const leastPasswordChars = 8
const urlMarks = segmentMarks.at | segmentMarks.colon
const passwordMarks = segmentMarks.digit | segmentMarks.colon

/** Whether a segment with these facts can hold a secret. Words of a sentence cannot: they are too short. */
function isWorthScanning({ length, marks }: SegmentFacts, generic: boolean): boolean {
  if (length >= leastChars || (marks & urlMarks) === urlMarks) return true
  return length >= leastPasswordChars && (generic || (marks & passwordMarks) === passwordMarks)
}

/** Looks for credentials: keys and tokens of known vendors, private keys, passwords in URLs. */
export const secrets: LocalType<SecretsSettings> = {
  type: 'secrets',
  summary: 'Finds API keys, access tokens, private keys and passwords in URLs.',
  settings,
  hasSpans: true,
  roles,
  isRemote: false,
  create: ({ kinds, generic, allow }) => {
    const scan = scanSecrets({
      kinds: kinds === undefined ? null : new Set(kinds),
      generic,
      allow: new Set(allow),
    })
    return {
      reach: 'tokens',
      open: () => segmentScanner(scan, { isWorthScanning: (facts) => isWorthScanning(facts, generic) }),
    }
  },
}
