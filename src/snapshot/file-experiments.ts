import type { ExperimentBody } from '../contract/experiment-body.ts'
import { checkExperiment } from '../experiments/check-experiment.ts'
import type { SnapshotChange } from './change.ts'
import { type Mistake, mistakeOf } from './file-entries.ts'
import type { ExperimentEntryInput } from './file-schema.ts'

/**
 * The experiments of `promptbox.yaml`, each with its parts held against each other. They run as long as they stand there, in
 * one phase. Their seed is their slug, so that every process and every start gives everybody the same variant.
 */
export function experimentChanges(
  experiments: Readonly<Record<string, ExperimentEntryInput>>,
  tenantId: string,
  note: (mistake: Mistake) => void,
): SnapshotChange[] {
  return Object.entries(experiments).map(([slug, { slug: own, ...body }]): SnapshotChange => {
    const path = ['experiments', slug]
    if (own !== undefined && own !== slug) {
      const message = `The slug is '${slug}' already, by its place. Take \`slug\` out, or make it the same.`
      note({ path: [...path, 'slug'], message })
    }
    const mistake = mistakeOf(() => checkExperiment(body))
    if (mistake !== null) note({ path: [...path, ...mistake.path], message: mistake.message })
    const weights = Object.fromEntries(body.variants.map(({ name, weight }) => [name, weight]))
    const value = {
      tenantId,
      slug,
      kind: 'experiment',
      body,
      seed: body.seed ?? slug,
      startedAt: 0,
      phases: [{ number: 1, startedAt: 0, weights, units: null }],
    } as const
    return { noun: 'experiment', tenantId, id: slug, value }
  })
}

/** What an experiment must know of its prompt. */
interface PromptOfFile {
  readonly slug: string
  readonly versions: number
}

/**
 * Experiments are about prompts of the same file, because those are all they can change: notes each that names another, or a
 * version its prompt does not have. `find`: the prompt with this slug or alias.
 */
export function noteUnknownPrompts(
  changes: readonly SnapshotChange[],
  find: (name: string) => PromptOfFile | undefined,
  note: (mistake: Mistake) => void,
): void {
  for (const change of changes) {
    if (change.noun !== 'experiment' || change.value === null) continue
    const { slug, body } = change.value
    for (const { path, message } of promptMistakes(body, find(body.prompt))) {
      note({ path: ['experiments', slug, ...path], message })
    }
  }
}

function promptMistakes(body: ExperimentBody, prompt: PromptOfFile | undefined): readonly Mistake[] {
  if (prompt === undefined) {
    return [{ path: ['prompt'], message: `There is no prompt '${body.prompt}' in this file or its prompts_dir.` }]
  }
  if (prompt.slug !== body.prompt) {
    return [{ path: ['prompt'], message: `'${body.prompt}' is an alias. Write the slug, '${prompt.slug}'.` }]
  }
  return body.variants.flatMap(({ name, version }, at) =>
    version === undefined || version <= prompt.versions
      ? []
      : [
          {
            path: ['variants', at, 'version'],
            message: `Variant '${name}' wants version ${version} of prompt '${prompt.slug}', which is not there.`,
          },
        ],
  )
}
