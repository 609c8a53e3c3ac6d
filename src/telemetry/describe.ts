import type { Observation } from '../core/observation.ts'
import { redactSecrets } from './redact-secrets.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What the log says of an observation: how loud, in which words, with which fields beside them. */
export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** The one place that decides the level and the words of every observation. */
export function describe(observation: Observation): LogLine {
  switch (observation.type) {
    case 'exchange-settled':
      return describeExchange(observation)
    case 'attempt-failed': {
      const { requestId, provider, model, errorType, message, willRetry } = observation
      const next = willRetry ? 'trying again' : 'not trying again'
      // What the client asked for wrongly is its own affair; at `warn` anybody could fill the log with wrong model names.
      const level = errorType === 'upstream_rejected' || errorType === 'client_closed' ? 'debug' : 'warn'
      return line(level, `Call to ${provider}/${model} failed, ${next}: ${message}`, {
        requestId,
        provider,
        model,
        errorType,
        willRetry,
      })
    }
    case 'request-refused':
      return line('debug', `Request refused: ${observation.message}`, {
        requestId: observation.requestId,
        errorType: observation.errorType,
      })
    case 'guardrail-failed': {
      const { requestId, guardrail, stage, problem, unsaid } = observation
      const before = unsaid === 0 ? '' : ` (and ${unsaid} times since this was last said)`
      return line('warn', `Guardrail ${guardrail} could not look at the ${stage}: ${problem}${before}`, {
        requestId,
        guardrail,
        stage,
        problem: redactSecrets(problem),
        unsaid,
      })
    }
    case 'experiment-decided':
    case 'rollout-changed':
      return describeExperiment(observation)
    case 'defect': {
      const { where, error, requestId } = observation
      return line('error', `Unexpected error in ${where}: ${messageOf(error)}`, {
        where,
        ...(requestId === undefined ? {} : { requestId }),
        error: describeError(error),
      })
    }
    case 'snapshot-swapped': {
      const { tier, version, prompts, tookMs } = observation
      return line('debug', `Serving snapshot ${version} from ${tier}: ${prompts} prompts`, {
        tier,
        version,
        prompts,
        tookMs,
      })
    }
    case 'snapshot-stale':
      return line('warn', `Serving from ${observation.tier}: ${observation.message}`, { tier: observation.tier })
    case 'cache-looked-up':
    case 'cache-stored':
    case 'cache-depth':
    case 'cache-failed':
    case 'cache-lost':
    case 'cache-back':
      return describeCache(observation)
    case 'snapshot-rejected':
      return line(
        'error',
        `Snapshot from ${observation.source} is not valid and does not serve: ${observation.message}`,
        { source: observation.source },
      )
    default:
      return describeOperation(observation)
  }
}

type OfCache = Extract<Observation, { readonly type: `cache-${string}` }>

function describeCache(observation: OfCache): LogLine {
  switch (observation.type) {
    case 'cache-looked-up':
      return line('debug', `Response cache: ${observation.result}`, { result: observation.result })
    case 'cache-stored':
      return line('debug', `An answer of ${observation.bytes} bytes was cached`, { bytes: observation.bytes })
    case 'cache-depth': {
      const { entries, bytes } = observation
      return line('debug', `${entries} answers are cached`, { entries, bytes })
    }
    case 'cache-failed': {
      const { operation, message } = observation
      return line('debug', `Response cache, ${operation}: ${message}`, { operation })
    }
    case 'cache-lost':
      return line(
        'warn',
        `The response cache is away, answers are not cached until it is back: ${observation.message}`,
        {},
      )
    case 'cache-back':
      return line('info', 'The response cache is back', {})
  }
}

type OfExperiment = Extract<Observation, { readonly type: 'experiment-decided' | 'rollout-changed' }>

function describeExperiment(observation: OfExperiment): LogLine {
  if (observation.type === 'experiment-decided') {
    const { experiment, prompt, state, winner, sentence } = observation
    const level = state === 'harmful' || state === 'broken_split' ? 'warn' : 'info'
    return line(level, `Experiment ${experiment}: ${sentence}`, { experiment, prompt, state, winner })
  }
  const { rollout, prompt, version, state, share, sentence } = observation
  const level = state === 'rolled_back' || state === 'aborted' ? 'warn' : 'info'
  return line(level, `Rollout ${rollout}: ${sentence}`, { rollout, prompt, version, state, share })
}

type ExchangeOrSnapshot =
  | OfExperiment['type']
  | OfCache['type']
  | 'exchange-settled'
  | 'attempt-failed'
  | 'guardrail-failed'
  | 'request-refused'
  | 'defect'
  | 'snapshot-swapped'
  | 'snapshot-stale'
  | 'snapshot-rejected'

function describeOperation(observation: Exclude<Observation, { readonly type: ExchangeOrSnapshot }>): LogLine {
  switch (observation.type) {
    case 'database-lost':
      return line('error', `The database is away; records wait in the spool. ${observation.message}`, {})
    case 'database-back':
      return line('info', `The database is back after ${seconds(observation.awayMs)}`, { awayMs: observation.awayMs })
    case 'records-written':
      return line('debug', `${observation.count} records written in ${seconds(observation.tookMs)}`, {
        count: observation.count,
        tookMs: observation.tookMs,
      })
    case 'feedback-received':
      return line('debug', `Feedback received: ${observation.names.length} statements`, {
        count: observation.names.length,
      })
    case 'records-estimated': {
      const { provider, model, inputTokens, outputTokens, costUsd } = observation
      return line('debug', `Tokens of ${provider}/${model} counted here`, {
        provider,
        model,
        inputTokens,
        outputTokens,
        costUsd,
      })
    }
    case 'record-write-failed': {
      const { message, willRetryInMs } = observation
      return line('warn', `Records could not be written, next attempt in ${seconds(willRetryInMs)}: ${message}`, {
        willRetryInMs,
      })
    }
    case 'spool-depth':
      return line('debug', `${observation.records} records wait in the spool`, {
        records: observation.records,
        bytes: observation.bytes,
      })
    case 'spool-overflow': {
      const { droppedRecords, droppedBytes } = observation
      const message = `The spool is full: the oldest ${droppedRecords} records are lost. PROMPTBOX_SPOOL_MAX_BYTES makes it larger`
      return line('error', message, { droppedRecords, droppedBytes })
    }
    case 'spool-line-unreadable':
      return line('error', `A line of ${observation.file} cannot be read and is passed over: ${observation.message}`, {
        file: observation.file,
      })
    case 'price-unknown': {
      const { provider, model } = observation
      return line(
        'warn',
        `No price is known for ${provider}/${model}: its cost is left empty. Set one under /admin/v1/models`,
        { provider, model },
      )
    }
    case 'circuit-changed': {
      const { provider, model, host, state, before, reason } = observation
      const [level, what] = circuitWords[state]
      const message = `${provider}/${model}${host === '' ? '' : ` at ${host}`} ${what}: ${reason}`
      return line(level, message, { provider, model, host, state, before, reason })
    }
    case 'credential-cooling': {
      const { provider, model, credential, errorType, forMs } = observation
      const message = `The credential \`${credential}\` of ${provider} is not used for ${model} for ${seconds(forMs)}: ${errorType}`
      return line('warn', message, { provider, model, credential, errorType, forMs })
    }
    case 'listening':
      return line('info', `Listening on ${observation.url}`, { url: observation.url })
    case 'draining':
      return line('info', `Stopping: ${observation.openExchanges} open exchanges may finish`, {
        openExchanges: observation.openExchanges,
      })
    case 'stopped':
      return line('info', `Stopped in ${seconds(observation.tookMs)}`, { tookMs: observation.tookMs })
    case 'notice':
      return line('info', observation.message, {})
  }
}

const circuitWords = {
  closed: ['info', 'is called as usual again'],
  'half-open': ['info', 'is tried out'],
  open: ['warn', 'is not called for a while'],
} as const satisfies Record<string, readonly [LogLevel, string]>

/** Never the messages, the metadata or who the user is: those belong to the record. */
function describeExchange(observation: Extract<Observation, { readonly type: 'exchange-settled' }>): LogLine {
  const { record, clientRetry = null } = observation
  const {
    requestId,
    operation,
    outcome,
    errorType,
    httpStatus,
    stream,
    prompt,
    promptVersion,
    requestModel,
    responseModel,
    provider,
  } = record
  return line('debug', `${operation} ${requestModel} ${outcome} ${httpStatus} in ${seconds(record.durationMs)}`, {
    requestId,
    operation,
    outcome,
    errorType,
    httpStatus,
    stream,
    prompt,
    promptVersion,
    requestModel,
    responseModel,
    provider,
    attempts: record.attempts.length,
    clientRetry,
    inputTokens: record.usage?.inputTokens ?? null,
    outputTokens: record.usage?.outputTokens ?? null,
    costUsd: record.cost?.totalUsd ?? null,
    durationMs: record.durationMs,
    timeToFirstChunkMs: record.timeToFirstChunkMs,
    snapshotVersion: record.snapshotVersion,
  })
}

function line(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): LogLine {
  return { level, message: redactSecrets(message), fields }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Name, message, code, stack and the chain of causes; five links at most. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return redactSecrets(String(error))
  return {
    name: error.name,
    message: redactSecrets(error.message),
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    stack: redactSecrets(error.stack ?? ''),
    ...(error.cause === undefined || depth >= 4 ? {} : { cause: describeError(error.cause, depth + 1) }),
  }
}

function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}
