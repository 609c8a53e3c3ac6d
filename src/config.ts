import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { readProviderSettings } from './config/provider-settings.ts'
import { unknownVariables } from './config/unknown-variables.ts'
import { variables } from './config/variables.ts'
import { readWebhookSecrets } from './config/webhook-secrets.ts'

/** One credential of a provider, as far as the environment says. */
export interface ProviderSetting {
  /** `default`; the further keys of a variable that holds several are `2`, `3` and so on. */
  readonly name: string
  readonly apiKey: string | null
  readonly baseUrl: string | null
}

/** What the environment says, validated once at start. */
export interface Config {
  readonly host: string
  readonly port: number
  /** null: the embedded database in `dataDir`. */
  readonly databaseUrl: string | null
  readonly redisUrl: string | null
  readonly dataDir: string
  readonly adminKey: string | null
  readonly encryptionKey: string | null
  readonly configFile: string
  /** The file was named explicitly, so its absence is an error. */
  readonly configFileRequired: boolean
  readonly promptsJson: string | null
  /** By provider id (`openai`, `openrouter`, …); only those with a key or a base URL set, so never an empty list. */
  readonly providers: ReadonlyMap<string, readonly ProviderSetting[]>
  readonly demo: boolean
  readonly production: boolean
  readonly logBodies: 'on' | 'off' | 'redacted'
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly allowPrivateUrls: boolean
  /** Secrets to sign webhooks with, by the name of their variable. PROMPTBOX_WEBHOOK_… */
  readonly webhookSecrets: ReadonlyMap<string, string>
  /** What becomes of a parameter that a provider cannot honour, by provider id. PROMPTBOX_UNSUPPORTED_PARAMETERS, `drop`. */
  readonly unsupportedParameters: { of(provider: string): 'drop' | 'reject' }
  /** Targets that keep failing are left alone for a while. */
  readonly breaker: boolean
  readonly limits: Limits
  /** What is allowed but probably not meant, as sentences for the log. */
  readonly warnings: readonly string[]
}

/** Every bound of the running process; each one an environment variable. */
export interface Limits {
  /** Largest request body, bytes. PROMPTBOX_MAX_BODY_BYTES, 64 MiB. */
  readonly maxBodyBytes: number
  /** Signed thinking kept for the next turn of conversations, characters. PROMPTBOX_THINKING_MEMORY_CHARS, 32 Mi. */
  readonly thinkingMemoryChars: number
  /** Largest multipart form (audio, images), bytes. PROMPTBOX_MAX_UPLOAD_BYTES, 256 MiB. */
  readonly maxUploadBytes: number
  /** Largest single event of an upstream stream, characters. PROMPTBOX_MAX_EVENT_CHARS, 16 Mi. */
  readonly maxEventChars: number
  /** Largest buffered answer that is not streamed, bytes. PROMPTBOX_MAX_ANSWER_BYTES, 64 MiB. */
  readonly maxAnswerBytes: number
  /** Largest answer that is kept back until it is checked, bytes of its events. PROMPTBOX_MAX_HELD_ANSWER_BYTES, 16 MiB. */
  readonly maxHeldAnswerBytes: number
  /** How much of each body is recorded, characters. PROMPTBOX_RECORDED_BODY_CHARS, 64 Ki. */
  readonly recordedBodyChars: number
  /** One attempt, from sending to the last byte, when the version does not say. PROMPTBOX_ATTEMPT_TIMEOUT_MS, 600,000. */
  readonly attemptTimeoutMs: number
  /** From sending to the first chunk of a stream, or to the head of a whole answer. PROMPTBOX_FIRST_CHUNK_TIMEOUT_MS, 600,000. */
  readonly firstChunkTimeoutMs: number
  /** Silence between two chunks of an upstream stream. PROMPTBOX_IDLE_TIMEOUT_MS, 600,000. */
  readonly idleTimeoutMs: number
  /** TCP and TLS connect. PROMPTBOX_CONNECT_TIMEOUT_MS, 10,000. */
  readonly connectTimeoutMs: number
  /** The exchange as a whole. PROMPTBOX_EXCHANGE_TIMEOUT_MS, 1,800,000. */
  readonly exchangeTimeoutMs: number
  /** How long the status line of a stream waits for the upstream's first event. PROMPTBOX_FIRST_EVENT_GRACE_MS, 10,000. */
  readonly firstEventGraceMs: number
  /** Silence towards the client after which a comment is sent. PROMPTBOX_KEEPALIVE_MS, 15,000. */
  readonly keepaliveMs: number
  /** Retries of one target when the prompt version does not say. PROMPTBOX_RETRIES, 2. */
  readonly retries: number
  /** Upper bound of the pause before the first retry; it doubles with each further one. PROMPTBOX_RETRY_FIRST_PAUSE_MS, 250. */
  readonly retryFirstPauseMs: number
  /** No pause is longer; a provider that asks for more is not waited for. PROMPTBOX_RETRY_LONGEST_PAUSE_MS, 10,000. */
  readonly retryLongestPauseMs: number
  /** Calls for one exchange, all models together. PROMPTBOX_MAX_ATTEMPTS, 16. */
  readonly maxAttempts: number
  /** How far back the calls to a target are looked at. PROMPTBOX_BREAKER_WINDOW_MS, 30,000. */
  readonly breakerWindowMs: number
  /** With fewer calls in that time their share of failures says nothing. PROMPTBOX_BREAKER_MINIMUM_CALLS, 10. */
  readonly breakerMinimumCalls: number
  /** From this share of failures on a target is not called. PROMPTBOX_BREAKER_FAILURE_PERCENT, 50. */
  readonly breakerFailurePercent: number
  /** Nor after so many failures in a row. PROMPTBOX_BREAKER_CONSECUTIVE_FAILURES, 10. */
  readonly breakerConsecutiveFailures: number
  /** How long it is not called, at first; twice as long after each probe that fails. PROMPTBOX_BREAKER_COOL_DOWN_MS, 10,000. */
  readonly breakerCoolDownMs: number
  /** The longest of these times. PROMPTBOX_BREAKER_LONGEST_COOL_DOWN_MS, 120,000. */
  readonly breakerLongestCoolDownMs: number
  /** Probes that may run at once afterwards, and good ones it takes. PROMPTBOX_BREAKER_PROBES, 3. */
  readonly breakerProbes: number
  /** One of several credentials rests after a 429 that does not say how long. PROMPTBOX_CREDENTIAL_RATE_LIMITED_MS, 10,000. */
  readonly credentialRateLimitedMs: number
  /** One that the provider does not accept, or whose account is empty. PROMPTBOX_CREDENTIAL_REFUSED_MS, 300,000. */
  readonly credentialRefusedMs: number
  /** From a request's first byte to the end of its headers. PROMPTBOX_REQUEST_HEADERS_TIMEOUT_MS, 20,000. */
  readonly requestHeadersTimeoutMs: number
  /** From a request's first byte to the end of its body. PROMPTBOX_REQUEST_TIMEOUT_MS, 300,000. */
  readonly requestTimeoutMs: number
  /** Connections to one upstream origin. PROMPTBOX_UPSTREAM_CONNECTIONS, 8,192. */
  readonly upstreamConnections: number
  /** Cached answers in memory, bytes in all; 0: none. PROMPTBOX_CACHE_MAX_BYTES, 64 MiB. */
  readonly cacheMaxBytes: number
  /** Cached answers in memory. PROMPTBOX_CACHE_MAX_ENTRIES, 100,000. */
  readonly cacheMaxEntries: number
  /** Largest answer that is cached, bytes. PROMPTBOX_CACHE_MAX_ENTRY_BYTES, 1 MiB. */
  readonly cacheMaxEntryBytes: number
  /** What one command to the cache in Redis may take. PROMPTBOX_CACHE_REDIS_TIMEOUT_MS, 100. */
  readonly cacheRedisTimeoutMs: number
  /** How long a request waits for the answer to an identical one under way; 0: not at all. PROMPTBOX_CACHE_WAIT_MS, 10,000. */
  readonly cacheWaitMs: number
  /** How long open streams may go on after SIGTERM. PROMPTBOX_DRAIN_MS, 30,000. */
  readonly drainMs: number
  /** Days for which exchanges are kept; 0: for ever. PROMPTBOX_RETENTION_DAYS, 0. */
  readonly retentionDays: number
  /** Between two rounds of the job that looks at experiments and rollouts. PROMPTBOX_EXPERIMENTS_INTERVAL_MS, 2,000. */
  readonly experimentsIntervalMs: number
  /** Test cases that are run at the same time, all runs together. PROMPTBOX_TEST_PARALLEL, 4. */
  readonly testParallel: number
  /** One run of test cases as a whole. PROMPTBOX_TEST_RUN_TIMEOUT_MS, 300,000. */
  readonly testRunTimeoutMs: number
  /** Runs that are kept of each version. PROMPTBOX_TEST_RUNS_KEPT, 50. */
  readonly testRunsKept: number
  /** The spool on disk, bytes. PROMPTBOX_SPOOL_MAX_BYTES, 1 GiB. */
  readonly spoolMaxBytes: number
}

/** The environment is wrong: every mistake at once, each with the variable's name, the rule and the way out. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `The environment has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    )
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const schema = z.object(variables)

/**
 * Reads the environment. Relative paths are taken from `cwd`. Looks whether the config file is there, and touches nothing
 * else. Throws a ConfigError.
 */
export function readConfig(environment: NodeJS.ProcessEnv, { cwd }: { readonly cwd: string }): Config {
  const production = environment['NODE_ENV']?.trim() === 'production'
  const allowPrivateUrls =
    validOrNull(variables.PROMPTBOX_ALLOW_PRIVATE_URLS, environment['PROMPTBOX_ALLOW_PRIVATE_URLS']) ?? !production
  const namedFile = validOrNull(variables.PROMPTBOX_CONFIG, environment['PROMPTBOX_CONFIG'])
  const configFile = resolve(cwd, namedFile ?? 'promptbox.yaml')
  const configFileFound = existsSync(configFile)

  const read = schema.safeParse({ ...environment })
  const providers = readProviderSettings(environment, { allowPrivate: allowPrivateUrls })
  const webhooks = readWebhookSecrets(environment)
  const problems = [
    ...(read.success ? [] : read.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`)),
    ...providers.problems,
    ...webhooks.problems,
    ...unknownVariables(environment),
  ]
  if (namedFile !== null && !configFileFound) {
    problems.push(
      `PROMPTBOX_CONFIG must name a file, but there is none at ${configFile}. Create it, or take the variable away.`,
    )
  }
  if (production && validOrNull(variables.PROMPTBOX_DEMO, environment['PROMPTBOX_DEMO']) === true) {
    problems.push(
      'PROMPTBOX_DEMO must not be on with NODE_ENV=production: its key lies in a file and is printed at start. Take one of the two away.',
    )
  }
  if (!read.success || problems.length > 0) throw new ConfigError(problems)

  const values = read.data
  const configured =
    values.DATABASE_URL !== null ||
    providers.providers.size > 0 ||
    configFileFound ||
    values.PROMPTBOX_PROMPTS_JSON !== null
  return {
    host: values.HOST,
    port: values.PORT,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    dataDir: resolve(cwd, values.PROMPTBOX_DATA_DIR),
    adminKey: values.PROMPTBOX_ADMIN_KEY,
    encryptionKey: values.PROMPTBOX_ENCRYPTION_KEY,
    configFile,
    configFileRequired: namedFile !== null,
    promptsJson: values.PROMPTBOX_PROMPTS_JSON,
    providers: providers.providers,
    demo: values.PROMPTBOX_DEMO ?? (!production && !configured),
    production,
    logBodies: values.PROMPTBOX_LOG_BODIES,
    logLevel: values.PROMPTBOX_LOG_LEVEL,
    allowPrivateUrls,
    webhookSecrets: webhooks.secrets,
    unsupportedParameters: values.PROMPTBOX_UNSUPPORTED_PARAMETERS,
    breaker: values.PROMPTBOX_BREAKER,
    limits: limitsOf(values),
    warnings: [...providers.warnings, ...weakSecrets(values)],
  }
}

/** The value of one variable for checks that span several; a broken one is reported by the schema and is null here. */
function validOrNull<Value>(variable: z.ZodType<Value | null>, text: string | undefined): Value | null {
  const read = variable.safeParse(text)
  return read.success ? read.data : null
}

type Values = z.infer<typeof schema>

function limitsOf(values: Values): Limits {
  return {
    maxBodyBytes: values.PROMPTBOX_MAX_BODY_BYTES,
    thinkingMemoryChars: values.PROMPTBOX_THINKING_MEMORY_CHARS,
    maxUploadBytes: values.PROMPTBOX_MAX_UPLOAD_BYTES,
    maxEventChars: values.PROMPTBOX_MAX_EVENT_CHARS,
    maxAnswerBytes: values.PROMPTBOX_MAX_ANSWER_BYTES,
    maxHeldAnswerBytes: values.PROMPTBOX_MAX_HELD_ANSWER_BYTES,
    recordedBodyChars: values.PROMPTBOX_RECORDED_BODY_CHARS,
    attemptTimeoutMs: values.PROMPTBOX_ATTEMPT_TIMEOUT_MS,
    firstChunkTimeoutMs: values.PROMPTBOX_FIRST_CHUNK_TIMEOUT_MS,
    idleTimeoutMs: values.PROMPTBOX_IDLE_TIMEOUT_MS,
    connectTimeoutMs: values.PROMPTBOX_CONNECT_TIMEOUT_MS,
    exchangeTimeoutMs: values.PROMPTBOX_EXCHANGE_TIMEOUT_MS,
    firstEventGraceMs: values.PROMPTBOX_FIRST_EVENT_GRACE_MS,
    keepaliveMs: values.PROMPTBOX_KEEPALIVE_MS,
    retries: values.PROMPTBOX_RETRIES,
    retryFirstPauseMs: values.PROMPTBOX_RETRY_FIRST_PAUSE_MS,
    retryLongestPauseMs: values.PROMPTBOX_RETRY_LONGEST_PAUSE_MS,
    maxAttempts: values.PROMPTBOX_MAX_ATTEMPTS,
    breakerWindowMs: values.PROMPTBOX_BREAKER_WINDOW_MS,
    breakerMinimumCalls: values.PROMPTBOX_BREAKER_MINIMUM_CALLS,
    breakerFailurePercent: values.PROMPTBOX_BREAKER_FAILURE_PERCENT,
    breakerConsecutiveFailures: values.PROMPTBOX_BREAKER_CONSECUTIVE_FAILURES,
    breakerCoolDownMs: values.PROMPTBOX_BREAKER_COOL_DOWN_MS,
    breakerLongestCoolDownMs: values.PROMPTBOX_BREAKER_LONGEST_COOL_DOWN_MS,
    breakerProbes: values.PROMPTBOX_BREAKER_PROBES,
    credentialRateLimitedMs: values.PROMPTBOX_CREDENTIAL_RATE_LIMITED_MS,
    credentialRefusedMs: values.PROMPTBOX_CREDENTIAL_REFUSED_MS,
    requestHeadersTimeoutMs: values.PROMPTBOX_REQUEST_HEADERS_TIMEOUT_MS,
    requestTimeoutMs: values.PROMPTBOX_REQUEST_TIMEOUT_MS,
    upstreamConnections: values.PROMPTBOX_UPSTREAM_CONNECTIONS,
    cacheMaxBytes: values.PROMPTBOX_CACHE_MAX_BYTES,
    cacheMaxEntries: values.PROMPTBOX_CACHE_MAX_ENTRIES,
    cacheMaxEntryBytes: values.PROMPTBOX_CACHE_MAX_ENTRY_BYTES,
    cacheRedisTimeoutMs: values.PROMPTBOX_CACHE_REDIS_TIMEOUT_MS,
    cacheWaitMs: values.PROMPTBOX_CACHE_WAIT_MS,
    drainMs: values.PROMPTBOX_DRAIN_MS,
    retentionDays: values.PROMPTBOX_RETENTION_DAYS,
    experimentsIntervalMs: values.PROMPTBOX_EXPERIMENTS_INTERVAL_MS,
    testParallel: values.PROMPTBOX_TEST_PARALLEL,
    testRunTimeoutMs: values.PROMPTBOX_TEST_RUN_TIMEOUT_MS,
    testRunsKept: values.PROMPTBOX_TEST_RUNS_KEPT,
    spoolMaxBytes: values.PROMPTBOX_SPOOL_MAX_BYTES,
  }
}

function weakSecrets(values: Values): string[] {
  return (['PROMPTBOX_ADMIN_KEY', 'PROMPTBOX_ENCRYPTION_KEY'] as const)
    .filter((name) => values[name] !== null && values[name].length < 32)
    .map((name) => `${name} is short. Make a stronger one with: openssl rand -base64 32`)
}
