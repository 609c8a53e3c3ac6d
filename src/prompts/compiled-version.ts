import type { VersionGuardrails } from '../contract/guardrail-body.ts'
import type { JsonObject, JsonValue } from '../core/json.ts'
import type { OutputRule } from './validate-output.ts'

/** A question and its answer, shown to the model as if they had been said. */
export interface FewShotExample {
  readonly user: string
  readonly assistant: string
}

/** What another language replaces of a version; what it leaves out stays. */
export interface LocaleVariant {
  readonly messages?: readonly JsonObject[] | undefined
  readonly examples?: readonly FewShotExample[] | undefined
}

/** A version body as authors write it and the store keeps it (contract 3.1), after `contract/version-body.ts` accepted it. */
export interface VersionBody {
  readonly messages: readonly JsonObject[]
  readonly variables?: JsonObject | null | undefined
  /** Language of `messages` and `examples`, BCP 47. */
  readonly locale?: string | undefined
  /** The same in other languages, by BCP 47 tag. */
  readonly locales?: Readonly<Record<string, LocaleVariant>> | undefined
  /** Few-shot examples. Texts, never templates. */
  readonly examples?: readonly FewShotExample[] | undefined
  readonly model: string
  readonly fallback_models?: readonly string[] | undefined
  readonly parameters?: JsonObject | undefined
  readonly overrides?: { readonly locked?: readonly string[] | undefined } | undefined
  readonly response_format?: JsonValue | undefined
  readonly tools?: readonly JsonValue[] | null | undefined
  readonly output_schema?: JsonObject | null | undefined
  readonly output_format?: 'text' | 'json' | 'structured' | 'markdown' | 'code' | undefined
  readonly on_output_mismatch?: 'flag' | 'retry' | 'error' | undefined
  /** Guardrails that this version asks for; what is stored in another form, by earlier versions of Promptbox, asks for none. */
  readonly guardrails?: VersionGuardrails | null | undefined
  readonly timeout_ms?: number | undefined
  readonly retries?: number | undefined
  readonly cache_ttl_seconds?: number | undefined
  readonly compression?: 'off' | 'whitespace' | undefined
  readonly test_cases?: readonly JsonObject[] | undefined
  /** Share of the checks of a test run that makes it pass, 0 to 1. Left out: 1. */
  readonly quality_threshold?: number | undefined
  readonly semver?: string | null | undefined
  readonly parent_version?: number | null | undefined
  readonly change_note?: string | null | undefined
}

/** What `expand` needs from the client's request. */
export interface ExpandInput {
  /** Values of the variables, already merged in the order of contract 2.1. */
  readonly variables: JsonObject
  /**
   * The client's own top-level body members, as raw JSON text each, without those that only name the prompt. Raw, so that
   * big integers and number formats survive.
   */
  readonly members: ReadonlyMap<string, string>
}

export interface Expanded {
  /** Top-level members of the body that goes to the provider, raw JSON text each; no `model` and no `stream` rule applied yet. */
  readonly members: Map<string, string>
  /** For `x-promptbox-warning`: unknown variables, ignored locked fields, by name. */
  readonly warnings: readonly string[]
  /** The texts of the template that compression changed, joined; null: it is off or changed nothing. */
  readonly compressed: { readonly before: string; readonly after: string } | null
}

/** A version ready to be used a million times: templates split, schema compiled, parameters already JSON text. */
export interface CompiledVersion {
  /** Models to try, in order: the model, then the fallbacks. */
  readonly models: readonly string[]
  readonly locked: ReadonlySet<string>
  readonly timeoutMs: number | null
  readonly retries: number | null
  /** What its answers are checked against; null: nothing. */
  readonly output: OutputRule | null
  readonly body: VersionBody
  /** Language this form speaks, as the version writes it; `default`: its own, which it does not name. null: it has only one. */
  readonly locale: string | null
  /**
   * The form for the first language that is wanted and there, else the version's own. Compiled at first use, then kept.
   *
   * @param wanted as `wantedLanguages` gives them; not asked when there is only one language.
   */
  inLanguage(wanted: () => readonly string[]): CompiledVersion
  /** Pure. Throws Fault `invalid_variables` naming the variable, the rule and the fix. */
  expand(input: ExpandInput): Expanded
}
