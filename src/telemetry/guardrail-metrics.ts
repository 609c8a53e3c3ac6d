import type { Registry } from 'prom-client'
import type { ExchangeRecord, GuardrailResult } from '../core/record.ts'
import { type Cell, type Distribution, boundedLabel, createCounter, createHistogram, kept } from './series.ts'

/** From what a word list needs to what a model is waited for. */
const secondsBounds = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
  1, 2.5, 5, 10,
]

interface StageCells {
  readonly looks: Map<string, Cell>
  readonly duration: Distribution
}

/** What guardrails said of one settled exchange. `most`: guardrails with series of their own; later ones are `other`. */
export function createGuardrailMetrics(registry: Registry, most: number) {
  const looks = createCounter(
    registry,
    'promptbox_guardrail_looks_total',
    'Looks of guardrails at one stage of an exchange, by what they said; in shadow mode what they would have.',
    ['guardrail', 'stage', 'verdict', 'mode'],
  )
  const duration = createHistogram(
    'promptbox_guardrail_duration_seconds',
    'That a guardrail took for one stage of an exchange.',
    secondsBounds,
  )
  const cells = new Map<string, Record<GuardrailResult['stage'], StageCells>>()
  const label = boundedLabel(most)

  const cellsOf = (guardrail: string): Record<GuardrailResult['stage'], StageCells> => {
    const at = (stage: string): StageCells => ({
      looks: new Map(),
      duration: duration.distribution({ guardrail, stage }),
    })
    return kept(cells, guardrail, () => ({ input: at('input'), output: at('output') }))
  }

  return {
    count({ guardrailResults }: Pick<ExchangeRecord, 'guardrailResults'>): void {
      if (guardrailResults === undefined) return
      for (const { guardrail: slug, stage, verdict, mode, tookMs } of guardrailResults) {
        const guardrail = label(slug)
        const own = cellsOf(guardrail)[stage]
        const make = (): Cell => looks.cell({ guardrail, stage, verdict, mode })
        kept(own.looks, mode === 'shadow' ? `shadow ${verdict}` : verdict, make).value += 1
        // What had no way to look took no time, which would make all the others seem faster.
        if (verdict !== 'skipped') own.duration.observe(tookMs / 1000)
      }
    },
    renderHistogram: () => `${duration.render()}\n`,
  }
}
