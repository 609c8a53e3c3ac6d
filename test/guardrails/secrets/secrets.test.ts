import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roles } from '../../../src/guardrails/guardrail.ts'
import { secretKinds, secrets } from '../../../src/guardrails/secrets/secrets.ts'
import { madeKeys } from './keys.ts'
import { lookAlikes, wrongChecksums } from './look-alikes.ts'
import { Random, base62, base64, base64url } from './random.ts'
import { foundIn, scanned } from './scan.ts'

const keys = madeKeys(20_260_101, 40)

describe('a credential', () => {
  it('is found whole and named for its vendor, for more than thirty of them, wherever it stands', () => {
    const missed = keys.filter(
      ({ kind, secret, text }) => !foundIn(text).some(([as, what]) => as === kind && what === secret),
    )
    expect(missed).toEqual([])
    const vendors = new Set(keys.map(({ kind }) => kind.split('_')[0]))
    expect(vendors.size).toBeGreaterThanOrEqual(30)
  })

  it('is the only thing that is found', () => {
    const several = keys.filter(({ text }) => foundIn(text).length !== 1)
    expect(several).toEqual([])
  })

  it('is found beside others in one text', () => {
    const text = keys
      .slice(0, 60)
      .map((key) => key.text)
      .join('\n')
    expect(foundIn(text)).toHaveLength(60)
  })

  it('keeps its password alone from a URL, so that the host can still be read', () => {
    const password = new Random(4).text(base62, 12)
    const text = `mongodb+srv://app:${password}@cluster0.test/db and https://a:b@c`
    expect(foundIn(text)).toEqual([['url_password', password]])
  })

  it('is only flagged when it has the shape of a token of GitHub and not its checksum', () => {
    for (const text of wrongChecksums(5, 50)) {
      const [finding] = scanned([text])
      expect(finding).toMatchObject({ kind: 'github_personal_token', flagOnly: true, start: 0, end: text.length })
    }
    for (const { text } of keys.filter(({ kind }) => kind === 'github_personal_token'))
      expect(scanned([text])[0]).not.toHaveProperty('flagOnly')
  })
})

describe('what is no credential', () => {
  it('is not reported though it looks like one, in more than 99 of 100 cases', () => {
    const texts = lookAlikes(20_260_202, 60)
    const reported = texts.flatMap(({ sort, text }) => foundIn(text).map(([kind]) => ({ sort, kind, text })))
    expect(reported.slice(0, 5)).toEqual([])
    expect(reported.length / texts.length).toBeLessThanOrEqual(0.01)
  })

  it('is a part of a longer word', () => {
    const key = `sk_live_${new Random(6).text(base62, 24)}`
    for (const text of [`${key}x`, `${key}_x`, `${key}-x`, `x${key}`, `_${key}`])
      expect(foundIn(text), text).toEqual([])
    for (const text of [`${key}.`, `(${key})`, `${key}, `, `${key}-`, `key=${key};`, `x-${key}`])
      expect(foundIn(text), text).toEqual([['stripe_secret_key', key]])
  })
})

describe('a private key', () => {
  const random = new Random(7)
  const lines = Array.from({ length: 20 }, () => random.text(base64, 64))
  const body = lines.join('\n')
  const bounds = (name: string, content: string): string => `-----BEGIN ${name}-----\n${content}\n-----END ${name}-----`

  it.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'])(
    'is found over its lines under the header %s',
    (name) => {
      const text = `here it is:\n${bounds(name, body)}\nthank you`
      const [finding, ...others] = scanned([text])
      expect(others).toEqual([])
      expect(finding?.kind).toBe('private_key')
      const taken = text.slice(finding?.start, finding?.end)
      for (const line of lines) expect(taken).toContain(line)
      expect(text.slice(finding?.end)).toContain('thank you')
    },
  )

  it('is found behind headers of its own and without the line that ends it', () => {
    const encrypted = `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${random.text('0123456789ABCDEF', 32)}\n\n${body}`
    for (const text of [
      bounds('RSA PRIVATE KEY', encrypted),
      bounds('PGP PRIVATE KEY BLOCK', `Version: GnuPG v2\n\n${body}\n=abcd`),
      `-----BEGIN PRIVATE KEY-----\n${body}`,
    ]) {
      const taken = foundIn(text)
        .map(([, secret]) => secret)
        .join('')
      for (const line of lines) expect(taken).toContain(line)
    }
  })

  it('is found in JSON, without what stands behind it', () => {
    const text = JSON.stringify({ private_key: bounds('PRIVATE KEY', body), client_email: 'a@b.test' })
    const found = foundIn(text)
    expect(found.map(([kind]) => kind)).toEqual(['private_key'])
    for (const line of lines) expect(found[0]?.[1]).toContain(line)
    expect(found[0]?.[1]).not.toContain('client_email')
  })

  it('is not found where keys are only talked of', () => {
    for (const text of [
      'if text.startswith("-----BEGIN PRIVATE KEY-----"):',
      '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----',
      bounds('CERTIFICATE', body),
      bounds('PUBLIC KEY', body),
    ])
      expect(foundIn(text), text).toEqual([])
  })
})

describe('credentials in commands and headers', () => {
  const random = new Random(8)
  const password = `${random.text(base62, 12)}7a`
  const token = `${random.text(base64url, 30)}7a`

  it.each([
    ['curl_password', `curl -u admin:${password} https://a.test`, password],
    ['curl_password', `curl --user "admin:${password}" https://a.test`, password],
    ['authorization_bearer', `curl -H "Authorization: Bearer ${token}" https://a.test`, token],
    ['authorization_key', `curl -H 'X-Api-Key: ${token}' https://a.test`, token],
    ['authorization_basic', `Authorization: Basic ${Buffer.from(`me:${password}`).toString('base64')}`, ''],
  ])('are found: %s', (kind, text, secret) => {
    expect(foundIn(text).map(([as]) => as)).toEqual([kind])
    if (secret !== '') expect(foundIn(text)[0]?.[1]).toBe(secret)
  })
})

describe('the settings', () => {
  it('leave unnamed secrets alone unless they are asked for', () => {
    const value = `${new Random(9).text(base62, 16)}7`
    for (const text of [
      `password = "${value}"`,
      `{"api_key": "${value}"}`,
      `DB_PASSWORD=${value}`,
      `client_secret: ${value}`,
    ]) {
      expect(foundIn(text), text).toEqual([])
      expect(foundIn(text, { generic: true }), text).toEqual([['generic_secret', value]])
    }
    for (const text of [
      'password = "password"',
      'api_key: ${API_KEY_2}',
      'token = process.env.TOKEN2',
      'secret: <your-secret-1>',
      'auth = requests.auth2.Session(',
      'max_tokens: 4096',
    ])
      expect(foundIn(text, { generic: true }), text).toEqual([])
  })

  it('narrow what is looked for, and spare values that are known to be harmless', () => {
    const [first, second] = [keys[0], keys[3]]
    const text = `${first?.secret} ${second?.secret}`
    expect(foundIn(text, { kinds: [second?.kind] })).toEqual([[second?.kind, second?.secret]])
    expect(foundIn(text, { allow: [second?.secret] })).toEqual([[first?.kind, first?.secret]])
  })

  it.each([[{ kinds: ['nonsense'] }], [{ kinds: [] }], [{ allow: [''] }], [{ generics: true }]])(
    'are refused when they are wrong: %j',
    (settings) => {
      expect(secrets.settings.safeParse(settings).success).toBe(false)
    },
  )

  it('are described, kinds are lower snake case, and every role is read', () => {
    expect(secrets.roles).toEqual(roles)
    expect(secretKinds.filter((kind) => !/^[a-z0-9]+(_[a-z0-9]+)+$/.test(kind))).toEqual([])
    expect(secretKinds.filter((kind, at) => secretKinds.indexOf(kind) !== at)).toEqual([])
    expect(secretKinds).toContain('openai_api_key')
  })
})

describe('on a stream', () => {
  it('the same is found however the text is cut', () => {
    const texts = [...madeKeys(11, 1), ...lookAlikes(12, 1)].map(({ text }) => text)
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...texts), fc.string({ unit: 'grapheme', maxLength: 12 })), { maxLength: 4 }),
        fc.constantFrom(' ', '\n', '"', ', '),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        (parts, separator, lengths) => {
          const text = parts.join(separator)
          expect(scanned(cut(text, lengths))).toEqual(scanned([text]))
        },
      ),
      { numRuns: 100 },
    )
  })

  it('nothing of a credential is decided before all of it is', () => {
    for (const { text, secret } of keys.slice(0, 160)) {
      const scanner = secrets.create(secrets.settings.parse({})).open('output')
      const start = text.indexOf(secret)
      const findings: { start: number }[] = []
      for (const character of text.slice(0, start + secret.length)) {
        const decided = scanner.push(character, findings as never)
        if (findings.length === 0) expect(decided, text).toBeLessThanOrEqual(start)
      }
    }
  })

  it('hostile texts give findings that lie in them', () => {
    const alphabet = fc.constantFrom(
      '-',
      'sk-',
      'eyJ',
      '.',
      '://',
      ':',
      '@',
      'AKIA',
      'glpat-',
      '~',
      'Q~',
      '\\n',
      '%3D',
      'a',
      'A',
      '7',
    )
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 400 }), fc.integer({ min: 1, max: 9 }), (parts, length) => {
        const text = parts.join('')
        const whole = scanned([text], { generic: true })
        for (const { start, end } of whole) {
          expect(start).toBeLessThan(end)
          expect(end).toBeLessThanOrEqual(text.length)
        }
        expect(scanned(cut(text, [length]), { generic: true })).toEqual(whole)
      }),
      { numRuns: 200 },
    )
  })
})

function cut(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = []
  for (let at = 0, piece = 0; at < text.length; piece++) {
    const end = at + (lengths[piece % lengths.length] ?? 1)
    pieces.push(text.slice(at, end))
    at = end
  }
  return pieces
}
