import type { JsonObject, JsonValue } from '../../core/json.ts'
import type { VersionBody } from '../../prompts/compiled-version.ts'
import type { ImportedMetadata, InterchangeFile } from '../imported.ts'
import { toYaml } from '../yaml-text.ts'

/*
 * Our own format. One value, the bundle, and three ways to write it: JSON, YAML, and a directory with a folder for each
 * prompt, for git. All three are exact: what is read from them is what was written, and writing it again gives the same bytes.
 */

export const bundleFormat = 'promptbox/1'

export interface BundlePrompt extends ImportedMetadata {
  readonly slug: string
  readonly name: string
  /** Label to version number. */
  readonly labels: Readonly<Record<string, number>>
  /** Version n stands at n - 1. */
  readonly versions: readonly VersionBody[]
}

export interface Bundle {
  readonly format: typeof bundleFormat
  readonly prompts: readonly BundlePrompt[]
}

/** Fields of a version in the order in which they are written; the long and telling ones first. */
const versionFields = [
  'semver',
  'parent_version',
  'change_note',
  'model',
  'fallback_models',
  'locale',
  'messages',
  'examples',
  'locales',
  'variables',
  'parameters',
  'overrides',
  'tools',
  'response_format',
  'output_format',
  'output_schema',
  'on_output_mismatch',
  'guardrails',
  'timeout_ms',
  'retries',
  'cache_ttl_seconds',
  'compression',
  'quality_threshold',
  'test_cases',
]

const metadataFields = [
  'name',
  'description',
  'category',
  'use_case',
  'domain',
  'complexity',
  'owner',
  'app_contexts',
  'tags',
  'starters',
  'compliance_tags',
  'aliases',
]

/** The bundle with its members in their fixed order, labels by name, prompts by slug; what says nothing is left out. */
export function orderedBundle(prompts: readonly BundlePrompt[]): Bundle {
  return bundleOf(prompts.map((prompt) => orderedPrompt(prompt)))
}

/** The same of prompts whose members are in order already. */
export function bundleOf(prompts: readonly BundlePrompt[]): Bundle {
  return { format: bundleFormat, prompts: prompts.toSorted((left, right) => (left.slug < right.slug ? -1 : 1)) }
}

/** The prompt, and its versions, with their members in their fixed order. */
export function orderedPrompt(prompt: BundlePrompt): BundlePrompt {
  const labels = Object.fromEntries(Object.entries(prompt.labels).sort(([left], [right]) => (left < right ? -1 : 1)))
  const metadata = ordered(prompt as unknown as JsonObject, metadataFields, false)
  const versions = prompt.versions.map((body) => ordered(body as unknown as JsonObject, versionFields, true))
  const { name: _name, ...further } = metadata
  return { slug: prompt.slug, name: prompt.name, ...further, labels, versions: versions as unknown as VersionBody[] }
}

/** The named members first, in this order. `whole`: the others follow as they stand, and none is too empty to be kept. */
function ordered(value: JsonObject, names: readonly string[], whole: boolean): JsonObject {
  const known = names.filter((name) => Object.hasOwn(value, name))
  const others = whole ? Object.keys(value).filter((name) => !names.includes(name)) : []
  const members = [...known, ...others].map((name) => [name, value[name]] as const)
  return Object.fromEntries(
    members.flatMap(([name, member]) => {
      if (member === undefined || (!whole && saysNothing(member))) return []
      return [[name, member] as const]
    }),
  )
}

function saysNothing(value: JsonValue): boolean {
  return value === null || (Array.isArray(value) && value.length === 0)
}

/** As one JSON text. */
export function toBundleJson(bundle: Bundle): string {
  return `${JSON.stringify(bundle, null, 2)}\n`
}

/** As one YAML text. */
export function toBundleYaml(bundle: Bundle): string {
  return [...bundleYamlParts(bundle)].join('')
}

/** The same, a prompt at a time. */
export function* bundleYamlParts({ format, prompts }: Bundle): Generator<string> {
  if (prompts.length === 0) {
    yield toYaml({ format, prompts: [] })
    return
  }
  const head = 'prompts:\n'
  yield toYaml({ format }) + head
  for (const prompt of prompts) yield toYaml({ prompts: [prompt as unknown as JsonObject] }).slice(head.length)
}

/** As one JSON text without white space, a prompt at a time. */
export function* bundleJsonParts({ format, prompts }: Bundle): Generator<string> {
  yield `{"format":${JSON.stringify(format)},"prompts":[`
  for (const [index, prompt] of prompts.entries()) yield `${index === 0 ? '' : ','}${JSON.stringify(prompt)}`
  yield ']}'
}

/** As a folder for each prompt: `<slug>/prompt.yaml` and `<slug>/versions/0001.yaml`, `0002.yaml` and so on. */
export function toDirectory(bundle: Bundle): readonly InterchangeFile[] {
  return bundle.prompts.flatMap(({ versions, ...rest }) => [
    { path: `${rest.slug}/prompt.yaml`, text: toYaml(rest as unknown as JsonObject) },
    ...versions.map((body, index) => ({
      path: `${rest.slug}/versions/${String(index + 1).padStart(4, '0')}.yaml`,
      text: toYaml(body as unknown as JsonObject),
    })),
  ])
}
