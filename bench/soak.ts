import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type LoadRequest, startClientLoad } from '../test/support/client-load.ts'
import { benchDatabase } from './database.ts'
import { compileTools, endChild, runLoad, startChild } from './native.ts'
import { residentBytes } from './process-figures.ts'
import { promptbox } from './subjects.ts'

/**
 * Mixed load for a long time: whole answers and streams through a stored prompt, wrong requests, failing providers, clients
 * that hang up. Samples the memory each second and fits a line after the warm-up: flat is a slope within its own
 * uncertainty, or a growth over the whole run below `--tolerance` percent. The samples go to bench/results/soak.json.
 *
 *     node --import tsx bench/soak.ts [--minutes 10] [--rate 1000] [--streams 50] [--odd-clients 16] [--tolerance 3]
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '1000' },
    streams: { type: 'string', default: '50' },
    'odd-clients': { type: 'string', default: '16' },
    tolerance: { type: 'string', default: '3' },
  },
})
const seconds = Number(values.minutes) * 60
const warmUpSeconds = Math.min(90, seconds / 3)

const user = (content: string): object => ({ role: 'user', content })
const long = 'A longer question, so that there is something to leak. '.repeat(200)
const oddRequests: readonly LoadRequest[] = [
  { body: { model: 'mock/echo', messages: [user(long)] } },
  { body: { model: 'mock/tokens-400', stream: true, messages: [user('Say much.')] }, hangUpAfter: 2_000 },
  { body: { model: 'mock/slow-20', stream: true, messages: [user(long)] }, hangUpAfter: 600 },
  { body: { model: 'mock/tokens-100', stream: true, messages: [user('Say less.')] } },
  { body: { model: 'prompt:nobody-wrote-it', messages: [user('Hm?')] }, status: 404 },
  { body: { model: 'prompt:bench-json', messages: [user('Without its variables.')] }, status: 400 },
  { body: { model: 'mock/echo', messages: 'no list', stream: 'maybe' }, status: 400 },
  { body: { model: 'mock/429', messages: [user('Too many.')] }, status: 429 },
  { body: { model: 'mock/500', messages: [user('Fails.')] }, status: 502 },
]

interface Sample {
  readonly second: number
  readonly residentMb: number
  readonly heapMb: number
  readonly externalMb: number
  readonly spoolRecords: number
}

const tools = compileTools()
const { child: upstream, match } = await startChild(tools.upstream, [], { ready: /listening (\d+)/ })
const database = await benchDatabase()
const subject = await promptbox(tools, Number(match[1]), { databaseUrl: database.url })
const processId = subject.processId ?? 0
const request = { port: subject.port, path: subject.path, key: subject.key }

async function metrics(): Promise<(name: string) => number> {
  const text = await (await fetch(`http://127.0.0.1:${subject.port}/metrics`)).text()
  const lines = text.split('\n')
  return (name) => Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? Number.NaN)
}

async function sample(startedAt: number): Promise<Sample> {
  const metric = await metrics()
  return {
    second: (performance.now() - startedAt) / 1000,
    residentMb: residentBytes(processId) / 1e6,
    heapMb: metric('nodejs_heap_size_used_bytes') / 1e6,
    externalMb: metric('nodejs_external_memory_bytes') / 1e6,
    spoolRecords: metric('promptbox_spool_records'),
  }
}

/** Least squares; the slope's standard error counts each stretch of ten seconds once, because samples are not independent. */
function fit(points: readonly (readonly [number, number])[]): { readonly slope: number; readonly error: number } {
  const groups: [number, number][] = []
  for (let at = 0; at + 10 <= points.length; at += 10) {
    const group = points.slice(at, at + 10)
    const mean = (index: 0 | 1): number => group.reduce((sum, point) => sum + point[index], 0) / group.length
    groups.push([mean(0), mean(1)])
  }
  const count = groups.length
  const meanX = groups.reduce((sum, [x]) => sum + x, 0) / count
  const meanY = groups.reduce((sum, [, y]) => sum + y, 0) / count
  const spread = groups.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  const slope = groups.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
  const residual = groups.reduce((sum, [x, y]) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0)
  return { slope, error: Math.sqrt(residual / (count - 2) / spread) }
}

try {
  const startedAt = performance.now()
  const samples: Sample[] = []
  const rate = Number(values.rate)
  const whole = runLoad(tools, { ...request, body: subject.body('bench-json', false), connections: 64, seconds, rate })
  const streamed = runLoad(tools, {
    ...request,
    body: subject.body('bench-stream-10-100', true),
    connections: Number(values.streams),
    seconds,
    rate: 0,
  })
  const odd = startClientLoad({
    url: `http://127.0.0.1:${subject.port}`,
    key: subject.key,
    clients: Number(values['odd-clients']),
    requests: oddRequests,
  })
  while ((performance.now() - startedAt) / 1000 < seconds) {
    samples.push(await sample(startedAt))
    const latest = samples.at(-1)
    if (samples.length % 30 === 1) console.error(JSON.stringify(latest))
    await setTimeout(1_000 - ((performance.now() - startedAt) % 1_000))
  }
  const [wholeResult, streamedResult] = await Promise.all([whole, streamed])
  await odd.stop()
  await setTimeout(5_000)
  const afterwards = await sample(startedAt)

  const steady = samples.filter(({ second }) => second > warmUpSeconds)
  const slopeOf = (name: 'residentMb' | 'heapMb' | 'externalMb'): object & { slope: number; error: number } =>
    fit(steady.map((each) => [each.second / 60, each[name]] as const))
  const resident = slopeOf('residentMb')
  const meanMb = steady.reduce((sum, { residentMb }) => sum + residentMb, 0) / steady.length
  const minutes = (seconds - warmUpSeconds) / 60
  const growthPercent = (resident.slope * minutes * 100) / meanMb
  const isFlat = resident.slope <= 2 * resident.error || growthPercent <= Number(values.tolerance)
  const failures = [...new Set(odd.failures.map((failure) => failure.slice(25)))]
  const figures = {
    minutes: Number(values.minutes),
    warmUpSeconds,
    exchanges: wholeResult.requests + streamedResult.requests + odd.ended.length + odd.hungUp,
    hungUp: odd.hungUp,
    errors: wholeResult.errors + streamedResult.errors,
    oddFailures: odd.failures.length,
    meanResidentMb: meanMb,
    residentMbPerMinute: resident,
    heapMbPerMinute: slopeOf('heapMb'),
    externalMbPerMinute: slopeOf('externalMb'),
    growthPercent,
    isFlat,
    afterwards,
  }
  console.log(JSON.stringify(figures, null, 2))
  for (const failure of failures.slice(0, 10)) console.log(`failure: ${failure}`)
  const folder = fileURLToPath(new URL('./results', import.meta.url))
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    `${folder}/soak.json`,
    `${JSON.stringify({ at: new Date().toISOString(), ...figures, samples }, null, 1)}\n`,
  )
  if (!isFlat || figures.errors > 0 || figures.oddFailures > 0) process.exitCode = 1
} finally {
  await subject.stop()
  await endChild(upstream, 'SIGKILL')
  await database.remove()
  rmSync(tools.folder, { recursive: true, force: true })
}
