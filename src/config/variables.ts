import type { z } from 'zod'
import {
  anyText,
  jsonText,
  listenHost,
  onOrOff,
  oneOf,
  optional,
  secret,
  urlOf,
  wholeNumber,
  withDefault,
  WordsByName,
  wordsByName,
} from './rules.ts'

const kibi = 1024
const mebi = 1024 * kibi
const gibi = 1024 * mebi
/** Timers of Node hold 31 bits of milliseconds, about 24 days. */
const longestTimer = 2_147_483_647

const bytes = (from: number, to: number, fallback: number) =>
  withDefault(wholeNumber({ from, to, unit: 'bytes', example: fallback }), fallback)
const characters = (from: number, to: number, fallback: number) =>
  withDefault(wholeNumber({ from, to, unit: 'characters', example: fallback }), fallback)
const milliseconds = (from: number, fallback: number) =>
  withDefault(wholeNumber({ from, to: longestTimer, unit: 'milliseconds', example: fallback }), fallback)
const count = (from: number, to: number, fallback: number) =>
  withDefault(wholeNumber({ from, to, example: fallback }), fallback)

/** Every variable of the process but those of the providers, with its rule and default. */
export const variables = {
  NODE_ENV: optional(anyText),
  HOST: withDefault(listenHost, '127.0.0.1'),
  PORT: count(0, 65_535, 4000),
  DATABASE_URL: optional(urlOf(['postgres', 'postgresql'], 'postgres://user:password@host:5432/promptbox')),
  REDIS_URL: optional(urlOf(['redis', 'rediss'], 'redis://host:6379')),
  PROMPTBOX_DATA_DIR: withDefault(anyText, '.data'),
  PROMPTBOX_ADMIN_KEY: optional(secret(8)),
  PROMPTBOX_ENCRYPTION_KEY: optional(secret(16)),
  PROMPTBOX_CONFIG: optional(anyText),
  PROMPTBOX_PROMPTS_JSON: optional(jsonText),
  PROMPTBOX_DEMO: optional(onOrOff),
  PROMPTBOX_LOG_BODIES: withDefault(oneOf(['on', 'off', 'redacted']), 'on'),
  PROMPTBOX_LOG_LEVEL: withDefault(oneOf(['debug', 'info', 'warn', 'error']), 'info'),
  PROMPTBOX_ALLOW_PRIVATE_URLS: optional(onOrOff),
  PROMPTBOX_UNSUPPORTED_PARAMETERS: withDefault(
    wordsByName<'drop' | 'reject'>(['drop', 'reject'], 'drop'),
    new WordsByName<'drop' | 'reject'>('drop'),
  ),
  PROMPTBOX_THINKING_MEMORY_CHARS: characters(0, gibi, 32 * mebi),
  PROMPTBOX_MAX_BODY_BYTES: bytes(kibi, 256 * mebi, 64 * mebi),
  PROMPTBOX_MAX_UPLOAD_BYTES: bytes(kibi, 16 * gibi, 256 * mebi),
  PROMPTBOX_MAX_EVENT_CHARS: characters(kibi, 256 * mebi, 16 * mebi),
  PROMPTBOX_MAX_ANSWER_BYTES: bytes(kibi, 256 * mebi, 64 * mebi),
  PROMPTBOX_MAX_HELD_ANSWER_BYTES: bytes(kibi, 256 * mebi, 16 * mebi),
  PROMPTBOX_RECORDED_BODY_CHARS: characters(0, 16 * mebi, 64 * kibi),
  PROMPTBOX_ATTEMPT_TIMEOUT_MS: milliseconds(1, 600_000),
  PROMPTBOX_FIRST_CHUNK_TIMEOUT_MS: milliseconds(1, 600_000),
  PROMPTBOX_IDLE_TIMEOUT_MS: milliseconds(1, 600_000),
  PROMPTBOX_CONNECT_TIMEOUT_MS: milliseconds(1, 10_000),
  PROMPTBOX_EXCHANGE_TIMEOUT_MS: milliseconds(1, 1_800_000),
  PROMPTBOX_FIRST_EVENT_GRACE_MS: milliseconds(0, 10_000),
  PROMPTBOX_KEEPALIVE_MS: milliseconds(1, 15_000),
  PROMPTBOX_RETRIES: count(0, 10, 2),
  PROMPTBOX_RETRY_FIRST_PAUSE_MS: milliseconds(0, 250),
  PROMPTBOX_RETRY_LONGEST_PAUSE_MS: milliseconds(0, 10_000),
  PROMPTBOX_MAX_ATTEMPTS: count(1, 1_000, 16),
  PROMPTBOX_BREAKER: withDefault(onOrOff, true),
  PROMPTBOX_BREAKER_WINDOW_MS: milliseconds(100, 30_000),
  PROMPTBOX_BREAKER_MINIMUM_CALLS: count(1, 1_000_000, 10),
  PROMPTBOX_BREAKER_FAILURE_PERCENT: count(1, 100, 50),
  PROMPTBOX_BREAKER_CONSECUTIVE_FAILURES: count(1, 1_000_000, 10),
  PROMPTBOX_BREAKER_COOL_DOWN_MS: milliseconds(1, 10_000),
  PROMPTBOX_BREAKER_LONGEST_COOL_DOWN_MS: milliseconds(1, 120_000),
  PROMPTBOX_BREAKER_PROBES: count(1, 1_000, 3),
  PROMPTBOX_CREDENTIAL_RATE_LIMITED_MS: milliseconds(1, 10_000),
  PROMPTBOX_CREDENTIAL_REFUSED_MS: milliseconds(1, 300_000),
  PROMPTBOX_REQUEST_HEADERS_TIMEOUT_MS: milliseconds(100, 20_000),
  PROMPTBOX_REQUEST_TIMEOUT_MS: milliseconds(100, 300_000),
  PROMPTBOX_UPSTREAM_CONNECTIONS: count(1, 65_535, 8_192),
  PROMPTBOX_CACHE_MAX_BYTES: bytes(0, 64 * gibi, 64 * mebi),
  PROMPTBOX_CACHE_MAX_ENTRIES: count(1, 10_000_000, 100_000),
  PROMPTBOX_CACHE_MAX_ENTRY_BYTES: bytes(kibi, 64 * mebi, mebi),
  PROMPTBOX_CACHE_REDIS_TIMEOUT_MS: milliseconds(1, 100),
  PROMPTBOX_CACHE_WAIT_MS: milliseconds(0, 10_000),
  PROMPTBOX_DRAIN_MS: milliseconds(0, 30_000),
  PROMPTBOX_RETENTION_DAYS: count(0, 36_500, 0),
  PROMPTBOX_EXPERIMENTS_INTERVAL_MS: milliseconds(10, 2_000),
  PROMPTBOX_TEST_PARALLEL: count(1, 1_000, 4),
  PROMPTBOX_TEST_RUN_TIMEOUT_MS: milliseconds(1, 300_000),
  PROMPTBOX_TEST_RUNS_KEPT: count(1, 10_000, 50),
  PROMPTBOX_SPOOL_MAX_BYTES: bytes(64 * kibi, 1024 * gibi, gibi),
} as const satisfies Record<string, z.ZodType>

/** Ours, but read by other programs than the server. A shell that has them for its clients starts servers too. */
export const elsewhere: readonly string[] = ['PROMPTBOX_URL', 'PROMPTBOX_KEY', 'PROMPTBOX_SHARED']
