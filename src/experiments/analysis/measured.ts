import type { MetricFacts } from '../../contract/experiment-metrics.ts'
import type { MetricMoments } from '../statistics.ts'
import { ratioOf } from './means.ts'
import { type Spread, spreadOf } from './moments.ts'

/** Mean and variance of one metric over units as measured: neither cut nor adjusted. */
export function measuredSpread(kind: MetricFacts['kind'], moments: MetricMoments): Spread {
  return kind === 'ratio' ? ratioOf(moments) : spreadOf(moments.units, moments.m, moments.mm)
}
