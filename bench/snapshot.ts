import { readFileSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../src/core/clock.ts'
import { Fault } from '../src/core/fault.ts'
import { createSealer } from '../src/core/seal.ts'
import type { SnapshotChange } from '../src/snapshot/change.ts'
import { promptKey } from '../src/snapshot/snapshot.ts'
import { type Snapshots, startSnapshots } from '../src/snapshot/start-snapshots.ts'
import type { SnapshotStore } from '../src/store/ports.ts'
import { versionHash } from '../src/store/version-hash.ts'

/*
 * How long a very large registry stops the event loop: `npx tsx bench/snapshot.ts [prompts]`, 100,000 when left out.
 *
 * A made-up store hands over batches of 500 prompts of about 1 KB, as the database does; making a batch (the part of the
 * driver) is done on the same thread and counts. `pause` is the longest that `monitorEventLoopDelay` saw, garbage collection
 * and whatever else the machine was busy with included. `turn` is the most processor time the thread spent between two
 * turns of the event loop (Linux only): what remains of a pause on a machine that has nothing else to do. Run it with
 * `node --single-threaded-gc --import tsx bench/snapshot.ts` to count the collector's helper threads as well.
 */

const prompts = Number(process.argv[2] ?? 100_000)
const batchSize = 500
const swaps = 500
const resolves = 2_000_000
const barMs = 20

function promptAt(index: number, revision: number): SnapshotChange {
  const body = JSON.stringify({
    messages: [
      {
        role: 'system',
        content: `You answer for {{company}}, case ${index}, revision ${revision}. ${'Be brief and kind. '.repeat(36)}`,
      },
      { role: 'user', content: '{{question}}' },
    ],
    variables: {
      type: 'object',
      properties: { company: { type: 'string', default: 'Acme' }, question: { type: 'string' } },
    },
    model: 'mock/echo',
    parameters: { temperature: 0.2, max_tokens: 500 },
  })
  const slug = `prompt-${index}`
  const hash = `${index}-${revision}`.padStart(64, '0')
  const versions = [{ number: 1, semver: null, hash, body }]
  const labels = { production: 1 }
  return {
    noun: 'prompt',
    tenantId: 'default',
    id: slug,
    value: { tenantId: 'default', slug, aliases: [], category: null, labels, versions },
  }
}

/** What comes over a wire shares nothing with what was sent. */
const received = (changes: readonly SnapshotChange[]) => JSON.parse(JSON.stringify(changes)) as SnapshotChange[]

function createStore() {
  const feed: number[] = []
  let away = false
  const reach = () => {
    if (away) throw new Fault('unavailable', 'The database is away.')
  }
  const store: SnapshotStore = {
    async head() {
      reach()
      return String(feed.length)
    },
    async *all() {
      for (let start = 0; start < prompts; start += batchSize) {
        await pause(0)
        const length = Math.min(batchSize, prompts - start)
        yield received(Array.from({ length }, (_, offset) => promptAt(start + offset, 0)))
      }
    },
    async since(position) {
      reach()
      const changed = feed.slice(Number(position))
      return {
        changes: received(changed.map((index, place) => promptAt(index, Number(position) + place + 1))),
        head: String(feed.length),
      }
    },
  }
  return { store, change: (index: number) => feed.push(index), setAway: () => (away = true) }
}

interface Row {
  readonly phase: string
  readonly took: string
  readonly 'pause (ms)': string
  readonly 'turn (ms)': string
}

const rows: Row[] = []
let longestPauseMs = 0
const turnsMs: number[] = []

/** Processor time of this thread, ms; null where the system does not tell. */
function threadMs(): number | null {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6
  } catch {
    return null
  }
}

/** Watches every turn of the event loop until it is stopped, which gives the longest. */
function watchTurns(): () => number | null {
  let longest: number | null = null
  let last = threadMs()
  let stopped = false
  const look = () => {
    const now = threadMs()
    if (now !== null && last !== null) longest = Math.max(longest ?? 0, now - last)
    last = now
    if (!stopped) setImmediate(look)
  }
  setImmediate(look)
  return () => {
    stopped = true
    return longest
  }
}

async function phase(name: string, work: () => Promise<string>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  await pause(200)
  delay.enable()
  await pause(20)
  delay.reset()
  const stopWatching = watchTurns()
  const took = await work()
  // The garbage a phase leaves is its own.
  await pause(200)
  delay.disable()
  const pauseMs = delay.max / 1e6
  const turnMs = stopWatching()
  longestPauseMs = Math.max(longestPauseMs, pauseMs)
  if (turnMs !== null) turnsMs.push(turnMs)
  rows.push({ phase: name, took, 'pause (ms)': pauseMs.toFixed(1), 'turn (ms)': turnMs?.toFixed(1) ?? 'unknown' })
}

const since = (start: number) => `${(performance.now() - start).toFixed(0)} ms`
const residentBytes = () => process.memoryUsage().rss

const dataDir = await mkdtemp(join(tmpdir(), 'promptbox-bench-'))
const { store, change, setAway } = createStore()
const open = () =>
  startSnapshots({
    store,
    listen: null,
    redisUrl: null,
    sealer: createSealer('bench'),
    environmentCredentials: new Map(),
    dataDir,
    configFile: join(dataDir, 'promptbox.yaml'),
    configFileRequired: false,
    promptsJson: null,
    environment: {},
    tenantId: 'default',
    versionHash,
    clock: systemClock,
    observe: () => undefined,
  })

const before = residentBytes()
let snapshots: Snapshots | null = null
await phase(`load ${prompts} prompts from the database`, async () => {
  const start = performance.now()
  snapshots = await open()
  return since(start)
})
const loaded = residentBytes()
await phase('write them to disk', async () => {
  const start = performance.now()
  const file = join(dataDir, 'snapshot.ndjson')
  while ((await stat(file).catch(() => null)) === null) await pause(10)
  return `${since(start)} more, ${((await stat(file)).size / 1e6).toFixed(0)} MB`
})

const serving: Snapshots = snapshots ?? (await open())
await phase(`${swaps} changes, each refreshed and swapped`, async () => {
  const times: number[] = []
  for (let index = 0; index < swaps; index++) {
    change((index * 7919) % prompts)
    const start = performance.now()
    await serving.refresh()
    times.push(performance.now() - start)
    await pause(1)
  }
  times.sort((left, right) => left - right)
  return `median ${times[swaps / 2]?.toFixed(3)} ms, slowest ${times.at(-1)?.toFixed(1)} ms`
})
await phase(`${resolves / 1e6} million look-ups`, async () => {
  const keys = Array.from({ length: 1000 }, (_, index) => promptKey('default', `prompt-${(index * 97) % prompts}`))
  let found = 0
  let took = 0
  for (let round = 0; round < resolves / 1000; round++) {
    const start = performance.now()
    const snapshot = serving.holder.current()
    for (const key of keys) if (snapshot.prompts.get(key)?.labels.get('production') === 1) found++
    took += performance.now() - start
    if (round % 20 === 0) await pause(0)
  }
  if (found !== resolves) throw new Error(`Only ${found} of ${resolves} were found.`)
  return `${((took * 1e6) / resolves).toFixed(0)} ns each`
})
await phase('first use of 1,000 versions (compiled)', async () => {
  const snapshot = serving.holder.current()
  const start = performance.now()
  for (let index = 0; index < 1000; index++) {
    snapshot.prompts
      .get(promptKey('default', `prompt-${index % prompts}`))
      ?.versions.get(1)
      ?.compiled()
    if (index % 10 === 0) await pause(0)
  }
  return since(start)
})
await serving.stop()
snapshots = null
setAway()
await phase('load them from disk, the database away', async () => {
  const start = performance.now()
  const again = await open()
  const { tier, prompts: count } = again.status()
  if (tier !== 'disk' || count !== prompts) throw new Error(`Tier ${tier} gave ${count} prompts.`)
  const took = since(start)
  await again.stop()
  return took
})
await rm(dataDir, { recursive: true })

console.table(rows)
console.log(
  `Resident memory: ${((loaded - before) / prompts).toFixed(0)} bytes for each prompt, ${((loaded - before) / 1e6).toFixed(0)} MB in all.`,
)
const longestTurnMs = turnsMs.length === 0 ? null : Math.max(...turnsMs)
console.log(
  `Longest pause ${longestPauseMs.toFixed(1)} ms, longest turn ${longestTurnMs?.toFixed(1) ?? 'unknown'} ms; the bar is ${barMs} ms.`,
)
if ((longestTurnMs ?? longestPauseMs) > barMs) process.exitCode = 1
