import type { Rule } from '../../src/guardrails/rule.ts'

/** A rule that reads users and finds nothing; what a test is about is in `changes`. */
export function ruleNamed(slug: string, changes: Partial<Rule> = {}): Rule {
  return {
    slug,
    type: 'test',
    stages: new Set(['input', 'output']),
    roles: new Set(['user']),
    action: 'redact',
    severity: 'warning',
    mode: 'enforce',
    onError: 'closed',
    streamMode: 'redact',
    scope: {},
    hasSpans: true,
    restores: false,
    fingerprint: `fingerprint of ${slug}`,
    detector: {
      kind: 'local',
      local: { reach: 'tokens', open: () => ({ push: (piece) => piece.length, end: () => undefined }) },
    },
    ...changes,
  }
}

/** One that asks somebody outside, who finds nothing either. */
export const remoteRule = (slug: string, changes: Partial<Rule> = {}): Rule =>
  ruleNamed(slug, {
    detector: { kind: 'remote', remote: { timeoutMs: 1_000, check: () => Promise.resolve([]) } },
    ...changes,
  })
