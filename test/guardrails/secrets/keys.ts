import { crc32 } from 'node:zlib'
import { Random, base32, base62, base64, base64url, digits, hex, lower, upper } from './random.ts'

/** A made-up credential as a vendor would write it. */
export interface MadeKey {
  readonly kind: string
  /** The part that must be found. */
  readonly secret: string
  /** A text it stands in. Left out: any. */
  readonly text?: string
}

const uuid = (random: Random): string => [8, 4, 4, 4, 12].map((length) => random.text(hex, length)).join('-')
const upper36 = digits + upper
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The last six characters of a token of GitHub, from what GitHub says about them. */
export function withGitHubChecksum(prefix: string, body: string): string {
  const alphabet = digits + upper + lower
  let rest = crc32(body)
  let checksum = ''
  while (checksum.length < 6) {
    checksum = alphabet.charAt(rest % 62) + checksum
    rest = Math.floor(rest / 62)
  }
  return prefix + body + checksum
}

const simple: readonly (readonly [kind: string, make: (random: Random) => string])[] = [
  ['openai_api_key', (r) => `sk-${r.text(base62, 20)}T3BlbkFJ${r.text(base62, 20)}`],
  ['openai_api_key', (r) => `sk-proj-${r.text(base64url, 74)}T3BlbkFJ${r.text(base64url, 74)}`],
  ['openai_api_key', (r) => `sk-svcacct-${r.text(base64url, 58)}T3BlbkFJ${r.text(base64url, 58)}`],
  ['anthropic_api_key', (r) => `sk-ant-api03-${r.text(base64url, 93)}AA`],
  ['openrouter_api_key', (r) => `sk-or-v1-${r.text(hex, 64)}`],
  ['deepseek_api_key', (r) => `sk-${r.text(hex, 32)}`],
  ['groq_api_key', (r) => `gsk_${r.text(base62, 52)}`],
  ['xai_api_key', (r) => `xai-${r.text(base62, 80)}`],
  ['perplexity_api_key', (r) => `pplx-${r.text(base62, 48)}`],
  ['replicate_api_token', (r) => `r8_${r.text(base62, 37)}`],
  ['huggingface_access_token', (r) => `hf_${r.text(lower + upper, 34)}`],
  ['aws_access_key_id', (r) => `AKIA${r.text(base32, 16)}`],
  ['google_api_key', (r) => `AIzaSy${r.text(base64url, 33)}`],
  ['google_oauth_client_secret', (r) => `GOCSPX-${r.text(base64url, 28)}`],
  ['google_oauth_access_token', (r) => `ya29.${r.text(base64url, 160)}`],
  ['azure_client_secret', (r) => `${r.text(base62, 3)}8Q~${r.text(`${base62}_~.-`, 33)}x`],
  ['digitalocean_access_token', (r) => `dop_v1_${r.text(hex, 64)}`],
  ['heroku_api_key', (r) => `HRKU-AA${r.text(base64url, 58)}`],
  ['databricks_access_token', (r) => `dapi${r.text(hex, 32)}`],
  ['databricks_access_token', (r) => `dapi${r.text(hex, 32)}-2`],
  ['planetscale_token', (r) => `pscale_tkn_${r.text(base64url, 43)}`],
  ['supabase_access_token', (r) => `sbp_${r.text(hex, 40)}`],
  ['vault_service_token', (r) => `hvs.${r.text(base64url, 95)}`],
  ['terraform_api_token', (r) => `${r.text(base62, 14)}.atlasv1.${r.text(base64url, 67)}`],
  ['doppler_token', (r) => `dp.pt.${r.text(base62, 43)}`],
  ['age_secret_key', (r) => `AGE-SECRET-KEY-1${r.text('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}`],
  ['grafana_service_account_token', (r) => `glsa_${r.text(base62, 32)}_${r.text(hex, 8)}`],
  ['grafana_cloud_token', (r) => `glc_${r.text(base64, 100)}=`],
  ['new_relic_api_key', (r) => `NRAK-${r.text(upper36, 27)}`],
  ['sentry_user_token', (r) => `sntryu_${r.text(hex, 64)}`],
  ['sentry_organization_token', (r) => `sntrys_eyJ${r.text(base64, 120)}_${r.text(base64, 43)}`],
  ['github_personal_token', (r) => withGitHubChecksum('ghp_', r.text(base62, 30))],
  ['github_oauth_token', (r) => withGitHubChecksum('gho_', r.text(base62, 30))],
  ['github_app_token', (r) => withGitHubChecksum('ghs_', r.text(base62, 30))],
  ['github_fine_grained_token', (r) => `github_pat_${r.text(base62, 22)}_${r.text(base62, 59)}`],
  ['gitlab_personal_token', (r) => `glpat-${r.text(base64url, 20)}`],
  ['gitlab_personal_token', (r) => `glpat-${r.text(base64url, 40)}.${r.text(digits + lower, 9)}`],
  ['gitlab_runner_token', (r) => `glrt-${r.text(base64url, 20)}`],
  ['atlassian_api_token', (r) => `ATATT3${r.text(`${base62}_-=`, 186)}`],
  ['npm_access_token', (r) => `npm_${r.text(base62, 36)}`],
  ['pypi_api_token', (r) => `pypi-AgEIcHlwaS5vcmc${r.text(base64url, 150)}`],
  ['rubygems_api_key', (r) => `rubygems_${r.text(hex, 48)}`],
  ['dockerhub_access_token', (r) => `dckr_pat_${r.text(base64url, 27)}`],
  ['slack_bot_token', (r) => `xoxb-${digitsOf(r, 12)}-${digitsOf(r, 13)}-${r.text(base62, 24)}`],
  ['slack_user_token', (r) => `xoxp-${digitsOf(r, 12)}-${digitsOf(r, 12)}-${digitsOf(r, 13)}-${r.text(hex, 32)}`],
  ['slack_app_token', (r) => `xapp-1-${r.text(upper36, 11)}-${digitsOf(r, 13)}-${r.text(hex, 64)}`],
  ['stripe_secret_key', (r) => `sk_live_${r.text(base62, 24)}`],
  ['stripe_secret_key', (r) => `sk_live_51${r.text(base62, 97)}`],
  ['stripe_restricted_key', (r) => `rk_test_${r.text(base62, 24)}`],
  ['stripe_webhook_secret', (r) => `whsec_${r.text(base62, 32)}`],
  ['twilio_api_key', (r) => `SK${r.text(hex, 32)}`],
  ['sendgrid_api_key', (r) => `SG.${r.text(base64url, 22)}.${r.text(base64url, 43)}`],
  ['mailgun_api_key', (r) => `key-${r.text(hex, 32)}`],
  ['mailchimp_api_key', (r) => `${r.text(hex, 32)}-us21`],
  ['square_access_token', (r) => `EAAA${r.text(base64url, 60)}`],
  ['square_oauth_secret', (r) => `sq0csp-${r.text(base64url, 43)}`],
  ['shopify_access_token', (r) => `shpat_${r.text(hex, 32)}`],
  ['linear_api_key', (r) => `lin_api_${r.text(base62, 40)}`],
  ['notion_api_token', (r) => `ntn_${digitsOf(r, 11)}${r.text(base62, 35)}`],
  ['figma_access_token', (r) => `figd_${r.text(base64url, 40)}`],
  ['postman_api_key', (r) => `PMAK-${r.text(hex, 24)}-${r.text(hex, 34)}`],
  ['dropbox_access_token', (r) => `sl.${r.text(base64url, 135)}`],
  ['airtable_personal_token', (r) => `pat${r.text(base62, 14)}.${r.text(hex, 64)}`],
  ['hubspot_access_token', (r) => `pat-eu1-${uuid(r)}`],
  ['discord_bot_token', discordToken],
  ['telegram_bot_token', (r) => `${digitsOf(r, 10)}:AA${r.text(base64url, 33)}`],
  ['json_web_token', jsonWebToken],
]

const inContext: readonly ((random: Random) => MadeKey)[] = [
  (r) => inside('aws_secret_access_key', r.text(base64, 40), (key) => `aws_secret_access_key = ${key}`),
  (r) =>
    inside(
      'telegram_bot_token',
      `${digitsOf(r, 9)}:AA${r.text(base64url, 33)}`,
      (key) => `https://api.telegram.org/bot${key}/getMe`,
    ),
  (r) => inside('azure_storage_key', `AccountKey=${r.text(base64, 86)}==`, (key) => `AccountName=a;${key};Suffix=b`),
  (r) => inside('heroku_api_key', uuid(r), (key) => `export HEROKU_API_KEY=${key}`),
  (r) => inside('mistral_api_key', r.text(base62, 32), (key) => `MISTRAL_API_KEY="${key}"`),
  (r) => inside('cohere_api_key', r.text(base62, 40), (key) => `my cohere api key is ${key}, is it valid?`),
  (r) => inside('datadog_api_key', r.text(hex, 32), (key) => `datadog:\n  api_key: ${key}`),
  (r) => inside('cloudflare_api_token', r.text(base64url, 40), (key) => `CLOUDFLARE_API_TOKEN=${key}`),
  (r) => inside('twilio_auth_token', r.text(hex, 32), (key) => `twilio_auth_token='${key}'`),
  (r) =>
    inside(
      'slack_webhook',
      `hooks.slack.com/services/T${r.text(upper36, 10)}/B${r.text(upper36, 10)}/${r.text(base62, 24)}`,
      (key) => `curl https://${key}`,
    ),
  (r) =>
    inside(
      'discord_webhook',
      `discord.com/api/webhooks/${digitsOf(r, 19)}/${r.text(base64url, 68)}`,
      (key) => `POST https://${key}`,
    ),
  (r) => inside('url_password', r.text(base62, 14), (key) => `postgres://billing:${key}@db.internal:5432/billing`),
  (r) => inside('url_password', r.text(base62, 9), (key) => `redis://:${key}@cache:6379`),
]

function inside(kind: string, secret: string, write: (secret: string) => string): MadeKey {
  return { kind, secret, text: write(secret) }
}

function digitsOf(random: Random, length: number): string {
  return random.text('123456789', 1) + random.text(digits, length - 1)
}

function discordToken(random: Random): string {
  const account = Buffer.from(digitsOf(random, 18)).toString('base64url')
  return `${account}.${random.text(base64url, 6)}.${random.text(base64url, 38)}`
}

function jsonWebToken(random: Random): string {
  const header = encoded({ alg: random.one(['HS256', 'RS256', 'ES256']), typ: 'JWT' })
  const payload = encoded({ sub: random.text(digits, 10), iat: random.below(1_900_000_000) })
  return `${header}.${payload}.${random.text(base64url, 43)}`
}

const places: readonly ((key: string) => string)[] = [
  (key) => key,
  (key) => `please rotate ${key} for me.`,
  (key) => `Authorization: Bearer ${key}`,
  (key) => `const key = "${key}";`,
  (key) => `export API_KEY=${key}\n`,
  (key) => `{"token":"${key}","n":1}`,
  (key) => `{"note":"first line\\n${key}\\nlast line"}`,
  (key) => `https://service.test/v1?token%3D${key}&page=2`,
  (key) => `- \`${key}\` (staging)`,
]

/** Made-up credentials of every kind, `perKind` of each, in texts of several sorts. */
export function madeKeys(seed: number, perKind: number): { kind: string; secret: string; text: string }[] {
  const random = new Random(seed)
  const made: { kind: string; secret: string; text: string }[] = []
  for (let round = 0; round < perKind; round++) {
    for (const [kind, make] of simple) {
      const secret = make(random)
      made.push({ kind, secret, text: random.one(places)(secret) })
    }
    for (const make of inContext) {
      const { kind, secret, text } = make(random)
      made.push({ kind, secret, text: text ?? secret })
    }
  }
  return made
}
