import type { Role } from './guardrail.ts'
import { type Rule, enforces, failsClosed } from './rule.ts'

/** The rules among some that read the words of one role. */
export interface RulesOfRole {
  readonly all: readonly Rule[]
  readonly remote: readonly Rule[]
  /** Equal when the same rules with the same settings read it. */
  readonly fingerprint: string
}

/**
 * Whose words a text is. `variable`: what an author's template is filled with, by whoever sends the request, where it stands
 * in a message that is the author's own; `anybody`: an answer, of which every rule of its stage reads every word.
 */
export type Speaker = Role | 'variable' | 'anybody'

const known = new WeakMap<readonly Rule[], Map<Speaker, RulesOfRole>>()

function hears({ roles }: Rule, speaker: Speaker): boolean {
  if (speaker === 'anybody') return true
  return speaker === 'variable' ? roles.has('user') && !roles.has('system') : roles.has(speaker)
}

/** Worked out once for each list: the lists of a policy live as long as it does. */
export function rulesOfRole(rules: readonly Rule[], role: Speaker): RulesOfRole {
  let byRole = known.get(rules)
  if (byRole === undefined) {
    byRole = new Map()
    known.set(rules, byRole)
  }
  let found = byRole.get(role)
  if (found === undefined) {
    const all = rules.filter((rule) => hears(rule, role))
    const remote = all.filter(({ detector }) => detector.kind === 'remote')
    found = { all, remote, fingerprint: all.map(({ fingerprint }) => fingerprint).join() }
    byRole.set(role, found)
  }
  return found
}

/** Rules that text has to wait for, and those that only listen. */
export interface Parted {
  readonly acting: readonly Rule[]
  readonly listening: readonly Rule[]
}

const parts = new WeakMap<readonly Rule[], Parted>()

/** Worked out once for each list. */
export function parted(rules: readonly Rule[]): Parted {
  let found = parts.get(rules)
  if (found === undefined) {
    const acts = (rule: Rule): boolean => enforces(rule) || failsClosed(rule)
    found = { acting: rules.filter(acts), listening: rules.filter((rule) => !acts(rule)) }
    parts.set(rules, found)
  }
  return found
}
