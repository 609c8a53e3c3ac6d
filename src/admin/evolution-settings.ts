import type { Capability } from '../contract/model-facts.ts'
import type { EvolutionSettings } from '../evolution/evidence.ts'
import type { VersionBody } from '../prompts/compiled-version.ts'
import type { StoredEvolutionPolicy } from '../store/evolution-port.ts'
import type { AdminDependencies, KnownModel } from './dependencies.ts'

/** What strategies may use, and what is known of the models that may answer instead of the version's own. */
export function evolutionSettings(
  { describeModel, clock }: Pick<AdminDependencies, 'describeModel' | 'clock'>,
  { body: policy }: StoredEvolutionPolicy,
  version: VersionBody,
): EvolutionSettings {
  const today = new Date(clock.now()).toISOString().slice(0, 10)
  return {
    models: policy.models,
    minScore: policy.min_score,
    priceOf(name) {
      const prices = describeModel(name)?.prices ?? null
      if (prices === null) return null
      return { input: prices.input_usd_per_million_tokens, output: prices.output_usd_per_million_tokens }
    },
    lackOf: (name) => lackOf(describeModel(name), version, today),
  }
}

/** Nothing is known of a route: it may well have it. */
function lackOf(model: KnownModel | null, version: VersionBody, today: string): string | null {
  const { capabilities = {}, sunset_at: sunset, max_output_tokens: most } = model?.facts ?? {}
  if (sunset !== undefined && sunset <= today) return `is no longer served since ${sunset}`
  const missing = needsOf(version).find(([capability]) => capabilities[capability] === false)
  if (missing !== undefined) return `is known not to have \`${missing[0]}\`, and the version ${missing[1]}`
  const wanted = version.parameters?.['max_completion_tokens'] ?? version.parameters?.['max_tokens']
  if (typeof wanted === 'number' && most !== undefined && most < wanted) {
    return `writes at most ${most} tokens, and the version wants up to ${wanted}`
  }
  return null
}

/** What the version itself asks of a model; what requests bring along is not known here. */
function needsOf(version: VersionBody): readonly (readonly [Capability, string])[] {
  const { tools, response_format: form, messages } = version
  const parts = new Set(messages.flatMap(({ content }) => partTypes(content)))
  return [
    ...((tools ?? []).length > 0 ? [['tools', 'has tools'] as const] : []),
    ...(isJsonForm(form) ? [['json', 'has a `response_format` of JSON'] as const] : []),
    ...(parts.has('image_url') ? [['vision', 'shows pictures'] as const] : []),
    ...(parts.has('input_audio') ? [['audio', 'has sound'] as const] : []),
    ...(parts.has('file') ? [['documents', 'has documents'] as const] : []),
  ]
}

const isJsonForm = (form: unknown): boolean =>
  typeof form === 'object' && form !== null && 'type' in form && form.type !== 'text'

function partTypes(content: unknown): readonly unknown[] {
  if (!Array.isArray(content)) return []
  return content.map((part: unknown) =>
    typeof part === 'object' && part !== null && 'type' in part ? part.type : null,
  )
}
