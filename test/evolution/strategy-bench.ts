import type { StrategyName } from '../../src/contract/evolution.ts'
import type { EarlierProposal } from '../../src/evolution/earlier.ts'
import type { Evidence, EvidenceOfExchange, EvolutionSettings } from '../../src/evolution/evidence.ts'
import { proposeByRule } from '../../src/evolution/propose.ts'
import type { VersionBody } from '../../src/prompts/compiled-version.ts'

/** A version, what was recorded of it, and what a strategy makes of both. */

export const body: VersionBody = {
  messages: [
    { role: 'system', content: 'You are the support of {{company}}.' },
    { role: 'user', content: '{{question}}' },
  ],
  model: 'openai/large',
}
export const settings: EvolutionSettings = {
  models: [],
  minScore: 0.8,
  priceOf: (name) =>
    ({
      'openai/large': { input: 2, output: 8 },
      'openai/small': { input: 0.2, output: 0.8 },
      'openai/huge': { input: 10, output: 30 },
    })[name] ?? null,
  lackOf: () => null,
}

let count = 0
export function exchange(more: Partial<EvidenceOfExchange> = {}): EvidenceOfExchange {
  count += 1
  return {
    requestId: `id-${count}`,
    question: 'Where is my parcel?',
    answer: 'May I have its number?',
    score: null,
    comments: [],
    outputCheck: null,
    isSensitive: false,
    isCut: false,
    isComplete: true,
    locale: null,
    unit: null,
    tokens: null,
    ...more,
  }
}

export function evidence(exchanges: readonly EvidenceOfExchange[] = [], more: Partial<Evidence> = {}): Evidence {
  const about = { name: 'Support reply', description: null, domain: null, useCase: null, appContexts: [] }
  return { exchanges, failedChecks: [], about, language: null, earlier: [], tested: new Map(), ...more }
}

export const propose = (
  strategy: StrategyName,
  given: Evidence,
  more: Partial<VersionBody> = {},
  changed: Partial<EvolutionSettings> = {},
) => ask(strategy, given, more, changed).proposals

export const ask = (
  strategy: StrategyName,
  given: Evidence,
  more: Partial<VersionBody> = {},
  changed: Partial<EvolutionSettings> = {},
) => proposeByRule(strategy, { body: { ...body, ...more }, evidence: given, settings: { ...settings, ...changed } })

/** A proposal that somebody rejected. */
export function declined(
  strategy: StrategyName,
  parts: readonly string[],
  more: Partial<EarlierProposal> = {},
): EarlierProposal {
  const told = { rationale: 'Better.', sentence: 'No.', parentVersion: 1, version: 2 }
  return { strategy, state: 'rejected', parts, isDeclined: true, measured: null, ...told, ...more }
}
