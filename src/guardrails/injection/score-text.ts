import { LinearModel } from '../linear/linear-model.ts'
import { normalise } from '../linear/normalise.ts'
import { decodedReadings, type WordDisguise } from './decode.ts'
import { hiddenTexts } from './hidden-text.ts'
import { lexicalRules, type RuleHits } from './lexical-rules.ts'
import { structuralRules } from './structural-rules.ts'
import { injectionWeights } from './weights.ts'

/** What a window mostly looks like; the kind of its finding. */
export type InjectionKind =
  | 'instruction_override'
  | 'prompt_extraction'
  | 'jailbreak'
  | 'fake_role'
  | 'indirect_injection'
  | 'prompt_injection'

export interface InjectionScore {
  /** The model's logit and what the rules add to it. */
  readonly logit: number
  readonly kind: InjectionKind
  /** What its words say about how it is written. */
  readonly words: WordDisguise
}

/** What each rule adds to the logit: chosen on texts of sources that the model had not seen. */
const ruleLogits = {
  override: 5,
  reveal: 5,
  secret: 3.5,
  indirect: 5,
  structure: 4,
  unbound: [0, 1, 5, 7, 9],
  suppress: [0, 0, 0.6, 2.4, 5],
  unboundPersona: 1,
} as const

/** Compatibility forms of a few letters are many letters long; a window of other text stays well below. */
const longestNormalised = 4096

let loaded: LinearModel | undefined

function shippedModel(): LinearModel {
  return (loaded ??= LinearModel.load(Buffer.from(injectionWeights, 'base64')))
}

/** Scores one window of text with the shipped model and the rules. Linear in its length. */
export function scoreInjection(text: string, model: LinearModel = shippedModel()): InjectionScore {
  const normalised = normalise(text).slice(0, longestNormalised)
  const hits = lexicalRules(normalised)
  const structure = structuralRules(normalised)
  return {
    logit: model.score(normalised) + logitOfRules(hits, structure),
    kind: kindOf(hits, structure),
    words: hits,
  }
}

/** The worst of what a window says as it stands and, if asked for, decoded and made visible. */
export function worstReading(text: string, decode: boolean, model?: LinearModel): InjectionScore {
  let worst = scoreInjection(text, model)
  if (!decode) return worst
  const readings = [...decodedReadings(text, worst.words), ...hiddenTexts(text).map(({ says }) => says)]
  for (const reading of readings) {
    if (reading === '') continue
    const score = scoreInjection(reading, model)
    if (score.logit > worst.logit) worst = score
  }
  return worst
}

/**
 * How sure that is, 0 to 1: the logistic function of half the logit, so that scores of clear attacks still differ. Not a
 * frequency: attacks are far rarer in real traffic than in what the model learnt from.
 */
export function probabilityOf(logit: number): number {
  return 1 / (1 + Math.exp(-logit / 2))
}

function logitOfRules(hits: RuleHits, structure: number): number {
  let sum = 0
  if (hits.override) sum += ruleLogits.override
  if (hits.reveal) sum += ruleLogits.reveal
  if (hits.secret) sum += ruleLogits.secret
  if (hits.indirect) sum += ruleLogits.indirect
  if (structure > 0) sum += ruleLogits.structure
  if (hits.unbound > 0 && hits.persona) sum += ruleLogits.unboundPersona
  sum += ruleLogits.unbound[Math.min(hits.unbound, 4)] ?? 0
  return sum + (ruleLogits.suppress[Math.min(hits.suppress, 4)] ?? 0)
}

function kindOf(hits: RuleHits, structure: number): InjectionKind {
  if (hits.unbound >= 2 || (hits.suppress >= 3 && hits.unbound >= 1)) return 'jailbreak'
  if (hits.override) return 'instruction_override'
  if (hits.reveal || hits.secret) return 'prompt_extraction'
  if (hits.indirect) return 'indirect_injection'
  if (structure > 0) return 'fake_role'
  return 'prompt_injection'
}
