import { anyHex, base62, base64, base64url, digits, hex } from './alphabet.ts'
import { endsToken } from './borders.ts'
import { type Randomness, isRandom, randomnessOf } from './credential.ts'
import type { Found } from './prefixed.ts'
import type { Runs } from './runs.ts'
import { type Part, between, endOfParts, run } from './shape.ts'

/** A credential without a beginning of its own: known by its shape and by the name of the vendor before it. */
interface Named {
  readonly kind: string
  /** Lower case; one of them stands before it. Empty: the shape says enough. */
  readonly names: readonly string[]
  readonly parts: readonly Part[]
  /** Lengths of its longest stretch of letters, digits, `_` and `-`, by which it is looked up. */
  readonly lengths: readonly number[]
}

const uuid = [run(hex, 8), '-', run(hex, 4), '-', run(hex, 4), '-', run(hex, 4), '-', run(hex, 12)] as const

/** Every credential that is known by what stands around it. */
export const namedCredentials: readonly Named[] = [
  { kind: 'heroku_api_key', names: ['heroku'], parts: uuid, lengths: [36] },
  { kind: 'snyk_api_token', names: ['snyk'], parts: uuid, lengths: [36] },
  { kind: 'postmark_server_token', names: ['postmark'], parts: uuid, lengths: [36] },
  { kind: 'deepl_api_key', names: [], parts: [...uuid, ':fx'], lengths: [36] },
  { kind: 'datadog_api_key', names: ['datadog', 'dd_api', 'dd-api'], parts: [run(hex, 32)], lengths: [32] },
  { kind: 'datadog_application_key', names: ['datadog', 'dd_app', 'dd-app'], parts: [run(hex, 40)], lengths: [40] },
  { kind: 'mistral_api_key', names: ['mistral'], parts: [run(base62, 32)], lengths: [32] },
  { kind: 'cohere_api_key', names: ['cohere', 'co_api_key'], parts: [run(base62, 40)], lengths: [40] },
  { kind: 'together_api_key', names: ['together'], parts: [run(hex, 64)], lengths: [64] },
  { kind: 'azure_api_key', names: ['azure', 'ocp-apim'], parts: [run(hex, 32)], lengths: [32] },
  { kind: 'azure_api_key', names: ['azure', 'ocp-apim'], parts: [run(base62, 84)], lengths: [84] },
  {
    kind: 'cloudflare_api_token',
    names: ['cloudflare', 'cf_api'],
    parts: [run(base64url, 40)],
    lengths: [40],
  },
  { kind: 'cloudflare_global_key', names: ['cloudflare', 'cf_api'], parts: [run(hex, 37)], lengths: [37] },
  { kind: 'twilio_auth_token', names: ['twilio'], parts: [run(hex, 32)], lengths: [32] },
  { kind: 'algolia_api_key', names: ['algolia'], parts: [run(hex, 32)], lengths: [32] },
  { kind: 'fastly_api_token', names: ['fastly'], parts: [run(base64url, 32)], lengths: [32] },
  { kind: 'facebook_app_secret', names: ['facebook', 'fb_app'], parts: [run(hex, 32)], lengths: [32] },
  { kind: 'discord_client_secret', names: ['discord'], parts: [run(base64url, 32)], lengths: [32] },
  { kind: 'sentry_auth_token', names: ['sentry'], parts: [run(hex, 64)], lengths: [64] },
  { kind: 'circleci_api_token', names: ['circleci', 'circle_token'], parts: [run(hex, 40)], lengths: [40] },
  { kind: 'okta_api_token', names: ['okta'], parts: ['00', run(base64url, 40)], lengths: [42] },
  {
    kind: 'mailgun_api_key',
    names: ['mailgun'],
    parts: [run(hex, 32), '-', run(hex, 8), '-', run(hex, 8)],
    lengths: [50],
  },
  { kind: 'mailchimp_api_key', names: [], parts: [run(hex, 32), '-us', between(digits, 1, 2)], lengths: [36, 37] },
  { kind: 'new_relic_license_key', names: [], parts: [run(hex, 36), 'NRAL'], lengths: [40] },
  {
    kind: 'maxmind_license_key',
    names: [],
    parts: [run(base62, 6), '_', run(base62, 29), '_mmk'],
    lengths: [40],
  },
  { kind: 'sourcegraph_access_token', names: ['sourcegraph'], parts: [run(anyHex, 40)], lengths: [40] },
]

const byLength = new Map<number, (Named & { readonly randomness: Randomness })[]>()
for (const named of namedCredentials)
  for (const length of named.lengths) {
    const others = byLength.get(length) ?? []
    others.push({ ...named, randomness: randomnessOf(named.parts) })
    byLength.set(length, others)
  }

/** How far before a value its name is looked for, characters. */
const lookBackChars = 64
const score = 0.85
/** Beside the name of the vendor, a word that says that a credential follows. */
const credentialWords = ['key', 'token', 'secret', 'pass', 'auth', 'credential', 'api', 'pat']

/**
 * The credential whose stretch of letters, digits, `_` and `-` is the one from `at` to `wordEnd`, or null.
 */
export function findNamed(text: string, at: number, wordEnd: number, to: number, runs: Runs): Found | null {
  const candidates = byLength.get(wordEnd - at)
  if (candidates === undefined) return null
  for (const { kind, names, parts, randomness } of candidates) {
    const end = endOfParts(text, at, parts, runs)
    if (end < wordEnd || !endsToken(text, end, to)) continue
    const value = text.slice(at, end)
    if (!isRandom(value, randomness)) continue
    if (names.length === 0 || isAnnounced(text, at, names)) return { kind, end, score }
  }
  return null
}

const awsNames = ['aws', 'secret_access_key', 'secretaccesskey', 'secret_key', 'secretkey', 'akia', 'asia']
const awsSecretChars = 40
const awsRandomness = randomnessOf([run(base64, awsSecretChars)])

/** A secret access key of AWS: forty characters of base64, which `/` and `+` may be part of, behind a word that says so. */
export function findAwsSecret(text: string, at: number, to: number, runs: Runs): Found | null {
  const end = runs.endOf(at, base64)
  if (end - at !== awsSecretChars || !endsToken(text, end, to) || text[end] === '=') return null
  const value = text.slice(at, end)
  if (!isRandom(value, awsRandomness) || !isAnnounced(text, at, awsNames)) return null
  return { kind: 'aws_secret_access_key', end, score }
}

function isAnnounced(text: string, at: number, names: readonly string[]): boolean {
  const before = text.slice(Math.max(0, at - lookBackChars), at).toLowerCase()
  if (!names.some((name) => before.includes(name))) return false
  return before.includes('akia') || credentialWords.some((word) => before.includes(word))
}
