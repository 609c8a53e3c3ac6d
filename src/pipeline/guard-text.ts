import { setImmediate } from 'node:timers/promises'
import type { Cancellation } from '../core/cancellation.ts'
import { createSlices } from '../core/slices.ts'
import type { CleanTexts } from '../guardrails/clean-texts.ts'
import type { Role, Stage } from '../guardrails/guardrail.ts'
import type { Rule } from '../guardrails/rule.ts'
import type { RulesOfRole } from '../guardrails/rules-by-role.ts'
import { TextGuard } from '../guardrails/text-guard.ts'
import type { GuardBook } from './guard-book.ts'
import { guardRemotely } from './guard-remotely.ts'
import type { VerdictMemo } from './verdict-memo.ts'

/** Characters that are read in one go: the slowest detectors need a few milliseconds for the worst of texts. */
export const pieceChars = 4 * 1024

/** One text, and what it belongs to. */
export interface GuardedPlace {
  readonly stage: Stage
  readonly role: Role
  /** As in `GuardrailFinding`. */
  readonly place: string
}

/** What all texts of an exchange have in common. */
export interface GuardContext {
  readonly book: GuardBook
  readonly requestId: string
  readonly tenantId: string
  readonly prompt: string | null
  readonly cancellation: Cancellation
  readonly memo: VerdictMemo
  readonly cleanTexts: CleanTexts
}

export interface GuardedText {
  /** With placeholders where something was taken out; empty when it is blocked. */
  readonly text: string
  readonly blockedBy: Rule | null
}

/** A whole text: the local rules, then whoever has to be asked about what they left. */
export function guardWhole(
  text: string,
  rules: RulesOfRole,
  where: GuardedPlace,
  context: GuardContext,
): GuardedText | Promise<GuardedText> {
  const local = guardLocally(text, rules, where, context)
  if (rules.remote.length === 0) return local
  const askAbout = (left: GuardedText): GuardedText | Promise<GuardedText> =>
    left.blockedBy === null && left.text !== '' ? guardRemotely(left.text, '', rules.remote, where, context) : left
  return local instanceof Promise ? local.then(askAbout) : askAbout(local)
}

/**
 * Reads a whole text with the local rules among these. Long ones are read in slices, so that others are served meanwhile.
 * What a text became is noted in the book, for the record.
 */
export function guardLocally(
  text: string,
  { all, fingerprint }: RulesOfRole,
  where: GuardedPlace,
  { book, cleanTexts, cancellation }: GuardContext,
): GuardedText | Promise<GuardedText> {
  const digest = cleanTexts.digest(`${where.stage} ${fingerprint}`, text)
  if (digest !== null && cleanTexts.has(digest)) return { text, blockedBy: null }
  const { report, vault } = book
  const guard = new TextGuard(all, { stage: where.stage, place: where.place, report, vault })
  const finish = (released: string): GuardedText => {
    if (digest !== null && guard.isClean) cleanTexts.add(digest)
    const { blockedBy } = guard
    const left = blockedBy === null ? released : released + guard.concealed()
    if (left !== text) book.rewritten.set(text, left)
    return { text: blockedBy === null ? released : '', blockedBy }
  }
  if (text.length > pieceChars) return whole(text, guard, cancellation).then(finish)
  const released = guard.push(text)
  if (guard.isBehind) {
    return caughtUp(guard, cancellation).then(async (more) =>
      finish(released + more + (await endOf(guard, cancellation))),
    )
  }
  const rest = endOf(guard, cancellation)
  return typeof rest === 'string' ? finish(released + rest) : rest.then((last) => finish(released + last))
}

async function whole(text: string, guard: TextGuard, cancellation: Cancellation): Promise<string> {
  return (await pushInSlices(guard, text, cancellation)) + (await endOf(guard, cancellation))
}

/** Pushes a long piece in shorter ones, and lets others work in between. Rejects with the Fault of a cancellation. */
export async function pushInSlices(guard: TextGuard, text: string, cancellation: Cancellation): Promise<string> {
  const slices = createSlices()
  let released = ''
  for (let at = 0; at < text.length;) {
    const end = pieceEnd(text, at + pieceChars)
    released += guard.push(text.slice(at, end))
    at = end
    if (guard.isBehind) released += await caughtUp(guard, cancellation)
    else if (slices.due()) await slices.rest()
    if (cancellation.fault !== null) throw cancellation.fault
  }
  return released
}

/** What may go on once the detectors that put work off have done it. Rejects likewise. */
export async function caughtUp(guard: TextGuard, cancellation: Cancellation): Promise<string> {
  let released = ''
  while (guard.isBehind) {
    await setImmediate()
    if (cancellation.fault !== null) throw cancellation.fault
    released += guard.push('')
  }
  return released
}

/** The end of a text, in steps where it may take long. Rejects likewise. */
export function endOf(guard: TextGuard, cancellation: Cancellation): string | Promise<string> {
  if (guard.endStep()) return guard.end()
  return (async () => {
    do {
      await setImmediate()
      if (cancellation.fault !== null) throw cancellation.fault
    } while (!guard.endStep())
    return guard.end()
  })()
}

/** Not between the two halves of a surrogate pair. */
function pieceEnd(text: string, wanted: number): number {
  if (wanted >= text.length) return text.length
  const last = text.charCodeAt(wanted - 1)
  return last >= 0xd800 && last <= 0xdbff ? wanted - 1 : wanted
}
