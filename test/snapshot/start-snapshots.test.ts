import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import { systemClock } from '../../src/core/clock.ts'
import { Fault } from '../../src/core/fault.ts'
import { hashKey } from '../../src/core/seal.ts'
import type { SnapshotOptions, Snapshots } from '../../src/snapshot/start-snapshots.ts'
import { startSnapshots } from '../../src/snapshot/start-snapshots.ts'
import type { Listen } from '../../src/snapshot/supervisor.ts'
import { type MemoryStores, createMemoryStores } from '../../src/store/memory.ts'
import type { SnapshotStore } from '../../src/store/ports.ts'
import { versionHash } from '../../src/store/version-hash.ts'
import { type Observed, createObserved, sealer, temporaryDirectory } from './support.ts'

const actor = { tenantId: 'default', id: 'admin', name: 'admin' }
const noMetadata = {
  description: null,
  category: null,
  useCase: null,
  domain: null,
  complexity: null,
  owner: null,
  appContexts: [],
  tags: [],
  starters: [],
  complianceTags: [],
  aliases: [],
}
const body = (content: string) => ({ model: 'mock/echo', messages: [{ role: 'user', content }] })
const webKey = {
  id: 'k1',
  tenantId: 'default',
  name: 'web',
  hash: hashKey('pb-1'),
  scopes: ['inference'],
  roles: [],
  expiresAt: null,
  prefix: 'pb-',
}
const create = (stores: MemoryStores, slug: string) =>
  stores.prompts.create(actor, { ...noMetadata, slug, name: slug, version: body(slug), labels: ['production'] })

/** A snapshot store that can be made to hang, to fail, and to forget its history. */
function controlled(inner: SnapshotStore) {
  const calls = { head: 0, since: 0, all: 0 }
  const state = { hanging: false, pruned: false }
  const gate = <Value>(work: () => Promise<Value>): Promise<Value> =>
    state.hanging ? new Promise<Value>(() => undefined) : work()
  const store: SnapshotStore = {
    head: () => (calls.head++, gate(() => inner.head())),
    since: (position) => {
      calls.since++
      if (state.pruned)
        return Promise.reject(new Fault('conflict', 'The history was pruned.', { code: 'history_pruned' }))
      return gate(() => inner.since(position))
    },
    all: () => (calls.all++, inner.all()),
  }
  return { store, calls, state }
}

interface Scene extends ReturnType<typeof controlled> {
  readonly stores: MemoryStores
  readonly observed: Observed
  readonly dataDir: string
  readonly start: (options?: Partial<SnapshotOptions>) => Promise<Snapshots>
}

async function scene(): Promise<Scene> {
  const stores = createMemoryStores()
  const observed = createObserved()
  const dataDir = await temporaryDirectory()
  const control = controlled(stores.snapshot)
  const start = async (options: Partial<SnapshotOptions> = {}) => {
    const snapshots = await startSnapshots({
      store: control.store,
      listen: null,
      redisUrl: null,
      sealer,
      environmentCredentials: new Map(),
      dataDir,
      configFile: join(dataDir, 'promptbox.yaml'),
      configFileRequired: false,
      promptsJson: null,
      environment: {},
      tenantId: 'default',
      versionHash,
      clock: systemClock,
      observe: observed.observe,
      ...options,
    })
    onTestFinished(() => snapshots.stop())
    return snapshots
  }
  return { stores, observed, dataDir, start, ...control }
}

const has = (snapshots: Snapshots, slug: string) => snapshots.holder.current().prompts.has(`default/${slug}`)

/** Lets the given time pass, and everything that is due in it happen. */
async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 10) {
    await vi.advanceTimersByTimeAsync(Math.min(left, 10))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('with a database', () => {
  test('what is in it is served, keys and credentials too', async () => {
    const { stores, start, observed } = await scene()
    await create(stores, 'greet')
    await stores.keys.create(actor, webKey)
    await stores.credentials.put(actor, {
      provider: 'openai',
      name: 'default',
      sealedApiKey: sealer.seal('sk-1'),
      hint: null,
      baseUrl: null,
    })
    const snapshots = await start()
    const snapshot = snapshots.holder.current()
    expect(snapshot.prompts.get('default/greet')?.versions.get(1)?.compiled().models).toEqual(['mock/echo'])
    expect(snapshot.keys.get(hashKey('pb-1'))?.name).toBe('web')
    expect(snapshot.credentials.get('openai')).toMatchObject([{ name: 'default', apiKey: 'sk-1' }])
    expect(snapshots.status()).toMatchObject({
      tier: 'database',
      version: '3',
      prompts: 1,
      keys: 1,
      degraded: false,
      message: null,
    })
    expect(observed.of('snapshot-swapped')).toHaveLength(1)
  })

  test('a write is served when `noticed` resolves', async () => {
    const { stores, start } = await scene()
    const snapshots = await start()
    await create(stores, 'greet')
    expect(has(snapshots, 'greet')).toBe(false)
    await snapshots.noticed()
    expect(has(snapshots, 'greet')).toBe(true)
    await stores.prompts.archive(actor, 'greet')
    await snapshots.noticed()
    expect(has(snapshots, 'greet')).toBe(false)
  })

  test('one exchange keeps the snapshot it took', async () => {
    const { stores, start } = await scene()
    await create(stores, 'greet')
    const snapshots = await start()
    const taken = snapshots.holder.current()
    await stores.prompts.archive(actor, 'greet')
    await snapshots.refresh()
    expect(taken.prompts.has('default/greet')).toBe(true)
    expect(snapshots.holder.current().version).not.toBe(taken.version)
  })

  test('many who refresh at once share two questions, and each sees what was committed before it asked', async () => {
    const { stores, start, calls } = await scene()
    const snapshots = await start()
    calls.since = 0
    const refreshes: Promise<void>[] = []
    for (let index = 0; index < 50; index++) {
      await create(stores, `p${index}`)
      refreshes.push(snapshots.refresh().then(() => expect(has(snapshots, `p${index}`)).toBe(true)))
    }
    await Promise.all(refreshes)
    calls.since = 0
    await Promise.all(Array.from({ length: 50 }, () => snapshots.refresh()))
    expect(calls.since).toBe(2)
  })

  test('a change made elsewhere is served within a second, with no notice at all', async () => {
    const { stores, start } = await scene()
    const snapshots = await start()
    await create(stores, 'greet')
    await pass(600)
    expect(has(snapshots, 'greet')).toBe(true)
  })

  test('guardrails are served as they are now, one list until one of them changes, also when all is loaded anew', async () => {
    const { stores, start, state } = await scene()
    const guardrail = guardrailBodySchema.parse({ type: 'keywords', settings: { words: ['one'] } })
    await stores.guardrails.create(actor, { slug: 'words', body: guardrail })
    const snapshots = await start()
    const list = () => snapshots.holder.current().guardrails.get('default')
    expect(list()).toEqual([{ slug: 'words', body: guardrail }])
    const first = list()
    await create(stores, 'greet')
    state.pruned = true
    const refreshed = snapshots.refresh()
    await Promise.resolve()
    state.pruned = false
    await refreshed
    expect(has(snapshots, 'greet')).toBe(true)
    expect(list()).toBe(first)
    await stores.guardrails.change(actor, 'words', (before) => ({ ...before, action: 'block' }))
    await pass(600)
    expect(list()?.[0]?.body.action).toBe('block')
    await stores.guardrails.remove(actor, 'words')
    await stores.prompts.change(actor, 'greet', { category: 'mail' })
    await pass(600)
    expect(list()).toBeUndefined()
    expect(snapshots.holder.current().prompts.get('default/greet')?.category).toBe('mail')
  })

  test('an idle process only asks for the number of the newest change', async () => {
    const { start, calls } = await scene()
    await start()
    calls.head = calls.since = calls.all = 0
    await pass(5_000)
    expect(calls.head).toBeGreaterThanOrEqual(8)
    expect(calls).toMatchObject({ since: 0, all: 0 })
  })

  test('a notice makes it sooner; a burst of them is one question', async () => {
    const { stores, start, calls } = await scene()
    let notify = () => {}
    let stopped = 0
    const listen: Listen = async (onNotice) => {
      notify = onNotice
      return async () => void stopped++
    }
    const snapshots = await start({ listen })
    await pass(20)
    calls.since = 0
    await create(stores, 'greet')
    for (let index = 0; index < 100; index++) notify()
    await pass(20)
    expect(has(snapshots, 'greet')).toBe(true)
    expect(calls.since).toBe(1)
    await snapshots.stop()
    expect(stopped).toBe(1)
  })

  test('no notices from the database are said once, tried again, and do no harm', async () => {
    const { stores, start, observed } = await scene()
    const listen = vi.fn<Listen>(() => Promise.reject(new Error('no LISTEN here')))
    const snapshots = await start({ listen })
    await create(stores, 'greet')
    await pass(12_000)
    expect(has(snapshots, 'greet')).toBe(true)
    expect(listen.mock.calls.length).toBeGreaterThanOrEqual(3)
    expect(observed.of('notice')).toHaveLength(1)
  })

  test('a history that does not reach back far enough is loaded whole', async () => {
    const { stores, start, state, calls } = await scene()
    await create(stores, 'greet')
    const snapshots = await start()
    const compiled = snapshots.holder.current().prompts.get('default/greet')?.versions.get(1)?.compiled()
    await create(stores, 'new')
    state.pruned = true
    calls.all = 0
    const refreshed = snapshots.refresh()
    // Only the first question meets the pruned end; loading anew starts from a fresh number.
    await Promise.resolve()
    state.pruned = false
    await refreshed
    expect(calls.all).toBe(1)
    expect(has(snapshots, 'new')).toBe(true)
    expect(snapshots.holder.current().prompts.get('default/greet')?.versions.get(1)?.compiled()).toBe(compiled)
  })

  test('a database that was set back to an older state is loaded whole', async () => {
    const before = await scene()
    await create(before.stores, 'one')
    await create(before.stores, 'two')
    const older = createMemoryStores()
    await create(older, 'one')
    let store = before.store
    const snapshots = await before.start({
      store: { head: () => store.head(), since: (position) => store.since(position), all: () => store.all() },
    })
    expect(has(snapshots, 'two')).toBe(true)
    store = older.snapshot
    await pass(600)
    expect(has(snapshots, 'two')).toBe(false)
    expect(snapshots.status().version).toBe('1')
  })
})

describe('while the database is away', () => {
  test('the last state goes on serving, is said to be stale, and what was changed meanwhile is served within a second of its return', async () => {
    const { stores, start, observed } = await scene()
    await create(stores, 'greet')
    const snapshots = await start()
    stores.setAvailable(false)
    await pass(60_000)
    expect(has(snapshots, 'greet')).toBe(true)
    expect(snapshots.status()).toMatchObject({ tier: 'database', degraded: true })
    expect(snapshots.status().ageMs).toBeGreaterThan(55_000)
    expect(observed.of('database-lost')).toHaveLength(1)
    expect(observed.of('snapshot-stale')).toHaveLength(1)
    await expect(snapshots.refresh()).rejects.toMatchObject({ kind: 'unavailable' })
    stores.setAvailable(true)
    await create(stores, 'meanwhile')
    await pass(950)
    expect(has(snapshots, 'meanwhile')).toBe(true)
    expect(snapshots.status()).toMatchObject({ degraded: false, databaseAwayMs: null })
    expect(observed.of('database-back')[0]?.awayMs).toBeGreaterThan(55_000)
  })

  test('a connection that hangs holds nothing up', async () => {
    const { stores, start, state } = await scene()
    const snapshots = await start()
    state.hanging = true
    await pass(10_000)
    expect(snapshots.status().degraded).toBe(true)
    state.hanging = false
    await create(stores, 'greet')
    await pass(3_000)
    expect(has(snapshots, 'greet')).toBe(true)
  })

  test('a process that starts serves the last good state from disk, with keys, and recovers by itself', async () => {
    const { stores, start, observed } = await scene()
    await create(stores, 'greet')
    await stores.keys.create(actor, webKey)
    const first = await start()
    await create(stores, 'later')
    await first.noticed()
    await first.stop()
    stores.setAvailable(false)
    const second = await start()
    expect(second.status()).toMatchObject({ tier: 'disk', version: '3', prompts: 2, keys: 1, degraded: true })
    expect(second.holder.current().prompts.get('default/later')?.versions.get(1)?.compiled().models).toEqual([
      'mock/echo',
    ])
    expect(observed.of('snapshot-stale').at(-1)).toMatchObject({
      tier: 'disk',
      message: expect.stringContaining("2 prompts from tier 'disk'"),
    })
    stores.setAvailable(true)
    await stores.prompts.archive(actor, 'greet')
    await pass(950)
    expect(second.status()).toMatchObject({ tier: 'database', prompts: 1, degraded: false })
  })

  test('a database that hangs at the start is not waited for long', async () => {
    const { start, state } = await scene()
    state.hanging = true
    const starting = start({ promptsJson: JSON.stringify({ greet: { version: body('hi') } }) })
    let started = false
    void starting.then(() => (started = true))
    // Files are read before the database is asked, and they take the time of the real disk.
    while (!started) await pass(100)
    expect((await starting).status()).toMatchObject({ tier: 'environment', degraded: true })
  })

  test('with nothing on disk the file serves, then the environment', async () => {
    const { stores, start, dataDir } = await scene()
    stores.setAvailable(false)
    const promptsJson = JSON.stringify({
      both: { version: body('environment') },
      mine: { version: body('environment') },
    })
    expect((await start({ promptsJson })).status()).toMatchObject({ tier: 'environment', prompts: 2 })
    await writeFile(join(dataDir, 'promptbox.yaml'), `prompts: {both: {version: ${JSON.stringify(body('file'))}}}\n`)
    const snapshots = await start({ promptsJson })
    expect(snapshots.status()).toMatchObject({ tier: 'file', prompts: 2 })
    expect(snapshots.holder.current().prompts.get('default/both')?.versions.get(1)?.compiled().body.messages).toEqual(
      body('file').messages,
    )
  })

  test('neither the file nor the environment changes what a protected label of a stored prompt serves', async () => {
    const { stores, start, dataDir } = await scene()
    const whole = { ...noMetadata, name: 'greet', version: body('stored'), labels: ['production'] }
    await stores.prompts.create(actor, { ...whole, slug: 'greet', aliases: ['hello', 'pmpt_1'] })
    await stores.prompts.protectLabel(actor, 'greet', 'production', { approvals: 1, roles: [], minScore: null })
    const version = body('smuggled')
    const wanted = { greet: { version }, hello: { version }, beside: { aliases: ['pmpt_1'], version } }
    await writeFile(join(dataDir, 'promptbox.yaml'), JSON.stringify({ prompts: wanted }))
    const expectStored = (snapshots: Snapshots) => {
      const { prompts } = snapshots.holder.current()
      for (const name of ['greet', 'hello', 'pmpt_1']) {
        const prompt = prompts.get(`default/${name}`)
        const number = prompt?.labels.get('production') ?? 0
        expect(prompt?.versions.get(number)?.compiled().body.messages, name).toEqual(body('stored').messages)
      }
      expect(prompts.has('default/beside')).toBe(true)
    }
    const snapshots = await start({ promptsJson: JSON.stringify(wanted) })
    expectStored(snapshots)
    // A label that nobody may take away cannot make room for the file either.
    await expect(stores.prompts.archive(actor, 'greet')).rejects.toMatchObject({ code: 'label_protected' })
    await snapshots.noticed()
    expectStored(snapshots)
    await snapshots.stop()
    stores.setAvailable(false)
    expectStored(await start({ promptsJson: JSON.stringify(wanted) }))
  })

  test('with no tier at all it starts empty, and says so', async () => {
    const { stores, start, observed } = await scene()
    stores.setAvailable(false)
    const snapshots = await start()
    expect(snapshots.status()).toMatchObject({ tier: 'none', prompts: 0, degraded: true })
    expect(observed.of('snapshot-stale')[0]?.message).toContain('nothing to serve')
    stores.setAvailable(true)
    await create(stores, 'greet')
    await pass(950)
    expect(has(snapshots, 'greet')).toBe(true)
  })
})

describe('with a file beside the database', () => {
  test('what only the file has is served too; a slug of the database wins, and uncovers the file’s when it goes', async () => {
    const { stores, start, dataDir } = await scene()
    await create(stores, 'both')
    const prompts = { both: { version: body('file') }, mine: { version: body('file') } }
    await writeFile(join(dataDir, 'promptbox.yaml'), JSON.stringify({ prompts }))
    const snapshots = await start()
    const textOf = (slug: string) =>
      snapshots.holder.current().prompts.get(`default/${slug}`)?.versions.get(1)?.compiled().body.messages
    expect(textOf('mine')).toEqual(body('file').messages)
    expect(textOf('both')).toEqual(body('both').messages)
    expect(snapshots.status().version).toMatch(/^1\+file\.[0-9a-f]{12}$/)
    await stores.prompts.archive(actor, 'both')
    await snapshots.refresh()
    expect(textOf('both')).toEqual(body('file').messages)
  })

  test('a mistake in it is an error at the start', async () => {
    const { start, dataDir } = await scene()
    await writeFile(join(dataDir, 'promptbox.yaml'), 'prompts:\n  greet: {}\n')
    await expect(start()).rejects.toThrow(/promptbox\.yaml:2:3: /)
    await expect(start({ configFile: join(dataDir, 'none.yaml'), promptsJson: '{"x": {}}' })).rejects.toThrow(
      /PROMPTBOX_PROMPTS_JSON at x/,
    )
  })
})

test('after `stop` the last state goes on serving and nobody is asked any more', async () => {
  const { stores, start, calls } = await scene()
  await create(stores, 'greet')
  const snapshots = await start()
  await snapshots.stop()
  calls.head = 0
  await pass(5_000)
  expect(calls.head).toBe(0)
  expect(has(snapshots, 'greet')).toBe(true)
})
