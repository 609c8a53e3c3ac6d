import { base36, base62, base64url, digits, dot, equals, hex, upperBase36, anyHex } from './alphabet.ts'
import { checkDiscord, checkJsonWebToken, checkNotion } from './checksums.ts'
import type { Credential } from './credential.ts'
import { between, run } from './shape.ts'

const uuid = [run(hex, 8), '-', run(hex, 4), '-', run(hex, 4), '-', run(hex, 4), '-', run(hex, 12)] as const

const threeNumbers = [between(digits, 9, 13), '-', between(digits, 9, 13), '-', between(digits, 9, 13)] as const

/** The base64 of a number begins with one of these. */
const numberInBase64 = ['MD', 'MT', 'Mj', 'Mz', 'ND', 'NT', 'Nj', 'Nz', 'OD', 'OT']

/** Chat, mail, payment and work online; tokens that many services use alike. */
export const onlineServices: readonly Credential[] = [
  {
    kind: 'slack_bot_token',
    prefixes: ['xoxb-'],
    parts: [between(digits, 10, 13), '-', between(digits, 10, 13), '-', run(base62, 24)],
  },
  { kind: 'slack_bot_token', prefixes: ['xoxb-'], parts: [between(digits, 8, 14), '-', between(base62, 18, 26)] },
  {
    kind: 'slack_user_token',
    prefixes: ['xoxp-', 'xoxe-'],
    parts: [...threeNumbers, '-', run(hex, 32)],
    entropy: 2.8,
  },
  {
    kind: 'slack_user_token',
    prefixes: ['xoxp-', 'xoxe-'],
    parts: [...threeNumbers, '-', run(base62, 28, 34)],
    entropy: 2.8,
  },
  {
    kind: 'slack_legacy_token',
    prefixes: ['xoxs-', 'xoxo-'],
    parts: [...threeNumbers, '-', between(hex, 10, 64)],
    entropy: 2.8,
  },
  { kind: 'slack_workspace_token', prefixes: ['xoxa-2-', 'xoxr-', 'xoxa-'], parts: [between(base62, 24, 48)] },
  {
    kind: 'slack_app_token',
    prefixes: ['xapp-'],
    parts: [run(digits, 1), '-', between(upperBase36, 9, 13), '-', between(digits, 9, 14), '-', run(hex, 64)],
  },
  { kind: 'slack_refresh_token', prefixes: ['xoxe-1-'], parts: [run(base62, 146)] },
  { kind: 'slack_configuration_token', prefixes: ['xoxe.xoxp-1-', 'xoxe.xoxb-1-'], parts: [between(base62, 163, 166)] },
  {
    kind: 'slack_webhook',
    prefixes: ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'],
    parts: [between(upperBase36, 9, 13), '/', between(upperBase36, 9, 20), '/', run(base62, 24)],
  },
  {
    kind: 'discord_bot_token',
    prefixes: numberInBase64,
    parts: [between(base64url, 20, 26), '.', run(base64url, 6), '.', between(base64url, 27, 38)],
    check: checkDiscord,
  },
  {
    kind: 'discord_webhook',
    prefixes: ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
    parts: [between(digits, 17, 20), '/', between(base64url, 60, 80)],
  },
  { kind: 'twilio_api_key', prefixes: ['SK'], parts: [run(hex, 32)] },
  { kind: 'sendgrid_api_key', prefixes: ['SG.'], parts: [run(base64url, 22), '.', run(base64url, 43)] },
  { kind: 'mailgun_api_key', prefixes: ['key-'], parts: [run(hex, 32)] },
  { kind: 'brevo_api_key', prefixes: ['xkeysib-'], parts: [run(hex, 64), '-', run(base62, 16)] },
  { kind: 'resend_api_key', prefixes: ['re_'], parts: [run(base62, 8), '_', run(base62, 24)] },
  {
    kind: 'stripe_secret_key',
    prefixes: ['sk_live_', 'sk_test_', 'sk_prod_'],
    parts: [
      {
        alphabet: base62,
        lengths: [
          [24, 24],
          [34, 34],
          [90, 110],
        ],
      },
    ],
  },
  {
    kind: 'stripe_restricted_key',
    prefixes: ['rk_live_', 'rk_test_', 'rk_prod_'],
    parts: [
      {
        alphabet: base62,
        lengths: [
          [24, 24],
          [34, 34],
          [90, 110],
        ],
      },
    ],
  },
  { kind: 'stripe_webhook_secret', prefixes: ['whsec_'], parts: [run(base62, 32)] },
  { kind: 'square_access_token', prefixes: ['sq0atp-'], parts: [run(base64url, 22)] },
  { kind: 'square_access_token', prefixes: ['EAAA'], parts: [run(base64url, 60)] },
  { kind: 'square_oauth_secret', prefixes: ['sq0csp-'], parts: [run(base64url, 43)] },
  {
    kind: 'braintree_access_token',
    prefixes: ['access_token$production$', 'access_token$sandbox$'],
    parts: [run(base36, 16), '$', run(hex, 32)],
  },
  {
    kind: 'plaid_access_token',
    prefixes: ['access-sandbox-', 'access-development-', 'access-production-'],
    parts: uuid,
  },
  { kind: 'easypost_api_key', prefixes: ['EZAK', 'EZTK'], parts: [run(base62, 54)] },
  { kind: 'shippo_api_token', prefixes: ['shippo_live_', 'shippo_test_'], parts: [run(hex, 40)] },
  { kind: 'duffel_api_token', prefixes: ['duffel_live_', 'duffel_test_'], parts: [run(base64url | equals, 43)] },
  { kind: 'flutterwave_secret_key', prefixes: ['FLWSECK-', 'FLWSECK_TEST-'], parts: [run(hex, 32), '-X'] },
  {
    kind: 'shopify_access_token',
    prefixes: ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    parts: [run(anyHex, 32)],
    entropy: 2.6,
  },
  {
    kind: 'facebook_access_token',
    prefixes: ['EAAM', 'EAAC', 'EAAG', 'EAAB', 'EAAD'],
    parts: [between(base62, 100, 300)],
  },
  {
    kind: 'mapbox_secret_token',
    prefixes: ['sk.eyJ'],
    parts: [between(base64url, 40, 120), '.', run(base64url, 22)],
    isEncoded: true,
  },
  { kind: 'airtable_personal_token', prefixes: ['pat'], parts: [run(base62, 14), '.', run(hex, 64)] },
  {
    kind: 'asana_personal_token',
    prefixes: ['1/', '2/'],
    parts: [between(digits, 13, 16), '/', between(digits, 13, 16), ':', run(hex, 32)],
  },
  { kind: 'linear_api_key', prefixes: ['lin_api_'], parts: [run(base62, 40)] },
  { kind: 'linear_oauth_token', prefixes: ['lin_oauth_'], parts: [run(hex, 64)] },
  { kind: 'notion_api_token', prefixes: ['ntn_'], parts: [run(base62, 46)], check: checkNotion },
  { kind: 'notion_api_token', prefixes: ['secret_'], parts: [run(base62, 43)] },
  { kind: 'figma_access_token', prefixes: ['figd_', 'figo_', 'figdr_'], parts: [run(base64url, 40)] },
  { kind: 'postman_api_key', prefixes: ['PMAK-'], parts: [run(hex, 24), '-', run(hex, 34)] },
  { kind: 'dropbox_access_token', prefixes: ['sl.'], parts: [between(base64url | equals, 130, 160)] },
  { kind: 'dropbox_access_token', prefixes: ['sl.u.'], parts: [between(base64url | equals, 130, 1_600)] },
  { kind: 'typeform_api_token', prefixes: ['tfp_'], parts: [run(base64url | dot | equals, 59)] },
  { kind: 'contentful_access_token', prefixes: ['CFPAT-'], parts: [run(base64url, 43)] },
  { kind: 'hubspot_access_token', prefixes: ['pat-na1-', 'pat-na2-', 'pat-eu1-'], parts: uuid },
  { kind: 'launchdarkly_sdk_key', prefixes: ['sdk-'], parts: uuid },
  { kind: 'frameio_api_token', prefixes: ['fio-u-'], parts: [run(base64url | equals, 64)] },
  { kind: 'readme_api_key', prefixes: ['rdme_'], parts: [run(base36, 70)] },
  { kind: 'posthog_personal_key', prefixes: ['phx_'], parts: [between(base62, 40, 50)] },
  {
    kind: 'json_web_token',
    prefixes: ['eyJ'],
    parts: [between(base64url, 10, 4_000), '.', between(base64url, 4, 8_000), '.', between(base64url, 20, 2_000)],
    isEncoded: true,
    standsAlone: true,
    check: checkJsonWebToken,
  },
  {
    kind: 'json_web_token',
    prefixes: ['eyJ'],
    parts: [
      between(base64url, 10, 4_000),
      '.',
      between(base64url, 0, 1_000),
      '.',
      between(base64url, 8, 100),
      '.',
      between(base64url, 4, 8_000),
      '.',
      between(base64url, 10, 100),
    ],
    isEncoded: true,
    standsAlone: true,
    check: checkJsonWebToken,
  },
]
