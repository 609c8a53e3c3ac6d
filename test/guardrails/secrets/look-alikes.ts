import { withGitHubChecksum } from './keys.ts'
import { Random, base62, base64, base64url, digits, hex, lower, upper } from './random.ts'

const nouns = ['invoice', 'pipeline', 'token', 'learn', 'session', 'secret', 'header', 'worker', 'stream', 'cache']

function words(random: Random, count: number, separator: string): string {
  return Array.from({ length: count }, () => random.one(nouns)).join(separator)
}

const sorts: readonly (readonly [sort: string, make: (random: Random) => string])[] = [
  ['UUID', (r) => [8, 4, 4, 4, 12].map((length) => r.text(hex, length)).join('-')],
  ['commit', (r) => `git show ${r.text(hex, 40)}`],
  ['SHA-256', (r) => `sha256:${r.text(hex, 64)}`],
  ['integrity', (r) => `"integrity": "sha512-${r.text(base64, 86)}=="`],
  ['picture', (r) => `data:image/png;base64,iVBORw0KGgo${r.text(base64, 1_500)}=`],
  ['font', (r) => `url(data:font/woff2;base64,d09GMgABAAAA${r.text(base64, 2_000)})`],
  ['file name', (r) => `assets/${words(r, 2, '-')}.${r.text(hex, 8)}.chunk.js`],
  ['object name', (r) => `s3://bucket/${words(r, 2, '/')}/${r.text(hex, 32)}.parquet`],
  [
    'minified code',
    (r) =>
      `!function(e,t){var ${r.text(lower, 1)}=t.${words(r, 2, '_')},n=e[${r.below(99)}];return n.${words(r, 3, '.')}}(${r.text(lower, 1)},this)`,
  ],
  ['identifier', (r) => `sk-${words(r, 4, '-')}-${r.below(99)}`],
  ['identifier', (r) => `sk_${words(r, 5, '_')}`],
  ['identifier', (r) => `npm_config_${words(r, 3, '_')}`],
  ['identifier', (r) => `hf_${words(r, 4, '')}`],
  ['identifier', (r) => `xoxb-${words(r, 4, '-')}`],
  ['identifier', (r) => `AKIA_${words(r, 2, '_').toUpperCase()}`],
  ['version', (r) => `v${r.below(20)}.${r.below(20)}.${r.below(20)}-beta.${r.below(900)}+${r.text(hex, 8)}`],
  ['too short', (r) => `ghp_${r.text(base62, 35)}`],
  ['too short', (r) => `glpat-${r.text(base64url, 18)}z`],
  ['too short', (r) => `sk-ant-api03-${r.text(base64url, 90)}AA`],
  ['too long', (r) => `ghp_${r.text(base62, 37)}`],
  ['too long', (r) => `AKIA${r.text(`${upper}234567`, 17)}`],
  ['too long', (r) => `AIza${r.text(base62, 36)}`],
  ['too long', (r) => `npm_${r.text(base62, 37)}`],
  ['wrong alphabet', (r) => `dop_v1_${r.text(base62, 63)}z`],
  ['wrong alphabet', (r) => `AKIA${r.text(upper, 14)}08`],
  ['wrong alphabet', (r) => `hf_${r.text(base62, 33)}1`],
  ['wrong alphabet', (r) => `shpat_${r.text(base62, 31)}z`],
  ['wrong alphabet', (r) => `ghp_${r.text(base62, 17)}_${r.text(base62, 18)}`],
  ['wrong end', (r) => `sk-ant-api03-${r.text(base64url, 92)}bBB`],
  ['not JSON', (r) => `eyJ${r.text(base64url, 40)}.eyJ${r.text(base64url, 60)}.${r.text(base64url, 43)}`],
  ['low entropy', (r) => `sk-${r.text('ab1', 48)}`],
  ['low entropy', (r) => `ghp_${r.text('xX0', 36)}`],
  ['low entropy', (r) => `AIza${r.text('aA1', 35)}`],
  ['placeholder', (r) => `sk-${'x'.repeat(20 + r.below(30))}`],
  ['placeholder', (r) => `sk_live_${'x'.repeat(24)}${r.below(9)}`],
  ['placeholder', (r) => `AKIA${r.text(upper, 9)}EXAMPLE`],
  ['placeholder', () => `ghp_${digits}${digits}${digits}123456`],
  ['placeholder', () => `sk-proj-YOUR_KEY_HERE_${'A1b2'.repeat(9)}`],
  ['placeholder', () => 'OPENAI_API_KEY=<your-key>'],
  ['placeholder', () => 'Authorization: Bearer ${ACCESS_TOKEN_OF_STAGE_2}'],
  ['placeholder', () => 'Authorization: Bearer YOUR_ACCESS_TOKEN_1234567890'],
  ['placeholder URL', () => 'postgres://user:password@localhost:5432/app'],
  ['placeholder URL', () => 'https://${USER}:${PASSWORD}@registry.test/'],
  ['placeholder URL', () => 'mysql://root:$DB_PASSWORD@db/app'],
  ['placeholder URL', () => 'amqp://<user>:<password>@broker:5672'],
  ['URL', (r) => `https://example.test:8443/@${words(r, 1, '')}/status/${r.text(digits, 19)}`],
  ['URL', (r) => `https://docs.test/${words(r, 3, '-')}?utm_source=${words(r, 2, '_')}&id=${r.text(base62, 22)}`],
  ['talk of keys', () => 'A file that begins with -----BEGIN PRIVATE KEY----- holds a key; never commit one.'],
  ['user and group', (r) => `docker run -u 1000:1000 --name ${words(r, 2, '-')} image`],
  ['vendor, but a hash', (r) => `the datadog agent image is pinned to commit ${r.text(hex, 39)}`],
  ['vendor, but a hash', (r) => `cohere-toolkit at ${r.text(hex, 40)} passes`],
]

/** Texts that look like credentials and are none, `perSort` of each sort. */
export function lookAlikes(seed: number, perSort: number): { sort: string; text: string }[] {
  const random = new Random(seed)
  return Array.from({ length: perSort }, () => sorts.map(([sort, make]) => ({ sort, text: make(random) }))).flat()
}

/** Tokens of GitHub with a checksum that is not theirs. */
export function wrongChecksums(seed: number, count: number): string[] {
  const random = new Random(seed)
  return Array.from({ length: count }, () => {
    const right = withGitHubChecksum('ghp_', random.text(base62, 30))
    return right.slice(0, -1) + (right.endsWith('7') ? '8' : '7')
  })
}
