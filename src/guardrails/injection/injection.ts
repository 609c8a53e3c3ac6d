import { z } from 'zod'
import type { Finding, LocalType, Stage, TextScanner } from '../guardrail.ts'
import { type Windowing, windowScanner } from '../window-scanner.ts'
import { hiddenTexts } from './hidden-text.ts'
import { probabilityOf, worstReading } from './score-text.ts'
import { injectionLogits } from './weights.ts'

/**
 * Scores from which a window is flagged and from which it is blocked: calibrated on sources that the model had not seen,
 * see docs/guardrail-models.md.
 */
export const injectionThresholds = {
  flag: probabilityOf(injectionLogits.flag),
  block: probabilityOf(injectionLogits.block),
} as const

/** How texts are cut: what somebody asks in long windows, what streams out in short ones. */
export const injectionWindows: Readonly<Record<Stage, Windowing>> = {
  input: { windowChars: 1800, contextChars: 200 },
  output: { windowChars: 800, contextChars: 200 },
}

const settings = z.strictObject({
  flag_threshold: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'Score from which a text is flagged, 0 to 1. Left out: the calibrated one, about 1 in 200 harmless texts.',
    ),
  block_threshold: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'Score from which the action may be `block`; below it a finding only flags. Left out: the calibrated one.',
    ),
  decode: z
    .boolean()
    .default(true)
    .describe('Also read base64, hexadecimal, ROT13, leet, reversed, spaced-out and escaped text.'),
})

export type InjectionSettings = z.infer<typeof settings>

/** Prompt injection and jailbreaks, by rules and a small linear model. */
export const injection: LocalType<InjectionSettings> = {
  isRemote: false,
  type: 'injection',
  summary: 'Prompt injection, jailbreaks and attempts to read the system prompt, by rules and a small offline model.',
  settings,
  hasSpans: false,
  roles: ['user', 'tool'],
  create: (given) => ({ reach: 'windows', open: (stage) => openScanner(given, injectionWindows[stage]) }),
}

function openScanner(given: InjectionSettings, windowing: Windowing): TextScanner {
  const flag = given.flag_threshold ?? injectionThresholds.flag
  const block = Math.max(flag, given.block_threshold ?? injectionThresholds.block)
  const finding = (kind: string, score: number, from: number, to: number): Finding => ({
    kind,
    start: from,
    end: to,
    score,
    ...(score < block ? { flagOnly: true as const } : {}),
  })
  return windowScanner((text, from, to) => {
    const findings: Finding[] = []
    const best = worstReading(text, given.decode)
    const score = probabilityOf(best.logit)
    if (score >= flag) findings.push(finding(best.kind, score, from, to))
    const hidden = hiddenTexts(text.slice(from, to))
    const surest = hidden.reduce((so, each) => Math.max(so, each.score), 0)
    if (hidden.length > 0 && surest >= flag) findings.push(finding('hidden_text', surest, from, to))
    return findings
  }, windowing)
}
