import { Fault } from '../core/fault.ts'
import { defaultLabel } from '../prompts/selector.ts'
import type { StoredExperiment } from './experiment-port.ts'

/** What experiments and rollouts that are under way keep from happening to their prompt, for every implementation alike. */

export type UnderWay = Pick<StoredExperiment, 'kind' | 'slug'>

/**
 * A prompt is archived and restored at will; an experiment that is stopped is so for good. So archiving stops none by itself, and
 * none is left running that nobody is served. Fault `conflict`: `experiment_running`, `rollout_running`.
 */
export function requireNoneUnderWay({ slug }: { readonly slug: string }, underWay: readonly UnderWay[]): void {
  const [first] = underWay
  if (first !== undefined) throw inTheWay(first, `Prompt '${slug}' cannot be archived`)
}

/**
 * Without the label no request is in the experiment. A rollout ends by itself then, since it is about this label alone. Fault
 * `conflict`, code `experiment_running`.
 */
export function requireNotSplit(
  { slug }: { readonly slug: string },
  label: string,
  underWay: readonly UnderWay[],
): void {
  if (label !== defaultLabel) return
  const first = underWay.find(({ kind }) => kind === 'experiment')
  if (first !== undefined) throw inTheWay(first, `Label '${label}' of prompt '${slug}' cannot be taken away`)
}

function inTheWay({ kind, slug }: UnderWay, what: string): Fault {
  const [named, end] = kind === 'rollout' ? ['rollout', 'abort'] : ['experiment', 'stop']
  return new Fault(
    'conflict',
    `${what} while its ${named} '${slug}' is under way. End that first: POST /admin/v1/${named}s/${slug}/${end}.`,
    { param: 'slug', code: `${named}_running` },
  )
}
