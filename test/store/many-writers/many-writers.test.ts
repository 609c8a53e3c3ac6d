import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPostgresStores } from '../../../src/store/choose.ts'
import { createMemoryStores } from '../../../src/store/memory.ts'
import type { PromptStore } from '../../../src/store/ports.ts'
import { databaseKinds, scratchDatabase, scratchDirectory } from '../../support/database.ts'
import { actor, promptWith } from '../contract/subject.ts'
import { expectHonest } from './expect-honest.ts'
import { type Deed, guardedLabel, writeAsOne } from './write-as-one.ts'

const writers = Array.from({ length: 50 }, (_, index) => index + 1)
/** The embedded database has one connection, so more of them would only take longer. */
const fewerWriters = writers.slice(0, 15)

/** A prompt for all of them; the timeline has three rows. */
async function sharedPrompt(stores: { readonly prompts: PromptStore }): Promise<string> {
  const slug = await promptWith(stores as Parameters<typeof promptWith>[0], 1)
  await stores.prompts.protectLabel(actor, slug, guardedLabel, { approvals: 1, roles: [], minScore: null })
  return slug
}
const setUp = 3

/** Some of everything happened, or nothing would be shown. */
function expectAllKinds(deeds: readonly Deed[], writers: readonly number[]): void {
  expect(deeds).toHaveLength(writers.length * 9)
  const done = (did: Deed['did'], label?: string) =>
    deeds.filter((deed) => deed.did === did && deed.told !== null && (label === undefined || deed.label === label))
  expect(done('version_created')).toHaveLength(writers.length * 2)
  for (const label of ['production', 'staging']) expect(done('label_set', label)).toHaveLength(writers.length)
  expect(done('label_rolled_back').length).toBeGreaterThan(0)
  expect(done('label_set', guardedLabel).length).toBeGreaterThan(0)
  expect(deeds.filter(({ refusal }) => refusal === 'label_protected').length).toBeGreaterThan(0)
  const refusals = new Set(deeds.map(({ refusal }) => refusal))
  for (const refusal of refusals)
    expect([null, 'label_protected', 'own_version', 'nothing_to_roll_back']).toContain(refusal)
}

describe('many writers of one prompt', () => {
  it('50 in memory leave a timeline that is what they did', async () => {
    const stores = createMemoryStores()
    const slug = await sharedPrompt(stores)
    const deeds = (await Promise.all(writers.map((writer) => writeAsOne(stores.prompts, slug, writer)))).flat()
    expectAllKinds(deeds, writers)
    await expectHonest(stores.prompts, slug, deeds, setUp)
  })

  it('15 on the embedded database too', async () => {
    const database = await scratchDatabase({ kind: 'embedded' })
    onTestFinished(() => database.close())
    const { prompts } = createPostgresStores(database)
    const slug = await sharedPrompt(createPostgresStores(database))
    const deeds = (await Promise.all(fewerWriters.map((writer) => writeAsOne(prompts, slug, writer)))).flat()
    expectAllKinds(deeds, fewerWriters)
    await expectHonest(prompts, slug, deeds, setUp)
  }, 120_000)

  it.runIf(databaseKinds.includes('server'))(
    '50 processes on one Postgres: numbers without gaps, no lost move, an honest timeline',
    async () => {
      const database = await scratchDatabase({ kind: 'server', maxConnections: 2 })
      onTestFinished(() => database.close())
      if (database.connection.kind !== 'server') throw new Error('not a server')
      const stores = createPostgresStores(database)
      const slug = await sharedPrompt(stores)
      const program = await bundledWriter()
      const { url } = database.connection
      const processes = await Promise.all(writers.map((writer) => startWriter(program, [url, slug, String(writer)])))
      const deeds = (await Promise.all(processes.map((writer) => writer.go()))).flat()
      expectAllKinds(deeds, writers)
      await expectHonest(stores.prompts, slug, deeds, setUp)
    },
    // Some eight seconds of work for two processors of its own; a machine that is shared takes as much longer.
    180_000,
  )
})

/** The writer in one file of plain JavaScript: fifty processes that each compiled the sources would take minutes. */
async function bundledWriter(): Promise<string> {
  const directory = scratchDirectory()
  onTestFinished(() => directory.remove())
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true },
    build: {
      ssr: fileURLToPath(new URL('./writer.ts', import.meta.url)),
      outDir: directory.path,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'writer.mjs', inlineDynamicImports: true } },
    },
  })
  return join(directory.path, 'writer.mjs')
}

/** Resolves when it is connected; `go` lets it write and gives what it wrote down. */
async function startWriter(program: string, words: readonly string[]): Promise<{ go(): Promise<readonly Deed[]> }> {
  const child = spawn(process.execPath, [program, ...words], { stdio: ['pipe', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const closed = once(child, 'close')
  let printed = ''
  let complained = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (complained += piece))
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      printed += piece
      if (printed.startsWith('ready\n')) resolve()
    })
    void closed.then(() => reject(new Error(`A writer ended before it began: ${complained}`)))
  })
  return {
    async go() {
      child.stdin.write('go\n')
      const [code] = (await closed) as [number | null]
      if (code !== 0) throw new Error(`A writer ended with ${String(code)}: ${complained}`)
      return JSON.parse(printed.slice('ready\n'.length)) as readonly Deed[]
    },
  }
}
