import { compressText } from '../prompts/compress.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import { mapTemplateTexts } from '../prompts/template-texts.ts'
import { declinedParts, expectation } from './earlier.ts'
import { percent } from './proposal.ts'
import type { Strategy } from './strategy.ts'

/** A saving that is smaller is not worth an experiment. */
export const leastSaving = 0.02
const shortestRepeat = 20
const part = 'compression'

/**
 * Takes out sentences that stand twice as lines of their own and, when it is sent, needless white space. Nothing is reworded, so
 * variables, form and prohibitions stay.
 */
export const compression: Strategy = ({ body, evidence }) => {
  if (declinedParts(evidence).has(part)) return { why: 'Compression was tried before and declined.' }
  const shorter = mapTemplateTexts(body, (text, path) => (path.includes('messages') ? withoutRepeats(text) : text))
  const before = messagesLength(body)
  const after = messagesLength(shorter, compressText)
  const saved = before === 0 ? 0 : (before - after) / before
  if (saved < leastSaving) {
    return {
      why: `Repeated lines and needless white space are ${percent(Math.max(0, saved))} of the messages; from ${percent(leastSaving)} on it is worth an experiment.`,
    }
  }
  return [
    {
      strategy: 'compression',
      body: { ...shorter, compression: 'whitespace' },
      rationale: `The messages of the prompt have ${before} characters; without repeated lines and needless white space ${after}, ${percent(saved)} less.`,
      predicted: expectation(evidence, 'compression') ?? savingOf(saved),
      writer: 'rules',
      parts: [part],
      warnings: [],
    },
  ]
}

/** @param saved share of the characters of the messages. */
export function savingOf(saved: number) {
  return {
    metric: 'input_tokens',
    effect: -saved,
    basis: 'recorded' as const,
    why: 'So much less of the messages of the prompt is sent; what users write and examples are not counted, so that it may be less of the whole.',
  }
}

function messagesLength(
  { messages, compression: mode }: VersionBody,
  compress: (text: string) => string = (text) => text,
): number {
  const squeeze = mode === 'whitespace' ? compressText : compress
  let length = 0
  for (const { content } of messages) length += typeof content === 'string' ? squeeze(content).length : 0
  return length
}

/**
 * The first of equal lines stays. Only long ones that are a whole sentence: lines of data, such as fields of several samples, may
 * be alike for a reason, and so may code.
 */
function withoutRepeats(text: string): string {
  if (text.includes('```')) return text
  const seen = new Set<string>()
  const kept = text.split('\n').filter((line) => {
    const words = line.trim()
    if (words.length < shortestRepeat || !/[.!?。！？]$/u.test(words)) return true
    if (seen.has(words)) return false
    seen.add(words)
    return true
  })
  return kept.join('\n')
}
