import type { Registry } from 'prom-client'
import type { ExchangeRecord } from '../core/record.ts'
import type { Usage } from '../core/usage.ts'
import { boundedLabel, createCounter, createHistogram, kept, type Cell, type Distribution } from './series.ts'

const secondsBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640]
const tokenKinds = ['input', 'output', 'cache_read_input', 'cache_creation_input', 'reasoning_output'] as const

interface ExchangeCells {
  readonly requests: Cell
  readonly duration: Distribution
  readonly firstChunk: Distribution
}

interface ModelCells {
  readonly tokens: Readonly<Record<(typeof tokenKinds)[number], Cell>>
  readonly cost: Cell
}

interface AttemptCells {
  readonly attempts: Cell
  readonly failures: Map<string, Cell>
}

export interface LabelLimits {
  /** Distinct models with series of their own; later ones are counted as `other`. */
  readonly models: number
  /** Distinct prompts likewise. */
  readonly prompts: number
  /** Distinct guardrails likewise; left out: 200. */
  readonly guardrails?: number
}

/** What one settled exchange adds to the metrics. Registers its families; two of these need two registries. */
export function createExchangeMetrics(registry: Registry, limits: LabelLimits) {
  const requests = createCounter(registry, 'promptbox_requests_total', 'Exchanges that ended, by how they ended.', [
    'operation',
    'outcome',
    'status_class',
    'provider',
    'stream',
  ])
  const promptRequests = createCounter(registry, 'promptbox_prompt_requests_total', 'Exchanges that named a prompt.', [
    'prompt',
    'outcome',
  ])
  const outputChecks = createCounter(
    registry,
    'promptbox_output_checks_total',
    'Answers that were checked against their prompt version, by what was found.',
    ['prompt', 'version', 'result'],
  )
  const attempts = createCounter(registry, 'promptbox_attempts_total', 'Calls to providers.', ['provider'])
  const failures = createCounter(registry, 'promptbox_attempt_failures_total', 'Calls to providers that failed.', [
    'provider',
    'error_type',
  ])
  const tokens = createCounter(
    registry,
    'promptbox_tokens_total',
    'Tokens of answers. input and output are totals, the other kinds are parts of them.',
    ['provider', 'model', 'kind'],
  )
  const cost = createCounter(registry, 'promptbox_cost_usd_total', 'US dollars of answers whose price is known.', [
    'provider',
    'model',
  ])
  const duration = createHistogram(
    'promptbox_request_duration_seconds',
    'From the request to the last byte of its answer.',
    secondsBounds,
  )
  const firstChunk = createHistogram(
    'promptbox_time_to_first_chunk_seconds',
    'From the request to the first chunk of its answer.',
    secondsBounds,
  )

  // Nested maps, because putting a key together costs more than all lookups.
  const exchangeCells = new Map<string, Map<string, Map<string, (ExchangeCells | undefined)[]>>>()
  const durations = new Map<string, { readonly duration: Distribution; readonly firstChunk: Distribution }>()
  const modelCells = new Map<string, Map<string, ModelCells>>()
  const attemptCells = new Map<string, AttemptCells>()
  const promptCells = new Map<string, Map<string, Cell>>()
  const modelLabel = boundedLabel(limits.models)
  const promptLabel = boundedLabel(limits.prompts)
  const checkCells = new Map<string, Map<string, Cell>>()
  const checkedVersionLabel = boundedLabel(limits.prompts)
  const providerLabel = boundedLabel(100)

  const makeExchangeCells = (record: ExchangeRecord, provider: string, statusClass: number): ExchangeCells => {
    const { operation, outcome } = record
    const stream = String(record.stream)
    return {
      requests: requests.cell({ operation, outcome, status_class: `${statusClass}xx`, provider, stream }),
      ...kept(durations, `${operation} ${stream} ${provider}`, () => ({
        duration: duration.distribution({ operation, provider, stream }),
        firstChunk: firstChunk.distribution({ operation, provider, stream }),
      })),
    }
  }

  const cellsOfExchange = (record: ExchangeRecord, provider: string): ExchangeCells => {
    const byOutcome = kept(exchangeCells, provider, newMap<string, Map<string, (ExchangeCells | undefined)[]>>)
    const byOperation = kept(byOutcome, record.outcome, newMap<string, (ExchangeCells | undefined)[]>)
    const cells = kept(byOperation, record.operation, newArray<ExchangeCells | undefined>)
    const statusClass = Math.floor(record.httpStatus / 100)
    const index = statusClass * 2 + Number(record.stream)
    return (cells[index] ??= makeExchangeCells(record, provider, statusClass))
  }

  const cellsOfModel = (provider: string, model: string): ModelCells =>
    kept(kept(modelCells, provider, newMap<string, ModelCells>), model, () => {
      const kind = (name: (typeof tokenKinds)[number]) => tokens.cell({ provider, model, kind: name })
      return {
        tokens: {
          input: kind('input'),
          output: kind('output'),
          cache_read_input: kind('cache_read_input'),
          cache_creation_input: kind('cache_creation_input'),
          reasoning_output: kind('reasoning_output'),
        },
        cost: cost.cell({ provider, model }),
      }
    })

  const countAttempts = (record: ExchangeRecord) => {
    for (const attempt of record.attempts) {
      const provider = providerLabel(attempt.provider)
      const cells = kept(attemptCells, provider, () => ({
        attempts: attempts.cell({ provider }),
        failures: new Map<string, Cell>(),
      }))
      cells.attempts.value += 1
      const errorType = attempt.errorType
      if (errorType !== null)
        kept(cells.failures, errorType, () => failures.cell({ provider, error_type: errorType })).value += 1
    }
  }

  const countPrompt = (prompt: string, outcome: string) => {
    const label = promptLabel(prompt)
    const byOutcome = kept(promptCells, label, newMap<string, Cell>)
    kept(byOutcome, outcome, () => promptRequests.cell({ prompt: label, outcome })).value += 1
  }

  /** A version has series of its own as long as there is room; later ones share one for their prompts that have. */
  const countOutputCheck = (prompt: string, number: number, result: string) => {
    const version = checkedVersionLabel(`${prompt}@${number}`)
    const label = version === 'other' ? { prompt: promptLabel(prompt), version } : { prompt, version: String(number) }
    const byResult = kept(checkCells, `${label.prompt}@${label.version}`, newMap<string, Cell>)
    kept(byResult, result, () => outputChecks.cell({ ...label, result })).value += 1
  }

  const countConsumption = (provider: string, model: string, usage: Usage, costUsd: number | null) => {
    const cells = cellsOfModel(provider, modelLabel(model))
    cells.tokens.input.value += usage.inputTokens
    cells.tokens.output.value += usage.outputTokens
    cells.tokens.cache_read_input.value += usage.cacheReadInputTokens
    cells.tokens.cache_creation_input.value += usage.cacheCreationInputTokens
    cells.tokens.reasoning_output.value += usage.reasoningOutputTokens
    if (costUsd !== null) cells.cost.value += costUsd
  }

  /** The steps of a chain ask models and prompts of their own: each counts for what it used. */
  const countSteps = (calls: ExchangeRecord['attempts']) => {
    for (const { provider, model, usage, costUsd, prompt, promptVersion, outputCheck } of calls) {
      if (usage) countConsumption(providerLabel(provider), model, usage, costUsd ?? null)
      if (outputCheck && prompt && promptVersion) countOutputCheck(prompt, promptVersion, outputCheck)
    }
  }

  return {
    countExchange(record: ExchangeRecord): void {
      const provider = record.provider === null ? 'none' : providerLabel(record.provider)
      const cells = cellsOfExchange(record, provider)
      cells.requests.value += 1
      cells.duration.observe(record.durationMs / 1000)
      if (record.timeToFirstChunkMs !== null) cells.firstChunk.observe(record.timeToFirstChunkMs / 1000)
      countAttempts(record)
      if (record.prompt !== null) countPrompt(record.prompt, record.outcome)
      if (record.chain !== null) {
        countSteps(record.attempts)
        return
      }
      if (record.outputCheck !== null && record.prompt !== null && record.promptVersion !== null)
        countOutputCheck(record.prompt, record.promptVersion, record.outputCheck)
      // A model earns its label by having answered, so that requests for invented names cannot use the labels up.
      if (record.usage !== null) {
        countConsumption(provider, record.responseModel ?? 'unknown', record.usage, record.cost?.totalUsd ?? null)
      }
    },
    /** Tokens and dollars of answers that were counted only after their exchange had settled; an unknown price is null. */
    countLater(provider: string, model: string, usage: Usage, costUsd: number | null): void {
      countConsumption(providerLabel(provider), model, usage, costUsd)
    },
    renderHistograms: () => `${duration.render()}\n\n${firstChunk.render()}\n`,
  }
}

function newMap<Key, Value>(): Map<Key, Value> {
  return new Map()
}

function newArray<Value>(): Value[] {
  return []
}
