import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../../src/config.ts'

const cwd = mkdtempSync(join(tmpdir(), 'promptbox-config-'))
afterAll(() => rmSync(cwd, { recursive: true }))

const read = (environment: Record<string, string>) => readConfig(environment, { cwd })

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    read(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('defaults', () => {
  test('nothing set: this machine only, embedded database, demo', () => {
    expect(read({})).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      databaseUrl: null,
      redisUrl: null,
      dataDir: join(cwd, '.data'),
      adminKey: null,
      encryptionKey: null,
      configFile: join(cwd, 'promptbox.yaml'),
      configFileRequired: false,
      promptsJson: null,
      demo: true,
      production: false,
      logBodies: 'on',
      logLevel: 'info',
      allowPrivateUrls: true,
      warnings: [],
    })
  })

  test('every limit has the default its documentation names', () => {
    expect(read({}).limits).toEqual({
      maxBodyBytes: 67_108_864,
      maxUploadBytes: 268_435_456,
      thinkingMemoryChars: 33_554_432,
      maxEventChars: 16_777_216,
      maxAnswerBytes: 67_108_864,
      maxHeldAnswerBytes: 16_777_216,
      recordedBodyChars: 65_536,
      attemptTimeoutMs: 600_000,
      firstChunkTimeoutMs: 600_000,
      idleTimeoutMs: 600_000,
      maxAttempts: 16,
      breakerWindowMs: 30_000,
      breakerMinimumCalls: 10,
      breakerFailurePercent: 50,
      breakerConsecutiveFailures: 10,
      breakerCoolDownMs: 10_000,
      breakerLongestCoolDownMs: 120_000,
      breakerProbes: 3,
      credentialRateLimitedMs: 10_000,
      credentialRefusedMs: 300_000,
      connectTimeoutMs: 10_000,
      exchangeTimeoutMs: 1_800_000,
      firstEventGraceMs: 10_000,
      keepaliveMs: 15_000,
      retries: 2,
      upstreamConnections: 8_192,
      retryFirstPauseMs: 250,
      retryLongestPauseMs: 10_000,
      requestHeadersTimeoutMs: 20_000,
      requestTimeoutMs: 300_000,
      retentionDays: 0,
      cacheMaxBytes: 67_108_864,
      cacheMaxEntries: 100_000,
      cacheMaxEntryBytes: 1_048_576,
      cacheRedisTimeoutMs: 100,
      cacheWaitMs: 10_000,
      drainMs: 30_000,
      testParallel: 4,
      testRunTimeoutMs: 300_000,
      experimentsIntervalMs: 2_000,
      testRunsKept: 50,
      spoolMaxBytes: 1_073_741_824,
    })
  })

  test('each limit is set by its own variable', () => {
    const limits = read({
      PROMPTBOX_MAX_BODY_BYTES: '1_048_576',
      PROMPTBOX_RETRIES: '0',
      PROMPTBOX_DRAIN_MS: '1',
    }).limits
    expect(limits).toMatchObject({ maxBodyBytes: 1_048_576, retries: 0, drainMs: 1, keepaliveMs: 15_000 })
  })

  test('an empty variable counts as unset', () => {
    expect(read({ PORT: '', DATABASE_URL: ' ', OPENAI_API_KEY: '' })).toEqual(read({}))
  })

  test('the real environment of a process can be read', () => {
    expect(readConfig({ ...process.env, PORT: '1' }, { cwd }).port).toBe(1)
  })
})

describe('demo', () => {
  test.each([
    ['a database', { DATABASE_URL: 'postgres://localhost/promptbox' }],
    ['a provider key', { GROQ_API_KEY: 'gsk-1' }],
    ['a base URL', { OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1' }],
    ['prompts in the environment', { PROMPTBOX_PROMPTS_JSON: '{}' }],
    ['production', { NODE_ENV: 'production' }],
  ])('is off with %s', (_, environment) => {
    expect(read(environment).demo).toBe(false)
  })

  test('can be asked for beside a provider, never in production', () => {
    expect(read({ OPENAI_API_KEY: 'sk-1', PROMPTBOX_DEMO: 'on' }).demo).toBe(true)
    expect(problemsOf({ NODE_ENV: 'production', PROMPTBOX_DEMO: 'on' })).toEqual([
      expect.stringMatching(/^PROMPTBOX_DEMO must not be on/),
    ])
  })

  test('can be switched off', () => {
    expect(read({ PROMPTBOX_DEMO: 'off' }).demo).toBe(false)
  })
})

describe('the config file', () => {
  test('named and missing is a mistake; named and there is required from then on', () => {
    expect(problemsOf({ PROMPTBOX_CONFIG: 'other.yaml' })).toEqual([
      expect.stringMatching(/^PROMPTBOX_CONFIG must name a file/),
    ])
    writeFileSync(join(cwd, 'there.yaml'), 'prompts: {}')
    expect(read({ PROMPTBOX_CONFIG: 'there.yaml' })).toMatchObject({
      configFile: join(cwd, 'there.yaml'),
      configFileRequired: true,
      demo: false,
    })
  })
})

describe('providers', () => {
  test('are on with a key or a base URL, under the names of the contract', () => {
    const { providers } = read({
      OPENAI_API_KEY: 'sk-1',
      OPENAI_BASE_URL: 'https://gateway.example.com/v1/',
      AZURE_OPENAI_API_KEY: 'az-1',
      AZURE_OPENAI_BASE_URL: 'https://x.openai.azure.com/openai/v1',
      LOCAL_BASE_URL: 'http://127.0.0.1:8080/v1',
    })
    expect([...providers]).toEqual([
      ['openai', [{ name: 'default', apiKey: 'sk-1', baseUrl: 'https://gateway.example.com/v1' }]],
      ['azure', [{ name: 'default', apiKey: 'az-1', baseUrl: 'https://x.openai.azure.com/openai/v1' }]],
      ['local', [{ name: 'default', apiKey: null, baseUrl: 'http://127.0.0.1:8080/v1' }]],
    ])
  })

  test('may have several keys with commas between them, all with the one base URL', () => {
    const { providers } = read({ GROQ_API_KEY: 'gsk-1, gsk-2,gsk-3', GROQ_BASE_URL: 'https://groq.example/v1' })
    const baseUrl = 'https://groq.example/v1'
    expect(providers.get('groq')).toEqual([
      { name: 'default', apiKey: 'gsk-1', baseUrl },
      { name: '2', apiKey: 'gsk-2', baseUrl },
      { name: '3', apiKey: 'gsk-3', baseUrl },
    ])
  })

  test.each([
    ['gsk-1,,gsk-2', /nothing before, after or between/],
    [',gsk-1', /nothing before, after or between/],
    ['gsk-1,', /nothing before, after or between/],
    ['gsk-1,gsk-2,gsk-1', /the same key twice/],
    ['gsk-1,gsk 2', /visible ASCII/],
    [Array.from({ length: 101 }, (_, index) => `gsk-${index}`).join(), /more than 100/],
  ])('several keys with a mistake are refused without repeating them: %s', (keys, problem) => {
    const problems = problemsOf({ GROQ_API_KEY: keys })
    expect(problems).toEqual([expect.stringMatching(problem)])
    expect(problems[0]).toMatch(/^GROQ_API_KEY /)
    expect(problems[0]).not.toContain('gsk')
  })

  test('with a wire of their own are on like any other; their base URL is the host only', () => {
    expect(read({ ANTHROPIC_API_KEY: 'a', GEMINI_API_KEY: 'g' }).warnings).toEqual([])
    const warnings = read({ ANTHROPIC_BASE_URL: 'https://a.example/v1', GEMINI_BASE_URL: 'https://g.example' }).warnings
    expect(warnings).toEqual([expect.stringMatching(/^ANTHROPIC_BASE_URL ends in \/v1.*https:\/\/a\.example$/)])
  })

  test('private addresses need leave in production, metadata addresses are never called', () => {
    const local = { LOCAL_BASE_URL: 'http://10.0.0.5/v1' }
    expect(problemsOf(local)).toEqual([])
    expect(problemsOf({ ...local, NODE_ENV: 'production' })).toEqual([
      expect.stringMatching(/^LOCAL_BASE_URL must not point to 10\.0\.0\.5/),
    ])
    expect(problemsOf({ ...local, NODE_ENV: 'production', PROMPTBOX_ALLOW_PRIVATE_URLS: 'on' })).toEqual([])
    expect(problemsOf({ LOCAL_BASE_URL: 'http://169.254.169.254/v1' })).toEqual([expect.stringMatching(/never called/)])
  })

  test('what is allowed but probably not meant is a warning', () => {
    expect(read({ AZURE_OPENAI_API_KEY: 'az-1' }).warnings).toEqual([
      expect.stringMatching(/without AZURE_OPENAI_BASE_URL/),
    ])
    expect(read({ OLLAMA_BASE_URL: 'http://127.0.0.1:11434' }).warnings).toEqual([expect.stringMatching(/end in \/v1/)])
    expect(read({ PROMPTBOX_ADMIN_KEY: 'short-key' }).warnings).toEqual([
      expect.stringMatching(/^PROMPTBOX_ADMIN_KEY is short/),
    ])
  })
})

describe('mistakes', () => {
  test('are reported all at once, each with its variable', () => {
    const problems = problemsOf({
      NODE_ENV: 'production',
      PORT: '70000',
      HOST: 'not a host',
      DATABASE_URL: 'mysql://x',
      REDIS_URL: 'localhost',
      PROMPTBOX_CONFIG: 'missing.yaml',
      PROMPTBOX_PROMPTS_JSON: "{'a': 1}",
      PROMPTBOX_DEMO: 'on',
      PROMPTBOX_LOG_BODIES: 'maybe',
      PROMPTBOX_ADMIN_KEY: 'x',
      PROMPTBOX_KEEPALIVE_MS: '1.5',
      PROMPTBOX_RETIRES: '2',
      MISTRAL_API_KEY: 'two words',
      MISTRAL_BASE_URL: 'api.mistral.ai',
    })
    expect(problems.map((problem) => problem.split(' ')[0]).toSorted()).toEqual([
      'DATABASE_URL',
      'HOST',
      'MISTRAL_API_KEY',
      'MISTRAL_BASE_URL',
      'PORT',
      'PROMPTBOX_ADMIN_KEY',
      'PROMPTBOX_CONFIG',
      'PROMPTBOX_DEMO',
      'PROMPTBOX_KEEPALIVE_MS',
      'PROMPTBOX_LOG_BODIES',
      'PROMPTBOX_PROMPTS_JSON',
      'PROMPTBOX_RETIRES',
      'REDIS_URL',
    ])
  })

  test('name the rule, the value and a right one', () => {
    expect(problemsOf({ PORT: 'abc' })).toEqual([
      'PORT must be a whole number from 0 to 65535, but is "abc". Example: 4000.',
    ])
  })

  test.each([
    ['PROMPTBOX_ADMIN_KEY', 'hunter2'],
    ['PROMPTBOX_ENCRYPTION_KEY', 'hunter2'],
    ['DATABASE_URL', 'mysql://name:hunter2@host/db'],
    ['OPENAI_API_KEY', 'hunter2 hunter2'],
    ['OPENAI_BASE_URL', 'https://name:hunter2@host/v1'],
  ])('never repeat what may be a secret in %s', (name, value) => {
    const problems = problemsOf({ [name]: value })
    expect(problems).toHaveLength(1)
    expect(problems.join()).not.toContain('hunter2')
  })
})

describe('unknown variables', () => {
  test.each([
    ['PROMPTBOX_RETIRES', 'PROMPTBOX_RETRIES'],
    ['PROMPTBOX_PORT', 'PORT'],
    ['PROMPTBOX_DATABASE_URL', 'DATABASE_URL'],
    ['PROMPTBOX_LOG_BODY', 'PROMPTBOX_LOG_BODIES'],
  ])('%s is a mistake that offers %s', (name, offered) => {
    expect(problemsOf({ [name]: 'x' })).toEqual([`${name} is no variable of Promptbox. Did you mean ${offered}?`])
  })

  test('a name near to nothing is a mistake too', () => {
    expect(problemsOf({ PROMPTBOX_SOMETHING_ELSE_ENTIRELY: 'x' })).toHaveLength(1)
  })

  test('what the guides have people export for their clients stops no server that starts in the same shell', () => {
    expect(problemsOf({ PROMPTBOX_URL: 'http://127.0.0.1:4000', PROMPTBOX_KEY: 'pb-demo-x' })).toEqual([])
  })

  test('the addresses Kubernetes puts into every pod are left alone', () => {
    expect(
      problemsOf({
        PROMPTBOX_SERVICE_HOST: '10.0.0.1',
        PROMPTBOX_SERVICE_PORT_HTTP: '4000',
        PROMPTBOX_PORT: 'tcp://10.0.0.1:4000',
        PROMPTBOX_PORT_4000_TCP: 'tcp://10.0.0.1:4000',
        PROMPTBOX_PORT_4000_TCP_ADDR: '10.0.0.1',
        PROMPTBOX_REDIS_PORT: 'tcp://10.0.0.2:6379',
      }),
    ).toEqual([])
  })
})

test('secrets for webhooks have names of their own, and are long enough or a mistake', () => {
  const { webhookSecrets } = read({ PROMPTBOX_WEBHOOK_SECRET: ' a-secret-of-16-chars ', PROMPTBOX_WEBHOOK_EMPTY: '' })
  expect([...webhookSecrets]).toEqual([['PROMPTBOX_WEBHOOK_SECRET', 'a-secret-of-16-chars']])
  const [problem, ...others] = problemsOf({ PROMPTBOX_WEBHOOK_SECRET: 'short' })
  expect(problem).toMatch(/^PROMPTBOX_WEBHOOK_SECRET must have at least 16 characters/)
  expect(others).toEqual([])
  expect(problemsOf({ PROMPTBOX_WEBHOOK_a: 'a-secret-of-16-chars' })).toHaveLength(1)
  const service = { PROMPTBOX_WEBHOOK_SERVICE_HOST: '10.0.0.1', PROMPTBOX_WEBHOOK_PORT: 'tcp://10.0.0.1:80' }
  expect([...read(service).webhookSecrets]).toEqual([])
})

test('what becomes of unsupported parameters is said for all providers, for some, or for both', () => {
  const policy = (text: string) => (provider: string) =>
    read({ PROMPTBOX_UNSUPPORTED_PARAMETERS: text }).unsupportedParameters.of(provider)
  expect(policy('')('gemini')).toBe('drop')
  expect(policy('reject')('gemini')).toBe('reject')
  expect(policy('anthropic=reject')('anthropic')).toBe('reject')
  expect(policy('anthropic=reject')('gemini')).toBe('drop')
  expect(policy('reject, gemini = drop')('gemini')).toBe('drop')
  for (const wrong of ['maybe', 'gemini=', '=drop', 'gemini=no']) {
    expect(problemsOf({ PROMPTBOX_UNSUPPORTED_PARAMETERS: wrong })[0]).toContain('must be one of drop, reject')
  }
})
