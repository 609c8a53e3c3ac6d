import {
  betaChance,
  credibleInterval,
  gaussianChance,
  meanOf as meanOfShapes,
} from '../../src/experiments/analysis/bayes.ts'
import {
  betaCdf,
  chiSquareUpper,
  normalCdf,
  normalQuantile,
  normalUpper,
  tQuantile,
  tUpper,
} from '../../src/experiments/analysis/distributions.ts'
import { benjaminiHochberg, holm } from '../../src/experiments/analysis/many-tests.ts'
import {
  mannWhitney,
  nonInferiority,
  ratioOf,
  relativeLift,
  slopeOf,
  welch,
} from '../../src/experiments/analysis/means.ts'
import { addUnit, spreadOf } from '../../src/experiments/analysis/moments.ts'
import {
  newcombe,
  sampleRatio,
  twoProportions,
  unpooledVariance,
  wilson,
} from '../../src/experiments/analysis/proportions.ts'
import { reachOf, unitsForMeans, unitsForShares } from '../../src/experiments/analysis/sample-size.ts'
import { mixtureRatio, rhoSquaredOf, sequenceReach, sequentialP } from '../../src/experiments/analysis/sequential.ts'
import { noMoments } from '../../src/experiments/statistics.ts'
import type { VectorInput } from './vector-input.ts'

/** What is computed for each statistic of a file of vectors, by the names that the file has for it. */

export type Figure = number | boolean | readonly (number | boolean)[]
export type Figures = Readonly<Record<string, Figure>>

const shares = (input: VectorInput) =>
  [
    { successes: input.number('x_control'), trials: input.number('n_control') },
    { successes: input.number('x_treatment'), trials: input.number('n_treatment') },
  ] as const

const spread = (input: VectorInput, side: string) => ({
  units: input.number(`n_${side}`),
  mean: input.number(`mean_${side}`),
  variance: input.has(`sd_${side}`) ? input.number(`sd_${side}`) ** 2 : input.number(`var_${side}`),
})

function counted(values: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

const sum = (values: readonly number[]): number => values.reduce((whole, value) => whole + value, 0)

function twoProportionsOf(input: VectorInput): Figures {
  const [control, treatment] = shares(input)
  const alpha = input.number('alpha')
  const { difference, z, p } = twoProportions(control, treatment)
  const reach = normalQuantile(1 - alpha / 2) * Math.sqrt(unpooledVariance(control, treatment))
  const [low, high] = newcombe(control, treatment, alpha)
  return {
    z,
    p_two_sided: p,
    diff: difference,
    ci_wald_low: difference - reach,
    ci_wald_high: difference + reach,
    ci_newcombe_low: low,
    ci_newcombe_high: high,
  }
}

function welchOf(input: VectorInput): Figures {
  const { difference, t, degrees, p, interval } = welch(
    spread(input, 'control'),
    spread(input, 'treatment'),
    input.number('alpha'),
  )
  return { t, df: degrees, p_two_sided: p, diff: difference, ci_low: interval[0], ci_high: interval[1] }
}

function mannWhitneyOf(input: VectorInput): Figures {
  const { u, p, superiority } = mannWhitney(counted(input.numbers('control')), counted(input.numbers('treatment')))
  return { u_treatment: u, p_two_sided: p, prob_superiority: superiority }
}

function sampleRatioOf(input: VectorInput): Figures {
  const found = sampleRatio(input.numbers('observed'), input.numbers('weights'))
  return { chi2: found?.chiSquare ?? Number.NaN, df: found?.degrees ?? Number.NaN, p: found?.p ?? Number.NaN }
}

function holmOf(input: VectorInput): Figures {
  const adjusted = holm(input.numbers('p'))
  const alpha = input.number('alpha')
  return { adjusted, reject: adjusted.map((p) => p <= alpha) }
}

function sharesPlanned(input: VectorInput): Figures {
  const control = input.number('baseline')
  const treatment = control * (1 + input.number('relative_mde'))
  const ratio = input.number('ratio_treatment_to_control')
  const strength = { alpha: input.number('alpha'), power: input.number('power') }
  const { unpooled, pooled } = unitsForShares({ control, treatment, ratio }, strength)
  return {
    n_control_unpooled: Math.ceil(unpooled),
    n_control_unpooled_raw: unpooled,
    n_control_pooled_raw: pooled,
  }
}

function meansPlanned(input: VectorInput): Figures {
  const { normal, exact } = unitsForMeans(
    { deviation: input.number('sd'), difference: input.number('absolute_mde') },
    { alpha: input.number('alpha'), power: input.number('power') },
  )
  return { n_per_arm_normal_raw: normal, n_per_arm_t_raw: exact }
}

function detectable(input: VectorInput): Figures {
  const baseline = input.number('baseline')
  const reach = reachOf({ alpha: input.number('alpha'), power: input.number('power') })
  return { absolute_mde: reach * Math.sqrt((2 * baseline * (1 - baseline)) / input.number('n_per_arm')) }
}

function confidenceSequence(input: VectorInput): Figures {
  const [estimate, error] = [input.number('estimate'), input.number('standard_error')]
  const sequence = {
    amount: input.number('n_total'),
    tuning: input.number('tuning_parameter'),
    alpha: input.number('alpha'),
  }
  const reach = sequenceReach(sequence) * error
  return {
    rho: Math.sqrt(rhoSquaredOf(sequence)),
    halfwidth: reach,
    ci_low: estimate - reach,
    ci_high: estimate + reach,
    p_always_valid: sequentialP(estimate / error, sequence),
  }
}

function mixture(input: VectorInput): Figures {
  const { ratio, p } = mixtureRatio(
    input.number('estimate'),
    input.number('variance_of_estimate'),
    input.number('tau2'),
  )
  return { lambda_: ratio, p_always_valid: p }
}

function betaBinomial(input: VectorInput): Figures {
  const [before, beforeB] = [input.number('prior_alpha'), input.number('prior_beta')]
  const [control, treatment] = shares(input).map(({ successes, trials }) => ({
    a: before + successes,
    b: beforeB + trials - successes,
  })) as [{ a: number; b: number }, { a: number; b: number }]
  const { chanceToWin, lossOfTreatment, lossOfControl } = betaChance(control, treatment)
  return {
    chance_to_win: chanceToWin,
    expected_loss_treatment: lossOfTreatment,
    expected_loss_control: lossOfControl,
    posterior_mean_control: meanOfShapes(control),
    posterior_mean_treatment: meanOfShapes(treatment),
  }
}

function gaussian(effect: number, error: number): Figures {
  const { chanceToWin, lossOfTreatment, lossOfControl } = gaussianChance(effect, error)
  return { chance_to_win: chanceToWin, risk_control: lossOfControl, risk_treatment: lossOfTreatment }
}

function gaussianOf(input: VectorInput): Figures {
  const [effect, error] = [input.number('mean_diff'), input.number('sd_diff')]
  const [low, high] = credibleInterval(effect, error, input.number('alpha'))
  return { ...gaussian(effect, error), ci_low: low, ci_high: high }
}

function ratio(input: VectorInput): Figures {
  const denominators = input.numbers('denominator')
  const moments = input
    .numbers('numerator')
    .reduce((sums, each, at) => addUnit(sums, { sum: each, count: denominators[at] ?? 0, pre: null }, 1), noMoments)
  const { mean, variance } = ratioOf({ ...moments, units: denominators.length })
  const own = variance / denominators.length
  return { ratio: mean, variance_of_ratio: own, se: Math.sqrt(own) }
}

function cuped(input: VectorInput): Figures {
  const [pre, post] = [input.numbers('pre'), input.numbers('post')]
  const units = pre.length
  const [meanPre, meanPost] = [sum(pre) / units, sum(post) / units]
  const deviations = {
    pre: sum(pre.map((value) => (value - meanPre) ** 2)),
    post: sum(post.map((value) => (value - meanPost) ** 2)),
    both: sum(pre.map((value, at) => (value - meanPre) * ((post[at] ?? 0) - meanPost))),
  }
  const { theta, reduction } = slopeOf(deviations)
  const { variance } = spreadOf(units, meanPost * units, deviations.post + units * meanPost ** 2)
  return {
    theta,
    adjusted_mean: meanPost,
    adjusted_variance: variance * (1 - reduction),
    variance_reduction: reduction,
  }
}

function lift(input: VectorInput): Figures {
  const { lift: found, variance } = relativeLift(spread(input, 'control'), spread(input, 'treatment'))
  const error = Math.sqrt(variance)
  const reach = normalQuantile(1 - input.number('alpha') / 2) * error
  return { lift: found, se: error, ci_low: found - reach, ci_high: found + reach }
}

function notWorse(input: VectorInput): Figures {
  const { z, p } = nonInferiority(
    { difference: input.number('diff'), error: input.number('se'), margin: input.number('margin') },
    input.boolean('higher_is_better'),
  )
  return { z, p_one_sided: p, non_inferior: p < input.number('alpha') }
}

function growthbookT(input: VectorInput): Figures {
  const [control, treatment] = [spread(input, 'a'), spread(input, 'b')]
  const { lift: found, variance } = relativeLift(control, treatment)
  const error = Math.sqrt(variance)
  const { degrees } = welch(control, treatment, input.number('alpha'))
  const reach = tQuantile(1 - input.number('alpha') / 2, degrees) * error
  return {
    lift: found,
    se: error,
    df: degrees,
    ci_low: found - reach,
    ci_high: found + reach,
    p_two_sided: 2 * tUpper(Math.abs(found) / error, degrees),
  }
}

function growthbookSequential(input: VectorInput): Figures {
  const [control, treatment] = [spread(input, 'a'), spread(input, 'b')]
  const { lift: found, variance } = relativeLift(control, treatment)
  const error = Math.sqrt(variance)
  const sequence = {
    amount: control.units + treatment.units,
    tuning: input.number('tuning_parameter'),
    alpha: input.number('alpha'),
  }
  const reach = sequenceReach(sequence) * error
  const p = sequentialP(found / error, sequence)
  return { lift: found, se: error, ci_low: found - reach, ci_high: found + reach, p_always_valid: p }
}

function growthbookBayes(input: VectorInput): Figures {
  const { lift: found, variance } = relativeLift(spread(input, 'a'), spread(input, 'b'))
  return { lift: found, se: Math.sqrt(variance), ...gaussian(found, Math.sqrt(variance)) }
}

/** By the name of the statistic. */
export const vectorStatistics: ReadonlyMap<string, (input: VectorInput) => Figures> = new Map([
  ['two_proportion_z', twoProportionsOf],
  [
    'wilson_interval',
    (input) => {
      const share = { successes: input.number('x'), trials: input.number('n') }
      const [low, high] = wilson(share, input.number('alpha'))
      return { low, high }
    },
  ],
  ['welch_t', welchOf],
  ['mann_whitney_u', mannWhitneyOf],
  ['srm_chi_square', sampleRatioOf],
  ['holm', holmOf],
  ['benjamini_hochberg', (input) => ({ adjusted: benjaminiHochberg(input.numbers('p')) })],
  ['sample_size_proportion', sharesPlanned],
  ['sample_size_mean', meansPlanned],
  ['mde_proportion_approx', detectable],
  ['asymptotic_cs', confidenceSequence],
  ['msprt_normal', mixture],
  ['beta_binomial', betaBinomial],
  ['gaussian_bayes', gaussianOf],
  ['ratio_delta', ratio],
  ['cuped', cuped],
  ['norm_cdf', (input) => ({ cdf: normalCdf(input.number('x')), sf: normalUpper(input.number('x')) })],
  ['norm_ppf', (input) => ({ x: normalQuantile(input.number('p')) })],
  [
    't_cdf',
    (input) => {
      const [x, degrees] = [input.number('x'), input.number('df')]
      return { cdf: tUpper(-x, degrees), sf: tUpper(x, degrees) }
    },
  ],
  ['t_ppf', (input) => ({ x: tQuantile(input.number('p'), input.number('df')) })],
  ['chi2_sf', (input) => ({ sf: chiSquareUpper(input.number('x'), input.number('df')) })],
  ['beta_cdf', (input) => ({ cdf: betaCdf(input.number('x'), input.number('a'), input.number('b')) })],
  ['relative_lift', lift],
  ['non_inferiority', notWorse],
  ['gbstats_relative_t', growthbookT],
  ['gbstats_relative_sequential', growthbookSequential],
  ['gbstats_bayesian_relative', growthbookBayes],
])
