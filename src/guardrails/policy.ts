import { createHash } from 'node:crypto'
import type { VersionGuardrails } from '../contract/guardrail-body.ts'
import type { GuardrailBody } from '../contract/guardrail-body.ts'
import type { Stage } from './guardrail.ts'
import type { RemoteServices } from './remote.ts'
import { type Rule, missingRule, ruleOf, strengthened } from './rule.ts'

/** A guardrail as the snapshot holds it. */
export interface HeldGuardrail {
  readonly slug: string
  readonly body: GuardrailBody
}

/** What decides which guardrails look at an exchange. */
export interface ExchangeFacts {
  readonly prompt: string | null
  readonly category: string | null
  /** Of the Promptbox key. */
  readonly keyId: string
  readonly keyName: string
  /** `<provider>/<model>` of every target that may be called. */
  readonly models: readonly string[]
  /** Of the version that answers; null or left out: none. */
  readonly pinned?: VersionGuardrails | null | undefined
}

/** The guardrails of one exchange, in their order. */
export interface RuleSet {
  readonly input: readonly Rule[]
  readonly output: readonly Rule[]
  /** Equal when the same guardrails with the same settings look. */
  readonly fingerprint: string
}

const mostSelections = 2_048

/** All guardrails of one tenant, made ready once for as long as none of them changes. */
export class Policy {
  readonly #rules: readonly Rule[]
  readonly #isScoped: boolean
  readonly #bySlug: ReadonlyMap<string, HeldGuardrail>
  readonly #services: RemoteServices
  readonly #selections = new Map<string, RuleSet>()
  #all: RuleSet | null = null

  /** @param guardrails in their order. */
  constructor(guardrails: readonly HeldGuardrail[], services: RemoteServices) {
    this.#services = services
    this.#bySlug = new Map(guardrails.map((each) => [each.slug, each]))
    this.#rules = guardrails.filter(({ body }) => body.enabled).map(({ slug, body }) => ruleOf(slug, body, services))
    this.#isScoped = this.#rules.some(({ scope }) => Object.keys(scope).length > 0)
  }

  /** Who looks at this exchange. */
  select(facts: ExchangeFacts): RuleSet {
    const { pinned } = facts
    const pins = Array.isArray(pinned) ? pinned : []
    if (pins.length === 0 && !this.#isScoped) return (this.#all ??= ruleSet(this.#rules))
    const applying = this.#rules.filter((rule) => isInScope(rule, facts))
    const key = JSON.stringify([applying.map(({ slug }) => slug), pins])
    const known = this.#selections.get(key)
    if (known !== undefined) return known
    if (this.#selections.size >= mostSelections) this.#selections.clear()
    const made = this.#withPinned(applying, pins)
    this.#selections.set(key, made)
    return made
  }

  #withPinned(applying: readonly Rule[], pins: VersionGuardrails): RuleSet {
    const wanted = new Map<string, Exclude<VersionGuardrails[number], string>>()
    for (const pin of pins) {
      const entry = typeof pin === 'string' ? { guardrail: pin } : pin
      wanted.set(entry.guardrail, entry)
    }
    const rules = new Map(applying.map((rule) => [rule.slug, rule]))
    const missing: Rule[] = []
    for (const [slug, pin] of wanted) {
      const held = this.#bySlug.get(slug)
      if (held === undefined) missing.push(missingRule(slug))
      // One that an operator has switched off stays off: that is the operator's word.
      else if (held.body.enabled) {
        const rule =
          rules.get(slug) ?? this.#rules.find((each) => each.slug === slug) ?? ruleOf(slug, held.body, this.#services)
        rules.set(slug, strengthened(rule, pin))
      }
    }
    const inOrder = [...this.#bySlug.keys()].flatMap((slug) => rules.get(slug) ?? [])
    return ruleSet([...missing, ...inOrder])
  }
}

function ruleSet(rules: readonly Rule[]): RuleSet {
  const at = (stage: Stage): readonly Rule[] => rules.filter(({ stages }) => stages.has(stage))
  const fingerprint = createHash('sha256')
    .update(JSON.stringify(rules.map((rule) => rule.fingerprint)))
    .digest('base64url')
  return { input: at('input'), output: at('output'), fingerprint }
}

function isInScope({ scope }: Rule, facts: ExchangeFacts): boolean {
  const { prompts, categories, keys, models } = scope
  if (prompts !== undefined && (facts.prompt === null || !prompts.includes(facts.prompt))) return false
  if (categories !== undefined && (facts.category === null || !categories.includes(facts.category))) return false
  if (keys !== undefined && !keys.includes(facts.keyId) && !keys.includes(facts.keyName)) return false
  return models === undefined || models.some((pattern) => facts.models.some((model) => matches(pattern, model)))
}

/** A `*` at the end stands for anything. */
function matches(pattern: string, model: string): boolean {
  return pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : model === pattern
}
