import type { Clock } from '../core/clock.ts'
import type { Observe } from '../core/observation.ts'
import type { ExchangeRecord } from '../core/record.ts'

const quietMs = 60_000
/** Guardrails that are remembered; after more the memory starts over, so that one may be named again, never passed over. */
const mostRemembered = 1_000

interface Said {
  readonly at: number
  /** Failures since, which were not said. */
  unsaid: number
}

/**
 * Says `guardrail-failed` of exchanges in which a guardrail could not look: for each guardrail and stage at once, and then
 * at most once a minute with how many there were in between. One that is away would fill the log.
 */
export function announceGuardrailFailures(observe: Observe, clock: Pick<Clock, 'monotonic'>): Observe {
  const said = new Map<string, Said>()

  const announce = (record: ExchangeRecord): void => {
    for (const { guardrail, stage, verdict, problem } of record.guardrailResults ?? []) {
      if (verdict !== 'error') continue
      const key = `${record.tenantId} ${guardrail} ${stage}`
      const now = clock.monotonic()
      const last = said.get(key)
      if (last !== undefined && now - last.at < quietMs) {
        last.unsaid += 1
        continue
      }
      if (said.size >= mostRemembered) said.clear()
      said.set(key, { at: now, unsaid: 0 })
      observe({
        type: 'guardrail-failed',
        requestId: record.requestId,
        guardrail,
        stage,
        problem: problem ?? 'it does not say why',
        unsaid: last?.unsaid ?? 0,
      })
    }
  }

  return (observation) => {
    if (observation.type === 'exchange-settled') announce(observation.record)
  }
}
