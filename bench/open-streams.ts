import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { until } from '../test/support/until.ts'
import { benchDatabase } from './database.ts'
import { compileTools, endChild, runLoad, startChild } from './native.ts'
import { residentBytes } from './process-figures.ts'
import { promptbox } from './subjects.ts'

/**
 * So many paced streams open at once on one process (20 events, one a second): do all complete, and how much resident
 * memory does each take above the idle process? Records into TEST_DATABASE_URL, else into the embedded database.
 *
 *     node --import tsx bench/open-streams.ts [--streams 5000] [--bar 80]
 */
const { values } = parseArgs({
  options: { streams: { type: 'string', default: '5000' }, bar: { type: 'string', default: '80' } },
})
const count = Number(values.streams)
const barKilobytes = Number(values.bar)
const descriptors = Number(execFileSync('bash', ['-c', 'ulimit -Hn']).toString().trim())
if (descriptors < count * 2 + 500) {
  throw new Error(
    `${count} streams need ${count * 2 + 500} open files, and ulimit -Hn allows ${descriptors}: raise it or ask for fewer.`,
  )
}

const tools = compileTools()
// Node raises its own limit; the two C programs take what they are given.
const { child: upstream, match } = await startChild(
  'bash',
  ['-c', `ulimit -n ${descriptors}; exec ${tools.upstream}`],
  {
    ready: /listening (\d+)/,
  },
)
const database = await benchDatabase()
const subject = await promptbox(tools, Number(match[1]), { databaseUrl: database.url })
const processId = subject.processId ?? 0
const request = { port: subject.port, path: subject.path, key: subject.key, rate: 0 }

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${subject.port}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? Number.NaN)
}

interface Memory {
  readonly residentMb: number
  readonly heapMb: number
  readonly externalMb: number
}

async function memory(): Promise<Memory> {
  const [heap, external] = [await metric('nodejs_heap_size_used_bytes'), await metric('nodejs_external_memory_bytes')]
  return { residentMb: residentBytes(processId) / 1e6, heapMb: heap / 1e6, externalMb: external / 1e6 }
}

try {
  // What a process needs only once (compiled code, the day's partition) is not the streams'.
  await runLoad(tools, { ...request, body: subject.body('bench-stream-10-100', true), connections: 50, seconds: 3 })
  await setTimeout(3_000)
  const idle = await memory()

  const body = subject.body('bench-stream-1000-20', true)
  const running = runLoad(tools, { ...request, body, connections: count, seconds: 0.5 })
  await until('all streams are open', async () => (await metric('promptbox_open_streams')) >= count, {
    withinMs: 30_000,
    everyMs: 100,
  })
  const samples: Memory[] = []
  while ((await metric('promptbox_open_streams')) >= count) {
    samples.push(await memory())
    await setTimeout(250)
  }
  const result = await running
  const median = (name: keyof Memory): number =>
    samples.map((sample) => sample[name]).toSorted((one, other) => one - other)[samples.length >> 1] ?? Number.NaN
  const most = Math.max(...samples.map(({ residentMb }) => residentMb))
  const each = (megabytes: number): number => Math.round((megabytes * 10_000) / count) / 10
  const figures = {
    streams: count,
    completed: result.requests,
    errors: result.errors,
    incomplete: result.incomplete,
    idle,
    samples: samples.length,
    residentKbPerStream: each(median('residentMb') - idle.residentMb),
    mostResidentKbPerStream: each(most - idle.residentMb),
    heapKbPerStream: each(median('heapMb') - idle.heapMb),
    externalKbPerStream: each(median('externalMb') - idle.externalMb),
    eventUnderWayMs: {
      p50: (result.event_under_way_us.p50 ?? 0) / 1000,
      p99: (result.event_under_way_us.p99 ?? 0) / 1000,
    },
  }
  console.log(JSON.stringify(figures, null, 2))
  const isGood = result.errors === 0 && result.requests === count && figures.residentKbPerStream <= barKilobytes
  if (!isGood) process.exitCode = 1
} finally {
  await subject.stop()
  await endChild(upstream, 'SIGKILL')
  await database.remove()
  rmSync(tools.folder, { recursive: true, force: true })
}
