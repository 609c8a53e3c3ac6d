import { parseArgs } from 'node:util'
import type { Finding, LocalDetector } from '../src/guardrails/guardrail.ts'
import { guardrailTypes } from '../src/guardrails/index.ts'
import { adversarialTexts, ordinaryPrompts } from './guardrails/texts.ts'

/**
 * What each local guardrail costs with its default settings: on ordinary prompts, on a stream in chunks of four characters,
 * and the longest pause of the event loop on a megabyte of texts that are meant to be slow.
 *
 *     node --import tsx bench/guardrail-detectors.ts [--type NAME] [--kilobytes 1024] [--json]
 */
const { values } = parseArgs({
  options: {
    type: { type: 'string' },
    kilobytes: { type: 'string', default: '1024' },
    json: { type: 'boolean', default: false },
  },
})
const hostileChars = Number(values.kilobytes) * 1_024
const chunkChars = 4
/** The engine hands over a text in pieces of this many characters and lets others run in between. */
const pieceChars = 16_384
/** The machine does other things too: the best of so many passes is what the code takes. */
const passes = 20

interface Figures {
  readonly type: string
  readonly microsecondsPerKilobyte: number
  readonly microsecondsPerChunk: number
  /** By the alphabet: longest call, milliseconds, for pieces of 16 KB and for the whole text in one call. */
  readonly longestPauses: Readonly<Record<string, { readonly pieces: number; readonly whole: number }>>
}

const figures: Figures[] = []
for (const type of guardrailTypes.values()) {
  if (type.isRemote || (values.type !== undefined && type.type !== values.type)) continue
  const settings = type.settings.safeParse({})
  if (!settings.success) continue
  process.stderr.write(`${type.type}\n`)
  figures.push(measured(type.type, type.create(settings.data)))
}
if (figures.length === 0) {
  process.stderr.write(`There is no local guardrail ${values.type ?? ''} that can do without settings.\n`)
  process.exitCode = 2
} else {
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : printed(figures))
}

function measured(type: string, detector: LocalDetector): Figures {
  const prompts = ordinaryPrompts()
  const characters = prompts.reduce((sum, prompt) => sum + prompt.length, 0)
  const whole = best(() => prompts.forEach((prompt) => read(detector, [prompt])))
  const chunked = prompts.map((prompt) => pieces(prompt, chunkChars))
  const chunks = chunked.reduce((sum, each) => sum + each.length, 0)
  const streamed = best(() => chunked.forEach((each) => read(detector, each)))
  return {
    type,
    microsecondsPerKilobyte: (whole * 1_000) / (characters / 1_024),
    microsecondsPerChunk: (streamed * 1_000) / chunks,
    longestPauses: Object.fromEntries(
      adversarialTexts(hostileChars).map(([name, text]) => [
        name,
        { pieces: longestCall(detector, pieces(text, pieceChars)), whole: longestCall(detector, [text]) },
      ]),
    ),
  }
}

/** Milliseconds of the fastest of the passes. */
function best(work: () => void): number {
  let fastest = Infinity
  for (let pass = 0; pass < passes; pass++) {
    const startedAt = performance.now()
    work()
    fastest = Math.min(fastest, performance.now() - startedAt)
  }
  return fastest
}

/** Longest of the calls, each taken at its fastest of the passes, milliseconds. */
function longestCall(detector: LocalDetector, calls: readonly string[]): number {
  let fastest: readonly number[] | null = null
  for (let pass = 0; pass < 3; pass++) {
    const times = callTimes(detector, calls)
    fastest = fastest === null ? times : fastest.map((time, call) => Math.min(time, times[call] ?? time))
  }
  return Math.max(0, ...(fastest ?? []))
}

/** How long each call took, the one that ends the text last. */
function callTimes(detector: LocalDetector, calls: readonly string[]): number[] {
  const scanner = detector.open('input')
  const findings: Finding[] = []
  const times: number[] = []
  for (let call = 0; call <= calls.length; call++) {
    const startedAt = performance.now()
    const piece = calls[call]
    if (piece === undefined) scanner.end(findings)
    else scanner.push(piece, findings)
    times.push(performance.now() - startedAt)
    findings.length = 0
  }
  return times
}

function read(detector: LocalDetector, calls: readonly string[]): void {
  const scanner = detector.open('output')
  const findings: Finding[] = []
  for (const piece of calls) scanner.push(piece, findings)
  scanner.end(findings)
}

function pieces(text: string, characters: number): string[] {
  const cut: string[] = []
  for (let at = 0; at < text.length; at += characters) cut.push(text.slice(at, at + characters))
  return cut
}

function printed(all: readonly Figures[]): string {
  const lines: string[] = []
  for (const { type, microsecondsPerKilobyte, microsecondsPerChunk, longestPauses } of all) {
    const cost = `${microsecondsPerKilobyte.toFixed(1)} µs per KB, ${microsecondsPerChunk.toFixed(2)} µs per chunk of ${chunkChars} characters`
    lines.push(`${type}: ${cost}; longest call on ${values.kilobytes} KB, ms, in pieces of 16 KB and whole:`)
    for (const [name, { pieces, whole }] of Object.entries(longestPauses))
      lines.push(`  ${name.padEnd(28)} ${pieces.toFixed(2).padStart(8)} ${whole.toFixed(1).padStart(9)}`)
  }
  return `${lines.join('\n')}\n`
}
