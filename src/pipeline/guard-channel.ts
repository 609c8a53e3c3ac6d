import { type Rule, enforces, failsClosed } from '../guardrails/rule.ts'
import { type RulesOfRole, rulesOfRole } from '../guardrails/rules-by-role.ts'
import { TextGuard } from '../guardrails/text-guard.ts'
import { mapJsonText } from '../wire-texts/leaves.ts'
import { RemoteFilter } from './guard-remote-channel.ts'
import {
  type GuardContext,
  type GuardedPlace,
  type GuardedText,
  caughtUp,
  endOf,
  guardWhole,
  pieceChars,
  pushInSlices,
} from './guard-text.ts'
import { inTurns } from './in-turns.ts'
import type { ChannelFilter } from './rewriting-sink.ts'

/** Strings of one JSON text that are looked at at the same time. */
const stringsAtOnce = 8

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
  const { all, remote } = rulesOfRole(options.rules, 'anybody')
  const local = new LocalFilter(all, options)
  return remote.length === 0 ? local : new RemoteFilter(local, remote, options)
}

/**
 * The filter for a text that a program reads as JSON: nothing of it goes on before it is whole, because what is found in it
 * is replaced inside of its strings, which are read without their escapes. Where nothing would follow, all goes on at once.
 */
export function openJsonChannel(options: ChannelOptions): ChannelFilter {
  const { context, mostHeld } = options
  const waits = options.rules.some((rule) => enforces(rule) || failsClosed(rule))
  let whole = ''
  let isTooLong = false
  return {
    push: (text) => {
      if (isTooLong) return waits && context.book.report.blockedBy !== null ? withheld(text, context) : text
      whole += text
      if (whole.length <= mostHeld) return waits ? '' : text
      isTooLong = true
      const left = tooLong(waits ? whole : text, options)
      whole = ''
      return left
    },
    end: () => {
      if (isTooLong) return ''
      const text = whole
      const given = ({ text: left, blockedBy }: GuardedText): string => {
        if (blockedBy !== null) return withheld(text, context)
        return waits ? left : ''
      }
      const result = guardJson(text, options)
      if (!(result instanceof Promise)) return given(result)
      if (waits) return result.then(given)
      context.book.alsoAsks(result.then(() => undefined))
      return ''
    },
  }
}

/** A text that a program reads as JSON, whole: guarded string by string. Rejects with the Fault of a cancellation. */
export function guardJson(text: string, { rules, where, context }: ChannelOptions): GuardedText | Promise<GuardedText> {
  const ofAnswer = rulesOfRole(rules, 'anybody')
  const strings = new Set<string>()
  mapJsonText(text, (each) => {
    strings.add(each)
    return each
  })
  const guarded = new Map<string, string>()
  let blockedBy: Rule | null = null
  const note = (each: string, result: GuardedText): void => {
    guarded.set(each, result.text)
    blockedBy ??= result.blockedBy
  }
  const finish = (): GuardedText => ({
    text: blockedBy === null ? mapJsonText(text, (each) => guarded.get(each) ?? each) : '',
    blockedBy,
  })
  if (ofAnswer.remote.length === 0 && text.length <= pieceChars) {
    const waiting: Promise<void>[] = []
    for (const each of strings) {
      const result = guardWhole(each, ofAnswer, where, context)
      if (result instanceof Promise) waiting.push(result.then((found) => note(each, found)))
      else note(each, result)
    }
    return waiting.length === 0 ? finish() : Promise.all(waiting).then(finish)
  }
  const tasks = [...strings].map((each) => async () => note(each, await guardWhole(each, ofAnswer, where, context)))
  return inTurns(tasks, stringsAtOnce, () => blockedBy !== null).then(finish)
}

/** Nothing of it goes on, but it was generated and is paid for. */
export function withheld(text: string, { book }: GuardContext): string {
  book.withheld += book.vault.conceal(text)
  return ''
}

/** More than may be held back. Who wanted to hear all of it cannot, and is out for this text. */
function tooLong(text: string, { rules, where, context }: ChannelOptions): string {
  const { report } = context.book
  for (const rule of rules) {
    report.failed(rule, where.stage, 'the text is longer than what may be held back')
    if (failsClosed(rule)) report.blocked(rule)
  }
  return report.blockedBy === null ? text : withheld(text, context)
}

class LocalFilter implements ChannelFilter {
  readonly #guard: TextGuard
  readonly #options: ChannelOptions
  #isNoted = false

  constructor(rules: RulesOfRole['all'], options: ChannelOptions) {
    const { where, context } = options
    const { report, vault } = context.book
    this.#options = options
    this.#guard = new TextGuard(rules, { stage: where.stage, place: where.place, report, vault })
    this.#look()
  }

  push(text: string): string | Promise<string> {
    const guard = this.#guard
    const { cancellation } = this.#options.context
    if (text.length > pieceChars) return this.#looked(pushInSlices(guard, text, cancellation))
    const released = guard.push(text)
    if (guard.isBehind) return this.#looked(caughtUp(guard, cancellation).then((more) => released + more))
    this.#look()
    return released
  }

  end(): string | Promise<string> {
    const rest = endOf(this.#guard, this.#options.context.cancellation)
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
    this.#options.context.book.withheld += guard.concealed()
  }
}
