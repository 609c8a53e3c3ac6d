import type { Finding, TextScanner } from '../guardrail.ts'
import { LinearModel } from '../linear/linear-model.ts'
import { normalise } from '../linear/normalise.ts'
import { type Windowing, windowScanner } from '../window-scanner.ts'
import { toxicLogits, toxicWeights } from './weights.ts'

/** How a text is cut for the model, in training too. */
export const toxicWindowing: Windowing = { windowChars: 600, contextChars: 100 }

/**
 * Scores from which the model reports a window, and from which it is sure enough for more than a flag: those that 0.25 %
 * and 0.05 % of harmless prompts reached that came from a source it had not been trained on.
 */
export const toxicThresholds = {
  flag: probabilityOf(toxicLogits.flag),
  block: probabilityOf(toxicLogits.block),
} as const

let loaded: LinearModel | undefined

/**
 * Judges windows by the model. A finding spans its window.
 * @param threshold score from which a window is reported, 0 to 1.
 */
export function toxicScanner(threshold: number): TextScanner {
  loaded ??= LinearModel.load(Buffer.from(toxicWeights, 'base64'))
  const model = loaded
  return windowScanner((text, from, to): Finding[] => {
    const probability = Math.round(probabilityOf(model.score(normalise(text))) * 1000) / 1000
    if (probability < threshold) return []
    const isUnsure = probability < Math.max(threshold, toxicThresholds.block)
    return [{ kind: 'toxic', start: from, end: to, score: probability, ...(isUnsure ? { flagOnly: true } : {}) }]
  }, toxicWindowing)
}

function probabilityOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit))
}
