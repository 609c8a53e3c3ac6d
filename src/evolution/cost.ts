import { compressText } from '../prompts/compress.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { mapTemplateTexts } from '../prompts/template-texts.ts'
import { figuresOf } from './evidence.ts'
import { percent, type Proposal } from './proposal.ts'
import type { Strategy } from './strategy.ts'

/** A saving that is smaller is not worth an experiment. */
const leastSaving = 0.02
const shortestRepeat = 20

/** Takes out lines that stand twice and, when it is sent, needless white space. */
export const compression: Strategy = ({ body }) => {
  const shorter = mapTemplateTexts(body, (text, path) => (path.includes('messages') ? withoutRepeats(text) : text))
  const before = lengthOf(body)
  const after = lengthOf(shorter, compressText)
  const saved = before === 0 ? 0 : (before - after) / before
  if (saved < leastSaving) return []
  return [
    {
      strategy: 'compression',
      body: { ...shorter, compression: 'whitespace' },
      rationale: `The messages of the prompt have ${before} characters; without repeated lines and needless white space ${after}, ${percent(saved)} less.`,
      predicted: { metric: 'input_tokens', effect: -saved, why: 'Less is sent; what it says stays.' },
      writer: 'rules',
    },
  ]
}

function lengthOf(
  { messages, compression: mode }: VersionBody,
  compress: (text: string) => string = (text) => text,
): number {
  const squeeze = mode === 'whitespace' ? compressText : compress
  let length = 0
  for (const { content } of messages) length += typeof content === 'string' ? squeeze(content).length : 0
  return length
}

/** The first of equal long lines stays. Code may repeat itself, so a text with a fence is left alone. */
function withoutRepeats(text: string): string {
  if (text.includes('```')) return text
  const seen = new Set<string>()
  const kept = text.split('\n').filter((line) => {
    const words = line.trim()
    if (words.length < shortestRepeat) return true
    if (seen.has(words)) return false
    seen.add(words)
    return true
  })
  return kept.join('\n')
}

const isLocked = ({ overrides }: VersionBody, field: string): boolean => overrides?.locked?.includes(field) === true
/** Below this mean score, or above this share of missed forms, a dearer model is worth a try. */
const poorScore = 0.7
const poorForms = 0.05

/** Other models of the policy: cheaper ones always, dearer ones when answers are not good enough. */
export const model: Strategy = ({ body, evidence, settings }) => {
  if (isLocked(body, 'model')) return []
  const { meanScore, mismatchShare, exchanges } = figuresOf(evidence)
  const isPoor = (meanScore !== null && meanScore < poorScore) || mismatchShare > poorForms
  const now = settings.priceOf(body.model)
  return settings.models
    .filter((name) => name !== body.model)
    .flatMap((name): Proposal[] => {
      const price = settings.priceOf(name)
      const effect = now === null || price === null || now === 0 ? null : (price - now) / now
      if (effect !== null && effect >= 0 && !isPoor) return []
      const isCheaper = effect !== null && effect < 0
      const quality = meanScore === null ? 'nobody rated' : `their mean score is ${percent(meanScore)}`
      return [
        {
          strategy: 'model',
          body: withModel(body, name),
          rationale: isCheaper
            ? `${name} costs ${percent(-effect)} less a token than ${body.model}.`
            : `${name} instead of ${body.model}: of ${exchanges} answers ${percent(mismatchShare)} missed their form, and ${quality}.`,
          predicted: isCheaper
            ? { metric: 'cost_usd', effect, why: 'By the prices of the two models, for as many tokens in as out.' }
            : {
                metric: 'satisfaction',
                effect: null,
                why: 'Another model may answer better; its prices are no lower, or not known.',
              },
          writer: 'rules',
        },
      ]
    })
}

function withModel({ fallback_models: fallbacks, ...body }: VersionBody, name: string): VersionBody {
  // Where there is no list none is made: a version that has none is the same.
  if (fallbacks === undefined) return { ...body, model: name }
  return { ...body, model: name, fallback_models: fallbacks.filter((each) => each !== name) }
}

const leastMismatch = 0.02
const leastCut = 0.02
const mostTokens = 32_000

/** Less randomness when answers miss their form, more room when they are cut. */
export const parameters: Strategy = ({ body, evidence }) => {
  const { mismatchShare, mismatches, checked, cut, exchanges } = figuresOf(evidence)
  const proposals: Proposal[] = []
  const temperature = body.parameters?.['temperature'] ?? null
  if (
    mismatchShare >= leastMismatch &&
    typeof temperature === 'number' &&
    temperature > 0.2 &&
    !isLocked(body, 'temperature')
  ) {
    const lower = Math.max(0, Math.round(temperature * 5) / 10)
    proposals.push({
      strategy: 'parameters',
      body: { ...body, parameters: { ...body.parameters, temperature: lower } },
      rationale: `${mismatches} of ${checked} checked answers missed their form; temperature ${lower} instead of ${temperature}.`,
      predicted: {
        metric: 'output_valid_rate',
        effect: mismatchShare / 2 / (1 - mismatchShare || 1),
        why: 'Less randomness keeps to the form.',
      },
      writer: 'rules',
    })
  }
  for (const name of ['max_tokens', 'max_completion_tokens'] as const) {
    const limit = body.parameters?.[name] ?? null
    if (typeof limit !== 'number' || isLocked(body, name) || exchanges === 0 || cut / exchanges < leastCut) continue
    const higher = Math.min(mostTokens, Math.ceil(limit * 1.5))
    if (higher <= limit) continue
    proposals.push({
      strategy: 'parameters',
      body: { ...body, parameters: { ...body.parameters, [name]: higher } },
      rationale: `${cut} of ${exchanges} answers were cut at \`${name}\` ${limit}; ${higher} instead.`,
      predicted: { metric: 'satisfaction', effect: null, why: 'Fewer answers break off.' },
      writer: 'rules',
    })
  }
  return proposals
}
