import { parseArgs } from 'node:util'
import { type RunningApp, startRunningApp } from '../test/support/running-app.ts'
import {
  hang,
  json,
  type Script,
  type ScriptedUpstream,
  startScriptedUpstream,
} from '../test/support/scripted-upstream.ts'
import { type Seen, steadyLoad } from './steady-load.ts'

/**
 * Breaks a provider under load, in each way there is, and puts it right again, while a prompt with a fallback is asked at an
 * even pace. Prints what clients saw. Ends with 1 when a client got an error although the fallback could have answered, when
 * an answer ended without a word, when a circuit did not open or not close again, or when one model saw more calls for a
 * request than 1 + retries.
 *
 *     node --import tsx bench/fallback-drill.ts [--quick] [--rate 200] [--seconds 4]
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '4' },
  },
})
const perSecond = values.quick ? 50 : Number(values.rate)
const brokenMs = values.quick ? 1_000 : Number(values.seconds) * 1_000
const retries = 1
/** So long after the provider is well again its circuit must have closed. */
const mostRecoveryMs = 10_000
const settledMs = 500

const settings = {
  PROMPTBOX_LOG_LEVEL: 'error',
  PROMPTBOX_FIRST_CHUNK_TIMEOUT_MS: '500',
  PROMPTBOX_RETRY_FIRST_PAUSE_MS: '20',
  PROMPTBOX_BREAKER_COOL_DOWN_MS: '400',
  PROMPTBOX_BREAKER_LONGEST_COOL_DOWN_MS: '800',
}

interface Scenario {
  readonly name: string
  /** What the provider does with every request; null: nobody listens at its port. */
  readonly broken: Script | null
  /** A 429 is about the account, not about the provider's health. */
  readonly opens: boolean
  /** A stream that has begun cannot be answered by anybody else. */
  readonly breaksStreams: boolean
}

const scenario = (name: string, broken: Script | null, changes: Partial<Scenario> = {}): Scenario => ({
  name,
  broken,
  opens: true,
  breaksStreams: false,
  ...changes,
})

const scenarios: readonly Scenario[] = [
  scenario('refuses connections', null),
  scenario('hangs', hang),
  scenario('429', json({ error: { message: 'slow down', type: 'requests' } }, 429), { opens: false }),
  scenario('500', json({ error: { message: 'boom' } }, 500)),
  scenario('dies mid-stream', dieInTheMiddle, { breaksStreams: true }),
]

interface Result {
  readonly scenario: Scenario
  readonly broken: readonly Seen[]
  readonly recovered: readonly Seen[]
  /** Calls of the failing model for one request, at most. */
  readonly mostCalls: number
  readonly primaryCalls: number
  readonly opened: number
  /** Milliseconds from the repair to the circuit's closing; null: it did not close, or never was open. */
  readonly closedAfterMs: number | null
}

const whole = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'scripted',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.', refusal: null }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
}

function piece(delta: object, finishReason: string | null): object {
  const { id, created, model } = whole
  return {
    id,
    object: 'chat.completion.chunk',
    created,
    model,
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  }
}

const asksForStream = (text: string): boolean => /"stream":\s*true/.test(text)

/** As a provider does that is well. */
async function answerWell(answer: Parameters<Script>[0]): Promise<void> {
  if (!asksForStream(answer.request.text)) {
    await json(whole)(answer)
    return
  }
  answer.head(200, { 'content-type': 'text/event-stream' })
  await answer.event(piece({ role: 'assistant', content: 'Hel' }, null))
  await answer.event(piece({ content: 'lo.' }, 'stop'))
  await answer.event('[DONE]')
  answer.end()
}

async function dieInTheMiddle(answer: Parameters<Script>[0]): Promise<void> {
  if (asksForStream(answer.request.text)) {
    answer.head(200, { 'content-type': 'text/event-stream' })
    await answer.event(piece({ role: 'assistant', content: 'Hel' }, null))
  } else {
    answer.head(200, { 'content-type': 'application/json', 'content-length': 1_000 })
    await answer.write('{"id": "chatcmpl-1", ')
  }
  answer.cut()
}

async function run(app: RunningApp, primary: ScriptedUpstream, each: Scenario): Promise<[Result, ScriptedUpstream]> {
  const model = each.name.replaceAll(' ', '-')
  await app.admin('POST', '/prompts', {
    slug: model,
    name: each.name,
    labels: ['production'],
    version: {
      messages: [{ role: 'user', content: 'Hello' }],
      model: `local/${model}`,
      fallback_models: ['openai/fallback'],
      retries,
    },
  })
  const changes = () =>
    app.observations.flatMap((one) => (one.type === 'circuit-changed' && one.model === model ? [one] : []))
  const load = { url: app.url, key: app.key, model: `prompt:${model}`, perSecond }
  const calls: Map<string, number> = new Map()
  const count = (upstream: ScriptedUpstream): void => {
    for (const request of upstream.requests) {
      const id = request.headers['x-client-request-id'] ?? ''
      if (request.text.includes(`"${model}"`)) calls.set(id, (calls.get(id) ?? 0) + 1)
    }
  }

  let upstream = primary
  if (each.broken === null) await upstream.close()
  else upstream.always(each.broken)
  const brokenUntil = performance.now() + brokenMs
  const broken = await steadyLoad({ ...load, goOn: () => performance.now() < brokenUntil })
  const opened = changes().filter(({ state }) => state === 'open').length

  if (each.broken === null) {
    count(upstream)
    upstream = await startScriptedUpstream(primary.port)
  }
  upstream.always(answerWell)
  const repairedAt = performance.now()
  let closedAt: number | null = null
  const recovered = await steadyLoad({
    ...load,
    goOn: () => {
      const now = performance.now()
      if (changes().at(-1)?.state === 'closed') closedAt ??= now
      return now - repairedAt < mostRecoveryMs && now - (closedAt ?? (each.opens ? Infinity : repairedAt)) < settledMs
    },
  })
  count(upstream)
  const result = {
    scenario: each,
    broken,
    recovered,
    // Refused connections are in no upstream's list; the answers of the fallback count one call of its own.
    mostCalls: Math.max(
      ...calls.values(),
      ...broken.map((seen) => seen.attempts - (seen.provider === 'openai' ? 1 : 0)),
    ),
    primaryCalls: calls.size === 0 ? 0 : [...calls.values()].reduce((sum, each) => sum + each, 0),
    opened,
    closedAfterMs: closedAt === null ? null : closedAt - repairedAt,
  }
  return [result, upstream]
}

/** What is wrong with a result, in words; nothing when all is well. */
function faultsOf(result: Result): readonly string[] {
  const { scenario: each, broken, recovered } = result
  const all = [...broken, ...recovered]
  const needless = all.filter((seen) => seen.end === 'told' && !(each.breaksStreams && seen.stream))
  const cut = all.filter((seen) => seen.end === 'cut')
  return [
    ...(needless.length > 0 ? [`${needless.length} errors although the fallback could have answered`] : []),
    ...(cut.length > 0 ? [`${cut.length} answers ended without a word`] : []),
    ...(each.opens && result.opened === 0 ? ['the circuit did not open'] : []),
    ...(!each.opens && result.opened > 0 ? ['the circuit opened'] : []),
    ...(each.opens && result.closedAfterMs === null ? ['the circuit did not close again'] : []),
    ...(result.mostCalls > 1 + retries ? [`${result.mostCalls} calls of one model for one request`] : []),
    ...(recovered.at(-1)?.provider === 'local' ? [] : ['the provider is not used again']),
  ]
}

function rowOf(result: Result): readonly string[] {
  const { broken } = result
  const took = broken.map((seen) => seen.tookMs).toSorted((one, other) => one - other)
  const percentile = (share: number): string => `${Math.round(took[Math.floor((took.length - 1) * share)] ?? 0)} ms`
  const share = (provider: string): string => String(broken.filter((seen) => seen.provider === provider).length)
  return [
    result.scenario.name,
    String(broken.length),
    String(broken.filter((seen) => seen.end === 'told' && !seen.stream).length),
    String(broken.filter((seen) => seen.end === 'told' && seen.stream).length),
    share('local'),
    share('openai'),
    String(result.primaryCalls),
    String(result.mostCalls),
    String(result.opened),
    result.closedAfterMs === null ? '' : `${Math.round(result.closedAfterMs)} ms`,
    percentile(0.5),
    percentile(0.99),
  ]
}

const head = [
  'the provider …',
  'requests',
  'errors',
  'broken streams',
  'begun by it',
  'by the fallback',
  'its calls in all',
  'most for one request',
  'times left alone',
  'back after',
  'p50',
  'p99',
]

async function drill(): Promise<boolean> {
  let primary = await startScriptedUpstream()
  const fallback = await startScriptedUpstream()
  fallback.always(answerWell)
  const app = await startRunningApp({
    ...settings,
    LOCAL_BASE_URL: primary.baseUrl,
    OPENAI_BASE_URL: fallback.baseUrl,
    OPENAI_API_KEY: 'sk-fallback',
  })
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  console.log(`${perSecond} requests a second, ${brokenMs / 1_000} s broken each, ${retries} retries\n`)
  console.log(line(head))
  console.log(line(head.map((_, index) => (index === 0 ? '---' : '---:'))))
  const problems: string[] = []
  try {
    for (const each of scenarios) {
      const [result, upstream] = await run(app, primary, each)
      primary = upstream
      console.log(line(rowOf(result)))
      problems.push(...faultsOf(result).map((problem) => `${each.name}: ${problem}`))
    }
  } finally {
    await app.dispose()
    await Promise.all([primary.close(), fallback.close()])
  }
  console.log(problems.length === 0 ? '\nAll is as it should be.' : `\nFAILED\n${problems.join('\n')}`)
  return problems.length === 0
}

process.exitCode = (await drill()) ? 0 : 1
