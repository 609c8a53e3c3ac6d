import type { Finding } from '../guardrails/guardrail.ts'
import { type Rule, enforces, failsClosed } from '../guardrails/rule.ts'
import { windowScanner } from '../guardrails/window-scanner.ts'
import type { ChannelOptions } from './guard-channel.ts'
import { guardRemotely } from './guard-remotely.ts'
import type { ChannelFilter } from './rewriting-sink.ts'

/** Windows that somebody outside is asked about, and what they hear of the text before. */
const windowing = { windowChars: 800, contextChars: 200 } as const

/**
 * One text of a stream behind the local rules, for rules that ask somebody outside: in windows or whole, whichever those
 * want that have to be heard. Where all of them only flag, the text goes on and they are asked about it at its end.
 */
export class RemoteFilter implements ChannelFilter {
  readonly #local: ChannelFilter
  readonly #rules: readonly Rule[]
  readonly #options: ChannelOptions
  readonly #holds: boolean
  readonly #inWindows: boolean
  readonly #windows: Finding[] = []
  readonly #cutter = windowScanner((_text, start, end) => [{ kind: 'window', start, end, score: 1 }], windowing)
  /** What nobody was asked about yet, and the offset of its first character. */
  #pending = ''
  #base = 0
  #context = ''
  /** It was longer than what may be held back, and those who fail open are out for this text. */
  #isOut = false

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
    return typeof left === 'string' ? this.#take(left) : left.then((text) => this.#take(text))
  }

  end(): string | Promise<string> {
    const left = this.#local.end()
    return typeof left === 'string' ? this.#last(left) : left.then((text) => this.#last(text))
  }

  get #isBlocked(): boolean {
    return this.#options.context.book.report.blockedBy !== null
  }

  #take(text: string): string | Promise<string> {
    if (text === '' || this.#isOut) return text
    this.#pending += text
    if (this.#inWindows) {
      this.#cutter.push(text, this.#windows)
      return this.#askWindows()
    }
    if (this.#pending.length > this.#options.mostHeld) return this.#giveUp(text)
    return this.#holds ? '' : text
  }

  async #last(text: string): Promise<string> {
    const before = await this.#take(text)
    if (this.#isBlocked || this.#isOut) return this.#isBlocked ? '' : before
    if (!this.#holds) {
      const { book } = this.#options.context
      // Cancelled: what has not been said by then is recorded as such.
      const question = this.#ask(this.#pending).catch(() => '')
      book.alsoAsks(question.then(() => undefined))
      return before
    }
    if (!this.#inWindows) return before + (await this.#ask(this.#pending))
    this.#cutter.end(this.#windows)
    return before + (await this.#askWindows())
  }

  /** All windows that are complete, in their order, each with what came before it. */
  #askWindows(): string | Promise<string> {
    const windows = this.#windows.splice(0)
    if (windows.length === 0) return ''
    return (async () => {
      let released = ''
      for (const { end } of windows) {
        const text = this.#pending.slice(0, end - this.#base)
        this.#pending = this.#pending.slice(text.length)
        this.#base += text.length
        released += await this.#ask(text)
        this.#context = (this.#context + text).slice(-windowing.contextChars)
        if (this.#isBlocked) return ''
      }
      return released
    })()
  }

  async #ask(text: string): Promise<string> {
    if (text === '') return ''
    const { where, context } = this.#options
    const { text: left, blockedBy } = await guardRemotely(text, this.#context, this.#rules, where, context)
    if (blockedBy !== null)
      context.book.withheld += context.book.vault.conceal(text + (this.#inWindows ? this.#pending : ''))
    return left
  }

  #giveUp(piece: string): string {
    const { book } = this.#options.context
    const waiting = this.#holds ? this.#pending : piece
    this.#pending = ''
    this.#isOut = true
    for (const rule of this.#rules) {
      book.report.failed(rule, this.#options.where.stage, 'the text is longer than what may be held back')
      if (failsClosed(rule)) book.report.blocked(rule)
    }
    if (!this.#isBlocked) return waiting
    book.withheld += book.vault.conceal(waiting)
    return ''
  }
}
