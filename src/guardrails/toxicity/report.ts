import type { Finding } from '../guardrail.ts'
import type { Entry } from './word-list.ts'

/** How a word was recognised, and how sure it is then. */
const certainties = { plain: 1, stretched: 0.98, digits: 0.95, spelled: 0.95, masked: 0.85 }
export type Recognised = keyof typeof certainties

/** Takes a word found in a unit. @returns whether it is one: what is a name or a part of a program is not. */
export type Report = (entry: Entry, recognised: Recognised, unit: string, start: number, end: number) => boolean

const strongScore = 0.95
const plainScore = 0.85
const mildScore = 0.5
/** Shorter words are too likely by chance in identifiers and between the digits of encoded data. */
const shortestInCode = 5

/** The finding for a word, its offsets moved by `offset`; undefined: the way it is written says that it is something else. */
export function findingOf(
  entry: Entry,
  recognised: Recognised,
  unit: string,
  start: number,
  end: number,
  offset: number,
): Finding | undefined {
  if (entry.kind === null) return undefined
  const written = unit.slice(start, end)
  if (recognised === 'plain') {
    if (entry.notAsName && /^\p{Lu}[^\p{Lu}]*$/u.test(written)) return undefined
    if (end - start > entry.word.length && /\p{Ll}\p{Lu}/u.test(written)) return undefined
    if (end - start < shortestInCode && /[\d_]/.test(unit.charAt(start - 1) + unit.charAt(end))) return undefined
  }
  // Letters of another script pass for Latin ones only among Latin ones: alone they are a word of that script.
  if (/^[a-z]+$/.test(entry.word) && /^[\u0370-\u052f]+$/.test(written)) return undefined
  const sureness = entry.mild ? mildScore : entry.strong ? strongScore : plainScore
  const score = Math.round(sureness * certainties[recognised] * 100) / 100
  return {
    kind: entry.kind,
    start: offset + start,
    end: offset + end,
    score,
    ...(entry.mild ? { flagOnly: true } : {}),
  }
}
