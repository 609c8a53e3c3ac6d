import type { JsonObject } from '../src/core/json.ts'
import { createSealer } from '../src/core/seal.ts'
import { compileVersion } from '../src/prompts/compile-version.ts'
import type { VersionBody } from '../src/prompts/compiled-version.ts'
import { compileMessages, joinMessages } from '../src/prompts/message-templates.ts'
import { resolveVersion } from '../src/prompts/resolve.ts'
import { compileVariables } from '../src/prompts/variables.ts'
import { applyChanges } from '../src/snapshot/apply-changes.ts'
import type { SnapshotChange } from '../src/snapshot/change.ts'
import { emptySnapshot } from '../src/snapshot/indexed-snapshot.ts'
import { type Snapshot, promptKey } from '../src/snapshot/snapshot.ts'

/*
 * What a prompt costs a request before anything is sent: `node --import tsx bench/rendering.ts`.
 *
 * A version with 20 variables and 10 KB of text, its variables held to a JSON Schema as on the request path; and finding one
 * of 100,000 prompts and the version its label names, in the state that is served, where no database is asked. Each time is the
 * median of many rounds of a fraction of a millisecond, which is too short for a busy machine to take the processor away in most of
 * them.
 */

const variableCount = 20
const textBytes = 10 * 1024
const prompts = 100_000
const rounds = 1_001
/** For the compiler. */
const warmUpRounds = 500
const slugsInRound = 200
const renderBarMicroseconds = 5
const resolveBarMicroseconds = 1

interface Row {
  readonly what: string
  readonly microseconds: number
  readonly bar: number | null
}

/**
 * Median microseconds of one call. `prepare` is called before each round, outside of the time, and gives what the calls of
 * the round work on.
 */
function measure<Item>(prepare: (round: number) => readonly Item[], call: (item: Item) => unknown): number {
  const times: number[] = []
  let kept: unknown = null
  for (let round = 0; round < rounds + warmUpRounds; round++) {
    const items = prepare(round)
    const start = performance.now()
    for (const item of items) kept = call(item)
    if (round >= warmUpRounds) times.push(((performance.now() - start) * 1000) / items.length)
  }
  if (kept === undefined) throw new Error('Nothing was made.')
  return times.sort((left, right) => left - right)[Math.floor(rounds / 2)] ?? Number.NaN
}

const names = Array.from({ length: variableCount }, (_, index) => `variable_${index}`)

/** Ten messages of two variables each, filled up to 10 KB. */
function versionOf(textOf: (index: number) => string): VersionBody {
  const fixed = textOf(Math.floor(textBytes / variableCount) - 80)
  return {
    messages: Array.from({ length: variableCount / 2 }, (_, index) => ({
      role: index === 0 ? 'system' : index % 2 === 0 ? 'assistant' : 'user',
      content: `${fixed} {{${names[index * 2]}}} ${fixed} {{${names[index * 2 + 1]}}}.`,
    })),
    variables: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
      required: names,
    },
    model: 'mock/echo',
    parameters: { temperature: 0.2, max_tokens: 500 },
  }
}

/** Different values in turn, so that no engine learns one by heart. */
function valuesIn(kind: (index: number) => string): readonly JsonObject[] {
  return Array.from({ length: 64 }, (_, turn) => {
    const values = Object.fromEntries(names.map((name, index) => [name, kind(turn * variableCount + index)]))
    // As a request's body is read.
    return JSON.parse(JSON.stringify(values)) as JsonObject
  })
}

function renderingRows(): readonly Row[] {
  const body = versionOf((length) => 'Be brief, be kind and be right. '.repeat(length / 32))
  const bytes = Buffer.byteLength(JSON.stringify(body.messages))
  if (bytes > textBytes) throw new Error(`The text has ${bytes} bytes.`)
  const compiled = compileVersion(body)
  const parts = compileMessages(body)
  const variables = compileVariables(body.variables ?? null, names)
  const members = new Map<string, string>()
  const plain = valuesIn((index) => `the customer's order number ${index}`)
  const escaped = valuesIn((index) => `line ${index}\nwith "quotes" and {{braces}} – 東京`)
  const read = plain.map((values) => variables.read(values).values)
  const always =
    <Value>(values: readonly Value[]) =>
    () =>
      values
  return [
    {
      what: `expand: validate and render ${variableCount} variables into ${(bytes / 1024).toFixed(1)} KB`,
      microseconds: measure(always(plain), (variables) => compiled.expand({ variables, members })),
      bar: renderBarMicroseconds,
    },
    {
      what: 'the same, and each value has to be escaped',
      microseconds: measure(always(escaped), (variables) => compiled.expand({ variables, members })),
      bar: null,
    },
    {
      what: 'of that: validating the variables',
      microseconds: measure(always(plain), (given) => variables.read(given)),
      bar: null,
    },
    {
      what: 'of that: rendering the messages',
      microseconds: measure(always(read), (values) =>
        joinMessages(parts, values, '', (template) => template.render(values)),
      ),
      bar: renderBarMicroseconds,
    },
  ]
}

function promptAt(index: number): SnapshotChange {
  const body = JSON.stringify({
    messages: [{ role: 'user', content: `Case ${index}: {{question}}` }],
    model: 'mock/echo',
  })
  const slug = `prompt-${index}`
  const version = (number: number) => ({
    number,
    semver: `1.${number}.0`,
    hash: `${index}-${number}`.padStart(64, '0'),
    body,
  })
  return {
    noun: 'prompt',
    tenantId: 'default',
    id: slug,
    value: {
      tenantId: 'default',
      slug,
      aliases: [],
      category: null,
      labels: { production: 2, staging: 3 },
      versions: [version(1), version(2), version(3)],
    },
  }
}

function largeSnapshot(): Snapshot {
  const stamp = { version: '1', tier: 'database', builtAt: 0 } as const
  const empty = emptySnapshot(
    { sealer: createSealer('bench'), environmentCredentials: new Map(), observe: () => undefined },
    stamp,
  )
  return applyChanges(
    empty,
    Array.from({ length: prompts }, (_, index) => promptAt(index)),
    stamp,
  )
}

function resolvingRows(): readonly Row[] {
  const snapshot = largeSnapshot()
  const resolve = (slug: string, label: string) => {
    const found = snapshot.prompts.get(promptKey('default', slug))
    if (found === undefined) throw new Error(`There is no prompt ${slug}.`)
    return resolveVersion(found, { kind: 'label', label }).version
  }
  // Slugs come out of a request, so each is a text of its own, fresh in the processor's memory; the prompts are not.
  const slugsFrom = (first: number, many: number): readonly string[] =>
    Array.from({ length: slugsInRound }, (_, index) =>
      Buffer.from(`prompt-${((first + index) * 7919) % many}`).toString(),
    )
  for (let index = 0; index < prompts; index++) resolve(`prompt-${index}`, 'production')
  for (let index = 0; index < 1000; index++) resolve(`prompt-${index}`, 'production').compiled()
  return [
    {
      what: `resolve one of ${prompts.toLocaleString('en-US')} prompts by label, all of them in turn`,
      microseconds: measure(
        (round) => slugsFrom(round * slugsInRound, prompts),
        (slug) => resolve(slug, 'production'),
      ),
      bar: resolveBarMicroseconds,
    },
    {
      what: 'the same among 1,000 that are much asked for, compiled',
      microseconds: measure(
        (round) => slugsFrom(round * slugsInRound, 1000),
        (slug) => resolve(slug, 'production').compiled(),
      ),
      bar: resolveBarMicroseconds,
    },
  ]
}

const rows = [...renderingRows(), ...resolvingRows()]
console.table(rows.map(({ what, microseconds, bar }) => ({ what, µs: microseconds.toFixed(2), 'bar (µs)': bar ?? '' })))
if (rows.some(({ microseconds, bar }) => bar !== null && microseconds > bar)) process.exitCode = 1
