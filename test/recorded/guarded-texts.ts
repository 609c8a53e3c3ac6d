import type { GuardrailAction, GuardrailMode, StreamMode } from '../../src/contract/guardrail-body.ts'
import { guardrailBodySchema } from '../../src/contract/guardrail-body.ts'
import { Cancellation } from '../../src/core/cancellation.ts'
import { Fault } from '../../src/core/fault.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { GuardrailVerdict } from '../../src/core/record.ts'
import { checkGuardrail } from '../../src/guardrails/check-guardrail.ts'
import { CleanTexts } from '../../src/guardrails/clean-texts.ts'
import type { Finding, LocalDetector, TextScanner } from '../../src/guardrails/guardrail.ts'
import { Policy } from '../../src/guardrails/policy.ts'
import type { RemoteServices } from '../../src/guardrails/remote.ts'
import { type Rule, ruleOf } from '../../src/guardrails/rule.ts'
import { rulesOfRole } from '../../src/guardrails/rules-by-role.ts'
import { GuardBook } from '../../src/pipeline/guard-book.ts'
import { guardJson, openChannel, openJsonChannel } from '../../src/pipeline/guard-channel.ts'
import { type GuardContext, guardLocally } from '../../src/pipeline/guard-text.ts'
import { VerdictMemo } from '../../src/pipeline/verdict-memo.ts'
import type { ChannelFilter } from '../../src/pipeline/rewriting-sink.ts'
import { safetyTexts } from './safety-data.ts'

/** Settings of every type that reads texts in this process, chosen so that they find something in the safety data. */
export const localSettings: Readonly<Record<string, { readonly type: string; readonly settings: JsonObject }>> = {
  pii: { type: 'pii', settings: {} },
  secrets: { type: 'secrets', settings: {} },
  'secrets, generic': { type: 'secrets', settings: { generic: true } },
  injection: { type: 'injection', settings: { flag_threshold: 0.2, block_threshold: 0.4 } },
  toxicity: { type: 'toxicity', settings: { categories: ['profanity', 'slur', 'insult', 'sexual'] } },
  'toxicity, model': { type: 'toxicity', settings: { categories: ['profanity', 'toxic'] } },
  keywords: { type: 'keywords', settings: { words: ['credit card', 'my', 'the', 'you are', 'number'] } },
  'keywords, substring': { type: 'keywords', settings: { words: ['e', 'ing', 'ma', '12'], match: 'substring' } },
  regex: {
    type: 'regex',
    settings: {
      patterns: [
        { pattern: '\\b\\d{3}[- ]?\\d{2}\\b', name: 'digits' },
        { pattern: '\\b[A-Z][a-z]{1,5} [A-Z]', name: 'capitals' },
        { pattern: '.{3}$', name: 'line_end' },
      ],
      flags: 'm',
    },
  },
  'regex, unbounded': {
    type: 'regex',
    settings: {
      patterns: [
        { pattern: '\\w+@\\w+', name: 'at' },
        { pattern: 'you.*me', name: 'you_me' },
      ],
    },
  },
  urls: { type: 'urls', settings: {} },
  topics: {
    type: 'topics',
    settings: {
      denied: [
        { name: 'money', phrases: ['credit card', 'account', 'bank', { text: 'pay', weight: 0.5 }] },
        { name: 'people', phrases: ['woman', 'man', 'people'], threshold: 2 },
      ],
    },
  },
  json_schema: { type: 'json_schema', settings: { schema: { type: 'object' } } },
  'length, most': { type: 'length', settings: { max_chars: 40, max_words: 30 } },
  'length, fewest': { type: 'length', settings: { min_chars: 60 } },
  language: { type: 'language', settings: { denied: ['en', 'zh'] } },
}

const nobody: RemoteServices = {
  callWebhook: () => Promise.resolve({ problem: 'nobody is there' }),
  askModel: () => Promise.reject(new Error('nobody is there')),
  moderate: () => Promise.reject(new Error('nobody is there')),
  environment: {},
}

/** How one rule acts. */
export interface Acting {
  readonly action: GuardrailAction
  readonly mode: GuardrailMode
  readonly streamMode: StreamMode
}

const every: readonly Acting[] = (['flag', 'redact', 'block'] as const).flatMap((action) =>
  (['redact', 'sync', 'full'] as const).flatMap((streamMode) =>
    (['enforce', 'shadow'] as const).map((mode) => ({ action, mode, streamMode })),
  ),
)

/** Every way in which a guardrail of this type can act: those that the admin API takes. */
export function actingsOf(name: string): readonly Acting[] {
  return every.filter((acting) => {
    try {
      checkGuardrail(bodyOf(name, acting))
      return true
    } catch (error) {
      if (error instanceof Fault && error.kind === 'invalid_request') return false
      throw error
    }
  })
}

export function actingRule(name: string, acting: Acting): Rule {
  return ruleOf('rule', bodyOf(name, acting), nobody)
}

function bodyOf(name: string, { action, mode, streamMode }: Acting) {
  const { type, settings } = localSettings[name] ?? { type: name, settings: {} }
  return guardrailBodySchema.parse({ type, settings, action, mode, stream_mode: streamMode })
}

/** What came of one text. */
export interface Outcome {
  /** What was let go, all together. */
  readonly text: string
  readonly isBlocked: boolean
  readonly verdict: GuardrailVerdict
  /** All of them, in their order in the text. */
  readonly findings: readonly Finding[]
}

/** Guards a text as the pipeline guards one that comes whole. */
export async function guardedWhole(rule: Rule, text: string, tape: Tape = newTape()): Promise<Outcome> {
  const { context, rules } = guarding(rule, tape)
  const looked = guardLocally(text, rulesOfRole(rules, 'anybody'), where, context)
  const { text: released } = looked instanceof Promise ? await looked : looked
  return outcomeOf(context, released, tape)
}

/** Guards a text as the pipeline guards one that comes in these pieces. */
export async function guardedPieces(rule: Rule, pieces: readonly string[], tape: Tape = newTape()): Promise<Outcome> {
  const { context, rules } = guarding(rule, tape)
  return outcomeOf(context, await through(openChannel({ rules, where, context, mostHeld }), pieces), tape)
}

/** The same for a text that a program reads as JSON, whole. */
export async function guardedJson(rule: Rule, text: string): Promise<Outcome> {
  const tape = newTape()
  const { context, rules } = guarding(rule, tape)
  const { text: released } = await guardJson(text, { rules, where, context, mostHeld })
  return outcomeOf(context, released, tape)
}

/** The same for a text that a program reads as JSON, in these pieces. */
export async function guardedJsonPieces(rule: Rule, pieces: readonly string[]): Promise<Outcome> {
  const tape = newTape()
  const { context, rules } = guarding(rule, tape)
  return outcomeOf(context, await through(openJsonChannel({ rules, where, context, mostHeld }), pieces), tape)
}

async function through(channel: ChannelFilter, pieces: readonly string[]): Promise<string> {
  let released = ''
  for (const piece of pieces) {
    const pushed = channel.push(piece)
    released += typeof pushed === 'string' ? pushed : await pushed
  }
  const rest = channel.end()
  return released + (typeof rest === 'string' ? rest : await rest)
}

const where = { stage: 'output', role: 'assistant', place: '0/content' } as const
const mostHeld = 1 << 20
const nothing = new Policy([], nobody)
const assistant = new Set(['assistant'] as const)

function guarding(rule: Rule, tape: Tape): { readonly context: GuardContext; readonly rules: readonly Rule[] } {
  const context: GuardContext = {
    book: new GuardBook(nothing),
    requestId: 'request',
    tenantId: 'default',
    prompt: null,
    cancellation: new Cancellation(),
    memo: new VerdictMemo(() => 0),
    cleanTexts: new CleanTexts(1),
  }
  const { detector } = rule
  if (detector.kind !== 'local') throw new Error(`There is no detector: ${JSON.stringify(detector)}`)
  const local = { kind: 'local', local: taped(detector.local, tape) } as const
  const rules = [{ ...rule, roles: assistant, detector: local }]
  context.book.report.looks(rules, 'output')
  return { context, rules }
}

/** One call of a scanner, and what came of it. */
interface Step {
  readonly call: 'push' | 'endStep' | 'end'
  readonly piece: string
  readonly result: number | boolean
  readonly findings: readonly Finding[]
  readonly isBehind: boolean
}

/**
 * What a scanner did with one text in one cutting. A scanner is not told what follows from what it finds, so it reads each
 * cutting of a text once, and all rules with its settings are told the same.
 */
export interface Tape {
  isFull: boolean
  /** The scanner can end in steps. */
  isStepping: boolean
  readonly steps: Step[]
}

export function newTape(): Tape {
  return { isFull: false, isStepping: false, steps: [] }
}

/** Records on a new tape, plays a full one. */
function taped(detector: LocalDetector, tape: Tape): LocalDetector {
  if (tape.isFull) return { reach: detector.reach, open: () => scannerOf(tape, playing(tape)) }
  return {
    reach: detector.reach,
    open: (stage) => {
      const scanner = detector.open(stage)
      tape.isStepping = scanner.endStep !== undefined
      return scannerOf(tape, recording(tape, scanner))
    },
  }
}

type Call = (call: Step['call'], piece: string, findings: Finding[]) => Step

function scannerOf({ isStepping }: Tape, call: Call): TextScanner {
  let isBehind = false
  const scanner: TextScanner = {
    get isBehind() {
      return isBehind
    },
    push(piece, findings) {
      const step = call('push', piece, findings)
      isBehind = step.isBehind
      return Number(step.result)
    },
    end: (findings) => void call('end', '', findings),
  }
  if (isStepping) scanner.endStep = (findings) => call('endStep', '', findings).result === true
  return scanner
}

function recording(tape: Tape, scanner: TextScanner): Call {
  const work = (call: Step['call'], piece: string, found: Finding[]): number | boolean => {
    if (call === 'push') return scanner.push(piece, found)
    if (call === 'endStep') return scanner.endStep?.(found) ?? true
    scanner.end(found)
    return true
  }
  return (call, piece, findings) => {
    const found: Finding[] = []
    const result = work(call, piece, found)
    findings.push(...found)
    const step = { call, piece, result, findings: found, isBehind: scanner.isBehind ?? false }
    tape.steps.push(step)
    tape.isFull = result === true
    return step
  }
}

function playing({ steps }: Tape): Call {
  let next = 0
  return (call, piece, findings) => {
    const step = steps[next]
    next += 1
    if (step === undefined || step.call !== call || step.piece !== piece)
      throw new Error('The engine calls a scanner in another way than before.')
    for (const finding of step.findings) findings.push(finding)
    return step
  }
}

function outcomeOf({ book }: GuardContext, text: string, { steps }: Tape): Outcome {
  const [result] = book.report.results()
  const findings = steps.flatMap((step) => step.findings)
  return {
    text,
    isBlocked: book.report.blockedBy !== null,
    verdict: result?.verdict ?? 'skipped',
    findings: findings.toSorted(
      (one, other) => one.start - other.start || one.end - other.end || (one.kind < other.kind ? -1 : 1),
    ),
  }
}

/** Texts of a file, as many as have so many characters together, evenly spread. */
export function spreadTexts(file: string, characters: number): string[] {
  const texts = safetyTexts(file).map(({ text }) => text)
  const all = texts.reduce((sum, text) => sum + text.length, 0)
  const step = Math.max(1, all / characters)
  return Array.from({ length: Math.floor(texts.length / step) }, (_, index) => texts[Math.floor(index * step)] ?? '')
}
