import { appendFile, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { assign } from '../../src/experiments/assign.ts'
import { digestOfUnit } from '../../src/experiments/bucket.ts'
import { buildUnitFilter } from '../../src/experiments/unit-filter.ts'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import type { PhaseValue, SnapshotChange } from '../../src/snapshot/change.ts'
import { type DiskJournal, type DiskJournalOptions, createDiskJournal } from '../../src/snapshot/disk-journal.ts'
import { readDiskSnapshot } from '../../src/snapshot/disk-source.ts'
import type { IndexedSnapshot } from '../../src/snapshot/indexed-snapshot.ts'
import { subject } from '../experiments/experiments.ts'
import {
  contentOf,
  createObserved,
  experiment,
  guardrail,
  key,
  noPrompt,
  nothing,
  prompt,
  sealer,
  temporaryDirectory,
} from './support.ts'

const at = (version: number) => ({ version: String(version), tier: 'database', builtAt: 0 }) as const
const sealed = sealer.seal('a provider key')
const seen = buildUnitFilter(1)
seen.add(digestOfUnit('default', 'user-1'))
const remembered: readonly PhaseValue[] = [
  { number: 1, startedAt: 5, weights: { control: 0, warmer: 1 }, units: seen.toBase64() },
  { number: 2, startedAt: 6, weights: { control: 1, warmer: 0 }, units: null },
]
const first: readonly SnapshotChange[] = [
  prompt('greet', { aliases: ['hello'] }),
  prompt('line\nbreak “ü” 👋', {}),
  key('k1'),
  {
    noun: 'credential',
    id: 'openai',
    value: { provider: 'openai', name: 'default', sealedApiKey: sealed, baseUrl: null },
  },
  { noun: 'credential', id: 'openai/b', value: { provider: 'openai', name: 'b', sealedApiKey: sealed, baseUrl: null } },
  {
    noun: 'model',
    id: 'openai/x',
    value: {
      id: 'openai/x',
      aliases: ['x'],
      prices: { input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 2 },
      facts: { context_window: 128_000, capabilities: { tools: true }, successor: 'openai/y' },
    },
  },
  {
    noun: 'route',
    id: 'cheap',
    value: {
      slug: 'cheap',
      body: { strategy: 'weighted', sticky: true, targets: [{ model: 'x', weight: 2, when: { locale: 'de' } }] },
    },
  },
  {
    noun: 'chain',
    tenantId: 'default',
    id: 'triage',
    value: {
      tenantId: 'default',
      slug: 'triage',
      activeVersion: 1,
      versions: [1, 2].map((number) => ({ number, body: '{"steps":[{"name":"a","prompt":"greet"}]}' })),
    },
  },
  experiment(
    'tone',
    { targeting: { all: [{ attribute: 'language', equals: 'de' }] }, overrides: { 'tester-1': 'warmer' } },
    { startedAt: 5, phases: remembered },
  ),
  guardrail('words', { stream_mode: 'full', scope: { categories: ['mail'] }, settings: { words: [null, { z: 1 }] } }),
]

async function openJournal(options: Partial<DiskJournalOptions> = {}): Promise<{ journal: DiskJournal; file: string }> {
  const file = join(await temporaryDirectory(), 'state', 'snapshot.ndjson')
  const journal = createDiskJournal({ file, observe: () => undefined, ...options })
  onTestFinished(() => journal.close())
  return { journal, file }
}

const read = (file: string) => readDiskSnapshot(file, nothing(), 7)

describe('the last good snapshot on disk', () => {
  test('gives back what was written, also what was changed later', async () => {
    const { journal, file } = await openJournal()
    let base: IndexedSnapshot = applyChanges(nothing(), first, at(1))
    journal.replace(base)
    await journal.settled()
    for (const [index, changes] of [[noPrompt('greet')], [prompt('new'), key('k2')]].entries()) {
      base = applyChanges(base, changes, at(index + 2))
      journal.append(changes, base)
      await journal.settled()
    }
    const { base: found, problem } = await read(file)
    expect(problem).toBeNull()
    expect(found).toMatchObject({ version: '3', tier: 'disk', builtAt: 7 })
    expect(found && contentOf(found)).toEqual(contentOf(base))
    // It serves like any other: keys are found, credentials open.
    expect(found?.keys.get('hash of k1')?.id).toBe('k1')
    expect(found?.credentials.get('openai')?.map(({ apiKey }) => apiKey)).toEqual(['a provider key', 'a provider key'])
    expect(found?.routes.get('cheap')?.body.sticky).toBe(true)
    expect(found?.chains.get('default/triage')?.versions[0]?.compiled().answering).toBe('a')
    expect(found?.guardrails.get('default')?.map(({ slug }) => slug)).toEqual(['words'])
    // Units of an ended phase are still known, and so are testers.
    const experiments = found?.experiments.get('default/greet') ?? []
    const german = { attributes: { locale: 'de' } }
    expect(assign(experiments, subject('user-1', german))).toMatchObject({ phase: 1, reason: 'stored' })
    expect(assign(experiments, subject('user-2', german))).toMatchObject({ phase: 2, variant: { name: 'control' } })
    expect(assign(experiments, subject('user-2'))).toBeNull()
    expect(assign(experiments, subject('tester-1'))?.variant.name).toBe('warmer')
  })

  test('what versions before wrote is read: credentials are the default ones, keys have no roles, prompts no category, nothing is known of models', async () => {
    const file = join(await temporaryDirectory(), 'snapshot.ndjson')
    const keyWithoutRoles = { id: 'k1', tenantId: 'default', name: 'CI', hash: 'h', scopes: ['admin'], expiresAt: null }
    const promptLine = prompt('greet', { category: 'lost' })
    const { category: _category, ...promptWithoutCategory } = promptLine.value ?? {}
    const lines = [
      { format: 1, version: '5' },
      { noun: 'credential', id: 'openai', value: { provider: 'openai', sealedApiKey: sealed, baseUrl: null } },
      { noun: 'model', id: 'openai/x', value: { id: 'openai/x', aliases: [], prices: null } },
      { noun: 'key', id: 'k1', value: keyWithoutRoles },
      { ...promptLine, value: promptWithoutCategory },
      { commit: '5' },
    ]
    await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const { base, problem } = await read(file)
    expect(problem).toBeNull()
    expect(base?.credentials.get('openai')).toMatchObject([{ name: 'default', apiKey: 'a provider key' }])
    expect(base?.models.get('openai/x')?.facts).toBeNull()
    expect(base?.keys.get('h')).toMatchObject({ id: 'k1', roles: [] })
    expect(base?.prompts.get('default/greet')?.category).toBeNull()
    expect(base?.guardrails.size).toBe(0)
    expect(base?.experiments.size).toBe(0)
  })

  test('keeps secrets sealed, and only its owner may read it', async () => {
    const { journal, file } = await openJournal()
    journal.replace(applyChanges(nothing(), first, at(1)))
    await journal.settled()
    const text = await readFile(file, 'utf8')
    expect(text).toContain(sealed)
    expect(text).not.toContain('a provider key')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(join(file, '..'))).toEqual(['snapshot.ndjson'])
  })

  test('wherever a write was cut off, the state of the last commit is read', async () => {
    const { journal, file } = await openJournal()
    const bases = [applyChanges(nothing(), first, at(1))]
    journal.replace(bases[0] as IndexedSnapshot)
    await journal.settled()
    const { size: whole } = await stat(file)
    const sizes = [whole]
    for (const [index, changes] of [[prompt('one'), noPrompt('greet')], [key('k2')]].entries()) {
      const base = applyChanges(bases.at(-1) as IndexedSnapshot, changes, at(index + 2))
      bases.push(base)
      journal.append(changes, base)
      await journal.settled()
      sizes.push((await stat(file)).size)
    }
    await journal.close()
    const bytes = await readFile(file)
    const torn = join(await temporaryDirectory(), 'torn.ndjson')
    for (let length = 0; length <= bytes.length; length += 1) {
      const near = sizes.some((size) => Math.abs(size - length) <= 2)
      if (!near && length % 7 !== 0) continue
      await writeFile(torn, bytes.subarray(0, length))
      const { base, problem } = await read(torn)
      const committed = sizes.findLastIndex((size) => size <= length)
      expect(base?.version ?? null, `cut after ${length} bytes`).toBe(committed === -1 ? null : String(committed + 1))
      expect(problem === null).toBe(sizes.includes(length))
      const expected = bases[committed]
      if (base !== null && expected !== undefined) expect(contentOf(base)).toEqual(contentOf(expected))
    }
  })

  test('damage is named with its line, and never throws', async () => {
    const { journal, file } = await openJournal()
    journal.replace(applyChanges(nothing(), first, at(1)))
    await journal.settled()
    await appendFile(file, '{"noun":"prompt","surprise":1}\n')
    const damaged = await read(file)
    expect(damaged.base?.version).toBe('1')
    expect(damaged.problem).toContain(`Line ${first.length + 3}`)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await writeFile(file, bytes)
        expect((await read(file)).base).toBeNull()
      }),
      { numRuns: 50 },
    )
  })

  test('a file of another format is not guessed at', async () => {
    const file = join(await temporaryDirectory(), 'snapshot.ndjson')
    await writeFile(file, '{"format":2,"version":"1"}\n{"commit":"1"}\n')
    expect(await read(file)).toMatchObject({ base: null, problem: expect.stringContaining('format is 2') })
  })

  test('no file is no problem', async () => {
    expect(await read(join(await temporaryDirectory(), 'none'))).toEqual({ base: null, problem: null })
  })

  test('is written whole again when it has more than doubled', async () => {
    const { journal, file } = await openJournal({ compactAboveBytes: 1 })
    let base = applyChanges(nothing(), first, at(1))
    journal.replace(base)
    await journal.settled()
    const whole = (await stat(file)).size
    for (let version = 2; version <= 60; version++) {
      const changes = [prompt('greet', { labels: { production: version } })]
      base = applyChanges(base, changes, at(version))
      journal.append(changes, base)
      await journal.settled()
      expect((await stat(file)).size).toBeLessThan(3 * whole)
    }
    const { base: found } = await read(file)
    expect(found?.version).toBe('60')
    expect(found && contentOf(found)).toEqual(contentOf(base))
  })

  test('changes that come while it is being written are not lost', async () => {
    const { journal, file } = await openJournal()
    let base = applyChanges(
      nothing(),
      Array.from({ length: 3_000 }, (_, index) => prompt(`p${index}`)),
      at(1),
    )
    journal.replace(base)
    for (let version = 2; version <= 40; version++) {
      const changes = [prompt(`p${version}`, { labels: { production: version } })]
      base = applyChanges(base, changes, at(version))
      journal.append(changes, base)
      if (version % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await journal.settled()
    const { base: found, problem } = await read(file)
    expect(problem).toBeNull()
    expect(found?.version).toBe('40')
    expect(found && contentOf(found)).toEqual(contentOf(base))
  })

  test('a disk that refuses is said, and tried again', async () => {
    const observed = createObserved()
    const directory = await temporaryDirectory()
    const file = join(directory, 'snapshot.ndjson')
    // A directory in the place of the file refuses the rename, whoever runs this.
    await mkdir(join(file, 'in the way'), { recursive: true })
    const journal = createDiskJournal({ file, observe: observed.observe, retryMs: 1 })
    onTestFinished(() => journal.close())
    journal.replace(applyChanges(nothing(), first, at(1)))
    expect((await observed.next('snapshot-rejected')).message).toContain('cannot be written')
    expect((await read(file)).base).toBeNull()
  })
})
