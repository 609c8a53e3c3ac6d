import type { Finding } from '../guardrails/guardrail.ts'
import { type Rule, enforces, failsClosed } from '../guardrails/rule.ts'
import { rulesOfRole } from '../guardrails/rules-by-role.ts'
import { TextGuard } from '../guardrails/text-guard.ts'
import { windowScanner } from '../guardrails/window-scanner.ts'
import { mapJsonText } from '../wire-texts/leaves.ts'
import {
  type GuardContext,
  type GuardedPlace,
  type GuardedText,
  caughtUp,
  endOf,
  guardLocally,
  guardRemotely,
  pieceChars,
  pushInSlices,
} from './guard-text.ts'
import type { ChannelFilter } from './rewriting-sink.ts'

/** Windows that somebody outside is asked about, and what they hear of the text before. */
const remoteWindows = { windowChars: 800, contextChars: 200 } as const

export interface ChannelOptions {
  /** Of the stage `output`, in their order. */
  readonly rules: readonly Rule[]
  readonly where: GuardedPlace
  readonly context: GuardContext
  /** Characters of one text that may be held back. */
  readonly mostHeld: number
}

/** The filter for one text of a streamed answer: the local rules in one pass, then whoever has to be asked. */
export function openChannel(options: ChannelOptions): ChannelFilter {
  const { rules } = options
  const remote = rules.filter(({ detector }) => detector.kind === 'remote')
  const local = new LocalFilter(options)
  return remote.length === 0 ? local : new RemoteFilter(local, remote, options)
}

/**
 * The filter for a text that a program reads as JSON: nothing of it goes on before it is whole, because what is found in it
 * is replaced inside of its strings, which are read without their escapes.
 */
export function openJsonChannel(options: ChannelOptions): ChannelFilter {
  if (!options.rules.some((rule) => enforces(rule) || failsClosed(rule))) return new ListeningFilter(options)
  let whole = ''
  let isTooLong = false
  return {
    push: (text) => {
      whole += text
      if (whole.length > options.mostHeld) isTooLong = true
      return ''
    },
    end: () => {
      const result = isTooLong ? tooLong(whole, options) : guardJson(whole, options)
      return result instanceof Promise ? result.then(({ text }) => text) : result.text
    },
  }
}

/** A text that a program reads as JSON, whole: guarded string by string. */
export function guardJson(text: string, { rules, where, context }: ChannelOptions): GuardedText | Promise<GuardedText> {
  const leaves = new Set<string>()
  mapJsonText(text, (leaf) => {
    leaves.add(leaf)
    return leaf
  })
  const guarded = new Map<string, string>()
  let blockedBy: Rule | null = null
  const note = (leaf: string, result: GuardedText): void => {
    guarded.set(leaf, result.text)
    blockedBy ??= result.blockedBy
  }
  const finish = (): GuardedText => ({
    text: blockedBy === null ? mapJsonText(text, (leaf) => guarded.get(leaf) ?? leaf) : '',
    blockedBy,
  })
  const waiting: Promise<void>[] = []
  for (const leaf of leaves) {
    const result = guardWhole(leaf, rules, where, context)
    if (result instanceof Promise) waiting.push(result.then((found) => note(leaf, found)))
    else note(leaf, result)
  }
  return waiting.length === 0 ? finish() : Promise.all(waiting).then(finish)
}

/** A whole text: the local rules, then whoever has to be asked about what they left. */
export function guardWhole(
  text: string,
  rules: readonly Rule[],
  where: GuardedPlace,
  context: GuardContext,
): GuardedText | Promise<GuardedText> {
  const ofRole = rulesOfRole(rules, where.role)
  const { remote } = ofRole
  const local = guardLocally(text, ofRole, where, context)
  if (remote.length === 0) return local
  const askAbout = (left: GuardedText): GuardedText | Promise<GuardedText> =>
    left.blockedBy === null && left.text !== '' ? guardRemotely(left.text, '', remote, where, context) : left
  return local instanceof Promise ? local.then(askAbout) : askAbout(local)
}

/** Nothing waits; what is found is noted at the end. */
class ListeningFilter implements ChannelFilter {
  readonly #options: ChannelOptions
  #heard = ''

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  push(text: string): string {
    if (this.#heard.length <= this.#options.mostHeld) this.#heard += text
    return text
  }

  end(): string {
    const { context } = this.#options
    const found = guardJson(this.#heard, this.#options)
    if (found instanceof Promise) context.book.alsoAsks(found.then(() => undefined))
    return ''
  }
}

class LocalFilter implements ChannelFilter {
  readonly #guard: TextGuard
  readonly #options: ChannelOptions
  #isNoted = false

  constructor(options: ChannelOptions) {
    const { rules, where, context } = options
    const { report, vault } = context.book
    this.#options = options
    this.#guard = new TextGuard(rules, { stage: where.stage, place: where.place, report, vault })
  }

  push(text: string): string | Promise<string> {
    if (text.length > pieceChars) return this.#looked(pushInSlices(this.#guard, text))
    const released = this.#guard.push(text)
    if (this.#guard.isBehind) return this.#looked(caughtUp(this.#guard).then((more) => released + more))
    this.#look()
    return released
  }

  end(): string | Promise<string> {
    const rest = endOf(this.#guard)
    if (typeof rest !== 'string') return this.#looked(rest)
    this.#look()
    return rest
  }

  async #looked(work: Promise<string>): Promise<string> {
    const released = await work
    this.#look()
    return released
  }

  #look(): void {
    const guard = this.#guard
    if (guard.withheld.length > this.#options.mostHeld) guard.overflow()
    if (guard.blockedBy === null || this.#isNoted) return
    this.#isNoted = true
    guard.conceal()
    const { book } = this.#options.context
    book.withheld += book.vault.conceal(guard.withheld)
  }
}

/** After the local rules: windows or the whole text, whichever those who are asked want to hear. */
class RemoteFilter implements ChannelFilter {
  readonly #local: ChannelFilter
  readonly #rules: readonly Rule[]
  readonly #options: ChannelOptions
  readonly #holds: boolean
  readonly #inWindows: boolean
  readonly #windows: Finding[] = []
  readonly #cutter = windowScanner((_text, start, end) => [{ kind: 'window', start, end, score: 1 }], remoteWindows)
  #text = ''
  #asked = 0

  constructor(local: ChannelFilter, rules: readonly Rule[], options: ChannelOptions) {
    this.#local = local
    this.#rules = rules
    this.#options = options
    const holding = rules.filter((rule) => enforces(rule) || failsClosed(rule))
    this.#holds = holding.length > 0
    this.#inWindows = this.#holds && holding.every(({ streamMode }) => streamMode === 'sync')
  }

  push(piece: string): string | Promise<string> {
    const left = this.#local.push(piece)
    return typeof left === 'string' ? this.#gate(left) : left.then((text) => this.#gate(text))
  }

  end(): string | Promise<string> {
    const left = this.#local.end()
    return typeof left === 'string' ? this.#last(left) : left.then((text) => this.#last(text))
  }

  #gate(text: string): string | Promise<string> {
    if (text === '') return ''
    if (!this.#holds || this.#text.length <= this.#options.mostHeld) this.#text += text
    if (!this.#holds) return text
    if (!this.#inWindows) return this.#text.length > this.#options.mostHeld ? this.#giveUp() : ''
    this.#cutter.push(text, this.#windows)
    return this.#askWindows()
  }

  #last(text: string): string | Promise<string> {
    const gated = this.#gate(text)
    const finish = (before: string): string | Promise<string> => {
      if (this.#options.context.book.report.blockedBy !== null) return ''
      if (!this.#holds) {
        this.#options.context.book.alsoAsks(this.#ask(this.#text, '').then(() => undefined))
        return before
      }
      if (this.#inWindows) this.#cutter.end(this.#windows)
      const rest = this.#inWindows ? this.#askWindows() : this.#ask(this.#text, '')
      return typeof rest === 'string' ? before + rest : rest.then((after) => before + after)
    }
    return typeof gated === 'string' ? finish(gated) : gated.then(finish)
  }

  /** All windows that are complete, in their order, each with what came before it. */
  #askWindows(): string | Promise<string> {
    const windows = this.#windows.splice(0)
    if (windows.length === 0) return ''
    return (async () => {
      let released = ''
      for (const { end } of windows) {
        const context = this.#text.slice(Math.max(0, this.#asked - remoteWindows.contextChars), this.#asked)
        const text = this.#text.slice(this.#asked, end)
        this.#asked = end
        released += await this.#ask(text, context)
        if (this.#options.context.book.report.blockedBy !== null) return ''
      }
      return released
    })()
  }

  async #ask(text: string, context: string): Promise<string> {
    if (text === '') return ''
    const { where, context: guarding } = this.#options
    const { text: left, blockedBy } = await guardRemotely(text, context, this.#rules, where, guarding)
    if (blockedBy !== null) guarding.book.withheld += guarding.book.vault.conceal(text)
    return left
  }

  /** Longer than what may be held back: who wanted to hear all of it cannot. */
  #giveUp(): string {
    const { context, where } = this.#options
    const text = this.#text
    this.#text = ''
    for (const rule of this.#rules) {
      context.book.report.failed(rule, where.stage, 'the text is longer than what may be held back')
      if (failsClosed(rule)) context.book.report.blocked(rule)
    }
    return context.book.report.blockedBy === null ? text : ''
  }
}

function tooLong(text: string, { rules, where, context }: ChannelOptions): GuardedText {
  let blockedBy: Rule | null = null
  for (const rule of rules) {
    if (!enforces(rule) && !failsClosed(rule)) continue
    context.book.report.failed(rule, where.stage, 'the text is longer than what may be held back')
    if (!failsClosed(rule)) continue
    context.book.report.blocked(rule)
    blockedBy ??= rule
  }
  return { text: blockedBy === null ? text : '', blockedBy }
}
