import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type LoadResult, compileTools, endChild, runLoad, startChild } from './native.ts'
import { pinServingThread, residentBytes, servingThreadMicroseconds } from './process-figures.ts'
import { type Figure, printTables } from './report.ts'
import { type Subject, bareNode, direct, nginx, portkey, promptbox } from './subjects.ts'

/**
 * `npm run bench [-- --quick]`: the same load on everything this machine can start, in rounds whose order alternates. The
 * serving thread of each subject has core 0 for itself; upstream, load generator and everything else share core 1. Set
 * BENCH_DATABASE_URL to record into a real Postgres instead of the embedded database.
 */
const quick = process.argv.includes('--quick')
const rounds = quick ? 1 : 3
const seconds = quick ? 2 : 5

const tools = compileTools()
const { child: upstream, match } = await startChild('taskset', ['-c', '1', tools.upstream], {
  ready: /listening (\d+)/,
})
const upstreamPort = Number(match[1])

const databaseUrl = process.env['BENCH_DATABASE_URL'] ?? null
const ours = await promptbox(tools, upstreamPort, { databaseUrl })
const found = [
  direct(upstreamPort),
  await nginx(tools, upstreamPort),
  await bareNode(upstreamPort),
  await portkey(upstreamPort),
  ours,
]
const subjects = found.filter((subject) => subject !== null)
for (const subject of subjects) if (subject.processId !== null) pinServingThread(subject.processId)

const figures: Figure[] = []
try {
  for (const subject of subjects) await measureThroughput(subject, 2)
  for (let round = 0; round < rounds; round++) {
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      process.stderr.write(`round ${round + 1}/${rounds}: ${subject.name}\n`)
      for (const measure of [measureThroughput, measureLatency, measurePacedStreams, measureBurstStreams]) {
        figures.push(...(await unlessTheyFail(subject, () => measure(subject, seconds))))
      }
    }
  }
  for (const subject of subjects) figures.push(...(await unlessTheyFail(subject, () => measureOpenStreams(subject))))
  await ours.stop()
  figures.push({ subject: ours.name, name: 'first start, ms', value: ours.startedInMs })
  figures.push({ subject: ours.name, name: 'later start, ms', value: await ours.startAgain() })
} finally {
  for (const subject of subjects) await subject.stop()
  await endChild(upstream, 'SIGKILL')
}
const tables = printTables(
  figures,
  subjects.map((subject) => subject.name),
)
process.stdout.write(tables)
const folder = fileURLToPath(new URL('./results', import.meta.url))
mkdirSync(folder, { recursive: true })
const machine = { node: process.version, cores: cpus().length, processor: cpus()[0]?.model ?? '', commit: commit() }
writeFileSync(
  `${folder}/latest.json`,
  `${JSON.stringify({ at: new Date().toISOString(), machine, quick, figures }, null, 2)}\n`,
)

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD']).toString().trim()
}

function load(
  subject: Subject,
  model: string,
  stream: boolean,
  rest: { connections: number; seconds: number; rate: number },
): Promise<LoadResult> {
  return runLoad(tools, {
    port: subject.port,
    path: subject.path,
    key: subject.key,
    header: subject.header,
    body: subject.body(model, stream),
    ...rest,
  })
}

/** A neighbour that cannot do something leaves its cell empty and a line here; where we cannot, the benchmark has failed. */
async function unlessTheyFail(subject: Subject, measure: () => Promise<Figure[]>): Promise<Figure[]> {
  try {
    return await measure()
  } catch (error) {
    if (subject === ours) throw error
    process.stderr.write(`left out: ${error instanceof Error ? error.message : String(error)}\n`)
    return []
  }
}

/** An answer that failed would be a cheap answer. */
function checked(subject: Subject, result: LoadResult): LoadResult {
  if (result.errors > 0)
    throw new Error(`${subject.name}: ${result.errors} of ${result.requests + result.errors} requests failed.`)
  return result
}

async function measureThroughput(subject: Subject, forSeconds: number): Promise<Figure[]> {
  const before = subject.processId === null ? 0 : servingThreadMicroseconds(subject.processId)
  const result = checked(
    subject,
    await load(subject, 'bench-json', false, { connections: 64, seconds: forSeconds, rate: 0 }),
  )
  const figures = [{ subject: subject.name, name: 'requests/s at 64 connections', value: result.requests_per_second }]
  if (subject.processId === null) return figures
  const spent = servingThreadMicroseconds(subject.processId) - before
  return [
    ...figures,
    { subject: subject.name, name: 'CPU of the serving thread, µs/request', value: spent / result.requests },
  ]
}

async function measureLatency(subject: Subject): Promise<Figure[]> {
  const { latency_us: latency } = checked(
    subject,
    await load(subject, 'bench-json', false, { connections: 64, seconds, rate: 500 }),
  )
  return [
    { subject: subject.name, name: 'median at 500 requests/s, ms', value: (latency.p50 ?? NaN) / 1000 },
    { subject: subject.name, name: 'p99 at 500 requests/s, ms', value: (latency.p99 ?? NaN) / 1000 },
  ]
}

/** Fifty streams a second that last a second each: about 50 are open, and they do not begin in step. */
async function measurePacedStreams(subject: Subject): Promise<Figure[]> {
  const before = subject.processId === null ? 0 : servingThreadMicroseconds(subject.processId)
  const paced = { connections: 100, seconds: 3, rate: 50 }
  const result = checked(subject, await load(subject, 'bench-stream-10-100', true, paced))
  const spent = subject.processId === null ? 0 : servingThreadMicroseconds(subject.processId) - before
  return [
    {
      subject: subject.name,
      name: 'paced: median to first chunk, ms',
      value: (result.first_event_us.p50 ?? NaN) / 1000,
    },
    {
      subject: subject.name,
      name: 'paced: median of a chunk under way, ms',
      value: (result.event_under_way_us.p50 ?? NaN) / 1000,
    },
    {
      subject: subject.name,
      name: 'paced: p99 of a chunk under way, ms',
      value: (result.event_under_way_us.p99 ?? NaN) / 1000,
    },
    { subject: subject.name, name: 'paced: CPU per chunk, µs', value: spent / result.event_under_way_us.count },
  ]
}

async function measureBurstStreams(subject: Subject): Promise<Figure[]> {
  const result = checked(
    subject,
    await load(subject, 'bench-stream-0-100', true, { connections: 16, seconds: 2, rate: 0 }),
  )
  return [{ subject: subject.name, name: 'bursts of 100 chunks: streams/s', value: result.requests_per_second }]
}

/** Resident memory while 1,000 streams are open, above what the process held before them. */
async function measureOpenStreams(subject: Subject): Promise<Figure[]> {
  if (subject.processId === null) return []
  const count = 1_000
  await setTimeout(1_000)
  const before = residentBytes(subject.processId)
  const running = load(subject, 'bench-stream-200-20', true, { connections: count, seconds: 0.5, rate: 0 })
  await setTimeout(2_500)
  const during = residentBytes(subject.processId)
  checked(subject, await running)
  return [{ subject: subject.name, name: 'memory per 1,000 open streams, MB', value: (during - before) / 1e6 }]
}
