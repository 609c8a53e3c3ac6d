import v8 from 'node:v8'
import vm from 'node:vm'
import { parseArgs } from 'node:util'
import { seedGuardrails } from '../db/seed/guardrails.ts'
import { Cancellation } from '../src/core/cancellation.ts'
import type { JsonObject } from '../src/core/json.ts'
import { CleanTexts } from '../src/guardrails/clean-texts.ts'
import { Policy } from '../src/guardrails/policy.ts'
import { GuardBook } from '../src/pipeline/guard-book.ts'
import { openChannel } from '../src/pipeline/guard-channel.ts'
import type { GuardContext } from '../src/pipeline/guard-text.ts'
import { VerdictMemo } from '../src/pipeline/verdict-memo.ts'
import { CollectingSink, chatBench, snapshotOf } from '../test/support/chat-bench.ts'
import { completion, scriptedProvider, textChunk } from '../test/support/scripted-provider.ts'
import { ordinaryPrompts } from './guardrails/texts.ts'

/**
 * What the guardrails of a fresh installation cost: for a request of 2 KB whose text is new or was seen before, for one chunk
 * of four characters of a stream, and in memory for each text that streams out. Processor time of the whole pipeline
 * with them, less that without, each at its least of several passes that alternate.
 *
 *     node --import tsx bench/guardrail-seeds.ts [--passes 15] [--action flag]
 *
 * tsx names functions as they are made, which makes a chunk look dearer by half; compiled it is what is shipped:
 *
 *     npx tsc --noEmit false --outDir dist-bench && node dist-bench/bench/guardrail-seeds.js
 */
const { values } = parseArgs({
  options: { passes: { type: 'string', default: '15' }, action: { type: 'string', default: 'flag' } },
})
const passes = Number(values.passes)
const requestChars = 2_048
const requestsAPass = 300
const chunkChars = 4
const streamChunks = 1_000
const streamsAPass = 15
const openChannels = 5_000

const seeds = Object.fromEntries(
  seedGuardrails.map(({ slug, body }) => [
    slug,
    { ...body, action: values.action === 'redact' && body.type !== 'injection' ? ('redact' as const) : body.action },
  ]),
)
const words = ordinaryPrompts().join(' ').split(' ')
let used = 0
const memo = new VerdictMemo(() => performance.now())
const cleanTexts = new CleanTexts(10)

/** Words in an order that has not been before. */
function newText(characters: number): string {
  let text = ''
  while (text.length < characters) {
    used += 1
    text += `${words[(used * 7 + Math.floor(used / words.length)) % words.length] ?? ''} `
  }
  return text.slice(0, characters)
}

const answer = newText(streamChunks * chunkChars)
const streamed = Array.from({ length: streamChunks }, (_, at) =>
  textChunk(answer.slice(at * chunkChars, (at + 1) * chunkChars)),
)

/** Asks a pipeline with or without them. */
function pipeline(guarded: boolean): (text: string, stream: boolean) => Promise<void> {
  const acme = scriptedProvider('acme', (call) => {
    call.head()
    if (call.call.stream)
      for (const chunk of streamed) call.sink.chunk({ json: '{}', value: chunk, usage: null, internal: false })
    else call.chunk(completion('Done.'))
    call.end()
  })
  const snapshot = snapshotOf({}, guarded ? seeds : {})
  const bench = chatBench([acme], { snapshot, bodyPolicy: 'off', mostHeld: 4 << 20 })
  const kept = [bench.records, bench.observations, acme.calls] as unknown[][]
  return async (text, stream) => {
    const body: JsonObject = { model: 'acme/small', stream, messages: [{ role: 'user', content: text }] }
    const { answer } = await bench.ask(body)
    const sink = new CollectingSink()
    answer.start(sink)
    await sink.over
    await new Promise(setImmediate)
    const record = bench.records.at(-1)
    // Thousands of them would have the collector do most of the work.
    for (const list of kept) list.length = 0
    if (record?.outcome !== 'ok') throw new Error(`The exchange ended with ${record?.outcome ?? 'nothing'}.`)
    if (guarded && !((record.guardrailResults?.length ?? 0) > 2)) throw new Error('The guardrails did not look.')
  }
}

const withThem = pipeline(true)
const without = pipeline(false)

/** Microseconds of processor time. */
async function costOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Microseconds for one of `count`, without and with the guardrails. */
async function compared(
  count: number,
  work: (ask: typeof withThem) => Promise<void>,
): Promise<{ readonly without: number; readonly with: number }> {
  const least = { without: Infinity, with: Infinity }
  for (let pass = 0; pass < passes; pass += 1) {
    least.without = Math.min(least.without, (await costOf(() => work(without))) / count)
    least.with = Math.min(least.with, (await costOf(() => work(withThem))) / count)
  }
  return least
}

function print(what: string, { without, with: guarded }: { readonly without: number; readonly with: number }): void {
  const difference = (guarded - without).toFixed(2).padStart(9)
  process.stdout.write(
    `${what.padEnd(52)} ${without.toFixed(2).padStart(9)} ${guarded.toFixed(2).padStart(9)} ${difference}\n`,
  )
}

process.stdout.write(
  `${'microseconds'.padEnd(52)} ${'without'.padStart(9)} ${'with'.padStart(9)} ${'costs'.padStart(9)}\n`,
)
const requests = Array.from({ length: requestsAPass })
print(
  'a request of 2 KB, a new text',
  await compared(requestsAPass, async (ask) => {
    for (const _ of requests) await ask(newText(requestChars), false)
  }),
)
const seen = newText(requestChars)
print(
  'a request of 2 KB, a text that was seen',
  await compared(requestsAPass, async (ask) => {
    for (const _ of requests) await ask(seen, false)
  }),
)
print(
  'a chunk of 4 characters on a stream',
  await compared(streamsAPass * streamChunks, async (ask) => {
    for (let stream = 0; stream < streamsAPass; stream += 1) await ask('Hello', true)
  }),
)
process.stdout.write(`memory of a text that streams out: ${Math.round(memoryPerChannel())} bytes\n`)

function memoryPerChannel(): number {
  const policy = policyOfSeeds()
  const rules = policy.select({ prompt: null, category: null, keyId: 'k', keyName: 'k', models: [] }).output
  v8.setFlagsFromString('--expose-gc')
  const collect = vm.runInNewContext('gc') as () => void
  const openOne = () => {
    const context: GuardContext = {
      book: new GuardBook(policy),
      requestId: 'request',
      tenantId: 'default',
      prompt: null,
      cancellation: new Cancellation(),
      memo,
      cleanTexts,
    }
    const channel = openChannel({
      rules,
      where: { stage: 'output', role: 'assistant', place: '0/content' },
      context,
      mostHeld: 4 << 20,
    })
    for (let at = 0; at < 400; at += chunkChars) void channel.push(answer.slice(at, at + chunkChars))
    return channel
  }
  openOne()
  collect()
  const before = process.memoryUsage().heapUsed
  const open = Array.from({ length: openChannels }, openOne)
  collect()
  const after = process.memoryUsage().heapUsed
  return (after - before) / open.length
}

function policyOfSeeds(): Policy {
  const problem = (): Promise<never> => Promise.reject(new Error('nobody is there'))
  return new Policy(seedGuardrails, { callWebhook: problem, askModel: problem, moderate: problem, environment: {} })
}
