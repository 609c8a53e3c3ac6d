import { fieldPath } from '../contract/admin/explain-issues.ts'
import { nearestName } from '../contract/admin/nearest-name.ts'
import { type ExperimentBody, controlOf } from '../contract/experiment-body.ts'
import { feedbackMetrics, isMeasured } from '../contract/experiment-metrics.ts'
import { noteUnstorable } from '../contract/version-body.ts'
import { Fault } from '../core/fault.ts'

/**
 * Holds the parts of an experiment against each other; their shapes are for `experimentBodySchema`.
 *
 * @throws Fault `invalid_request`, with the field as `param`, of the first mistake: names that are there twice or not at all,
 *   weights that leave nobody to compare with, metrics that nothing could be computed for, parameters that cannot be set.
 */
export function checkExperiment(body: ExperimentBody): void {
  noteUnstorable(body, (path, message) => {
    throw refused(path, message)
  })
  checkNames(body)
  checkWeights(body)
  checkParameters(body)
  checkMetrics(body)
  checkRatios(body)
  checkQuality(body)
  checkJudge(body)
}

function checkNames({ variants, control, overrides = {} }: ExperimentBody): void {
  const names = variants.map(({ name }) => name)
  for (const [at, name] of names.entries()) {
    if (names.indexOf(name) < at) {
      throw refused(['variants', at, 'name'], 'is the name of an earlier variant; each needs its own')
    }
  }
  if (control !== undefined && !names.includes(control)) throw refused(['control'], noVariant(control, names))
  for (const [unit, name] of Object.entries(overrides)) {
    if (!names.includes(name)) throw refused(['overrides', unit], noVariant(name, names))
  }
}

function noVariant(name: string, names: readonly string[]): string {
  const near = nearestName(name, names)
  return `must be the name of a variant. ${near === null ? `Use one of ${names.join(', ')}` : `Did you mean \`${near}\`?`}`
}

function checkWeights(body: ExperimentBody): void {
  const { variants, hashing } = body
  if (variants.every(({ weight }) => weight === 0)) {
    throw refused(['variants'], 'must not all have the weight 0: nobody would take part')
  }
  const control = variants.findIndex(({ name }) => name === controlOf(body))
  if (variants[control]?.weight === 0) {
    throw refused(['variants', control, 'weight'], 'must be above 0: the control is what the others are compared with')
  }
  if (hashing?.scheme !== 'unleash') return
  for (const [at, { weight }] of variants.entries()) {
    if (!Number.isInteger(weight)) {
      throw refused(
        ['variants', at, 'weight'],
        'must be a whole number with the hashing of Unleash: take it as it is there',
      )
    }
  }
}

const placedElsewhere: Readonly<Record<string, string>> = {
  model: 'must not be set here: it is the field `model` of the variant, beside `parameters`',
  messages: 'must not be set here: make a version with them, and name it as `version` of the variant',
  stream: 'must not be set here: whether to stream is for each request to say',
  stream_options: 'must not be set here: whether to stream, and how, is for each request to say',
}

function checkParameters({ variants }: ExperimentBody): void {
  for (const [at, { parameters = {} }] of variants.entries()) {
    for (const name of Object.keys(parameters)) {
      const rule = Object.hasOwn(placedElsewhere, name) ? placedElsewhere[name] : undefined
      if (rule !== undefined) throw refused(['variants', at, 'parameters', name], rule)
    }
  }
}

function checkMetrics({ primary_metric, secondary_metrics, guardrail_metrics }: ExperimentBody): void {
  for (const [at, metric] of secondary_metrics.entries()) {
    const path = ['secondary_metrics', at]
    if (metric === primary_metric) throw refused(path, 'is the primary metric already; take it out here')
    if (secondary_metrics.indexOf(metric) < at) throw refused(path, 'is there twice; keep one of them')
  }
  const guarded = guardrail_metrics.map(({ metric }) => metric)
  for (const [at, metric] of guarded.entries()) {
    const path = ['guardrail_metrics', at, 'metric']
    if (metric === primary_metric) throw refused(path, 'is the primary metric, which decides anyhow; take it out here')
    if (secondary_metrics.includes(metric)) throw refused(path, 'is a secondary metric as well; keep one of them')
    if (guarded.indexOf(metric) < at) throw refused(path, 'is there twice; keep one of them')
  }
}

function checkRatios({ ratios = {} }: ExperimentBody): void {
  for (const [name, { numerator, denominator }] of Object.entries(ratios)) {
    if (isMeasured(name) || Object.hasOwn(feedbackMetrics, name)) {
      throw refused(['ratios', name], 'has the name of a metric that is there already; give it another')
    }
    for (const [part, metric] of Object.entries({ numerator, denominator })) {
      const path = ['ratios', name, part]
      if (metric === 'quality_score') throw refused(path, 'must not be `quality_score`, which has no sum to divide')
      if (Object.hasOwn(ratios, metric)) throw refused(path, 'must be a measured metric or feedback, not another ratio')
    }
    if (numerator === denominator) {
      throw refused(['ratios', name, 'denominator'], 'must be another metric than the numerator')
    }
  }
}

function checkQuality({ quality = {}, ratios = {} }: ExperimentBody): void {
  for (const [name, { metric }] of Object.entries(quality)) {
    const path = ['quality', name, 'metric']
    if (metric === 'quality_score') throw refused(path, 'must not be `quality_score`, which is made of these')
    if (Object.hasOwn(ratios, metric)) throw refused(path, 'must be a measured metric or feedback, not a ratio')
  }
}

/** A judge gives 0 to 1; ratings have 1 to 5 and thumbs yes or no. */
function checkJudge({ judge, ratios = {} }: ExperimentBody): void {
  if (judge === undefined) return
  const { metric } = judge
  const path = ['judge', 'metric']
  if (isMeasured(metric)) throw refused(path, 'is measured by Promptbox itself; name feedback, such as `accuracy`')
  if (Object.hasOwn(ratios, metric)) throw refused(path, 'is a ratio; name feedback, such as `accuracy`')
  if (metric === 'rating' || metric === 'thumbs') {
    throw refused(
      path,
      `must not be \`${metric}\`, which is for people: a judge gives 0 to 1, such as for \`accuracy\``,
    )
  }
}

function refused(path: readonly PropertyKey[], rule: string): Fault {
  const field = fieldPath(path)
  return new Fault('invalid_request', `\`${field}\` ${rule}${rule.endsWith('?') ? '' : '.'}`, { param: field })
}
