import { Counter, Gauge, type Registry } from 'prom-client'
import type { Observation } from '../core/observation.ts'
import { boundedLabel } from './series.ts'

type CircuitChanged = Extract<Observation, { readonly type: 'circuit-changed' }>

/**
 * Which targets are left alone or tried out, and how often that began. The gauge counts them, because one model may be
 * called at several addresses and models beyond the limit share a label; those that never failed are in no series.
 */
export function createCircuitMetrics(registry: Registry, modelLimit: number): (changed: CircuitChanged) => void {
  const modelLabel = boundedLabel(modelLimit)
  const circuits = new Gauge({
    name: 'promptbox_circuits',
    help: 'Models at an address that are not called as usual: open, not at all; half_open, tried out.',
    labelNames: ['provider', 'model', 'state'],
    registers: [registry],
  })
  const opens = new Counter({
    name: 'promptbox_circuit_opens_total',
    help: 'Times that a model began to be left alone because it kept failing.',
    labelNames: ['provider', 'model'],
    registers: [registry],
  })
  return ({ provider, model: name, state, before }) => {
    const model = modelLabel(name)
    if (state === 'open') opens.inc({ provider, model })
    if (before !== 'closed') circuits.dec({ provider, model, state: labelOf(before) })
    if (state !== 'closed') circuits.inc({ provider, model, state: labelOf(state) })
  }
}

function labelOf(state: 'open' | 'half-open'): string {
  return state === 'open' ? 'open' : 'half_open'
}
