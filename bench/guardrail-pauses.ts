import { setImmediate as nextTurn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type GuardrailAction, guardrailActions, guardrailBodySchema } from '../src/contract/guardrail-body.ts'
import { Cancellation } from '../src/core/cancellation.ts'
import { CleanTexts } from '../src/guardrails/clean-texts.ts'
import { Policy } from '../src/guardrails/policy.ts'
import type { RemoteServices } from '../src/guardrails/remote.ts'
import { rulesOfRole } from '../src/guardrails/rules-by-role.ts'
import { type Rule, ruleOf } from '../src/guardrails/rule.ts'
import { GuardBook } from '../src/pipeline/guard-book.ts'
import { openChannel, openJsonChannel } from '../src/pipeline/guard-channel.ts'
import { type GuardContext, guardLocally } from '../src/pipeline/guard-text.ts'
import type { ChannelFilter } from '../src/pipeline/rewriting-sink.ts'
import { VerdictMemo } from '../src/pipeline/verdict-memo.ts'
import { hostileSettings } from './guardrails/hostile-settings.ts'
import { hostileTexts } from './guardrails/hostile-texts.ts'

/**
 * How long each local guardrail holds up the event loop at most, on a megabyte of texts that are meant to be slow, in the ways
 * in which the pipeline guards them: a whole text, one piece of a stream, many pieces of which a network brings 256 at once,
 * and JSON of which nothing goes on before its end.
 *
 *     node --import tsx bench/guardrail-pauses.ts [--type NAME] [--text NAME] [--way NAME] [--action NAME] [--kilobytes 1024]
 */
const { values } = parseArgs({
  options: {
    type: { type: 'string' },
    text: { type: 'string' },
    way: { type: 'string' },
    action: { type: 'string' },
    kilobytes: { type: 'string', default: '1024' },
  },
})
/** Milliseconds. Longer ones are printed by themselves, and tried again: the machine does other things too. */
const bar = 20
const passes = 4
const chunkChars = 16
/** Of a stream, in one turn of the event loop: events of this size in 64 KB from the network. */
const chunksAtOnce = 256
const mostHeld = 4 << 20

interface Way {
  /** What is not measured. */
  readonly prepare: (text: string) => readonly string[]
  readonly run: (pieces: readonly string[], rule: Rule) => Promise<void>
}

const stream = (pieces: readonly string[], rule: Rule): Promise<void> => through(openChannel(optionsOf(rule)), pieces)

const ways: Readonly<Record<string, Way>> = {
  whole: {
    prepare: (text) => [text],
    run: async ([text = ''], rule) => {
      await guardLocally(text, rulesOfRole([rule], 'anybody'), where, contextOf([rule]))
    },
  },
  'one piece': { prepare: (text) => [text], run: stream },
  stream: { prepare: chunksOf, run: stream },
  JSON: {
    prepare: (text) => chunksOf(JSON.stringify({ text })),
    run: (pieces, rule) => through(openJsonChannel(optionsOf(rule)), pieces),
  },
}

const nobody: RemoteServices = {
  callWebhook: () => Promise.resolve({ problem: 'nobody is there' }),
  askModel: () => Promise.reject(new Error('nobody is there')),
  moderate: () => Promise.reject(new Error('nobody is there')),
  environment: {},
}
const where = { stage: 'output', role: 'assistant', place: '0/content' } as const

const isWanted = (wanted: string | undefined, name: string): boolean => wanted === undefined || name.startsWith(wanted)
const worst = new Map<string, { readonly pause: number; readonly of: string; readonly over: number }>()
const texts = hostileTexts(Number(values.kilobytes) * 1_024).filter(([name]) => isWanted(values.text, name))
for (const [name, type, settings] of hostileSettings) {
  if (!isWanted(values.type, name)) continue
  for (const action of guardrailActions) {
    if (!isWanted(values.action, action)) continue
    const rule = ruleOf('rule', guardrailBodySchema.parse({ type, settings, action }), nobody)
    if (rule.detector.kind === 'local') await measure(name, action, rule)
  }
}
process.stdout.write('\nlongest pause, ms; texts over the bar; the text\n')
for (const [name, { pause, of, over }] of worst)
  process.stdout.write(`${name.padEnd(44)} ${pause.toFixed(1).padStart(8)} ${String(over).padStart(4)}  ${of}\n`)

async function measure(type: string, action: GuardrailAction, rule: Rule): Promise<void> {
  for (const [wayName, way] of Object.entries(ways)) {
    if (!isWanted(values.way, wayName)) continue
    const name = `${type}, ${action}, ${wayName}`
    let most = { pause: 0, of: '', over: 0 }
    for (const [textName, text] of texts) {
      const startedAt = performance.now()
      const pieces = way.prepare(text)
      const pause = await longestPause(() => way.run(pieces, rule))
      const took = performance.now() - startedAt
      const isOver = pause > bar
      if (isOver || took > 20_000)
        process.stdout.write(`${name}, ${textName}: ${pause.toFixed(1)} ms, all of it ${(took / 1000).toFixed(1)} s\n`)
      most = { ...(pause > most.pause ? { pause, of: textName } : most), over: most.over + Number(isOver) }
    }
    worst.set(name, most)
  }
}

/** Milliseconds of the longest turn of the event loop in the best of some passes. */
async function longestPause(work: () => Promise<void>): Promise<number> {
  let best = Infinity
  for (let pass = 0; pass < passes && best > bar; pass += 1) {
    let isOver = false
    let longest = 0
    const watching = (async () => {
      while (!isOver) {
        const wall = performance.now()
        const cpu = process.cpuUsage()
        await nextTurn()
        const { user, system } = process.cpuUsage(cpu)
        // Whichever is less: the wall sees what else the machine does, the processor what other threads of ours do.
        longest = Math.max(longest, Math.min(performance.now() - wall, (user + system) / 1_000))
      }
    })()
    await nextTurn()
    await work()
    await nextTurn()
    isOver = true
    await watching
    best = Math.min(best, longest)
  }
  return best
}

async function through(filter: ChannelFilter, chunks: readonly string[]): Promise<void> {
  for (let index = 0; index < chunks.length; index += 1) {
    const pushed = filter.push(chunks[index] ?? '')
    if (typeof pushed !== 'string') await pushed
    if (index % chunksAtOnce === chunksAtOnce - 1) await nextTurn()
  }
  await nextTurn()
  await filter.end()
}

function chunksOf(text: string): string[] {
  const chunks: string[] = []
  for (let at = 0; at < text.length; at += chunkChars) chunks.push(text.slice(at, at + chunkChars))
  return chunks
}

function optionsOf(rule: Rule) {
  return { rules: [rule], where, context: contextOf([rule]), mostHeld }
}

function contextOf(rules: readonly Rule[]): GuardContext {
  const context: GuardContext = {
    book: new GuardBook(new Policy([], nobody)),
    requestId: 'request',
    tenantId: 'default',
    prompt: null,
    cancellation: new Cancellation(),
    memo: new VerdictMemo(() => performance.now()),
    cleanTexts: new CleanTexts(1),
  }
  context.book.report.looks(rules, 'output')
  return context
}
