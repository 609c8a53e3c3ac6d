import type { Forwarding } from '../forward/forwarding.ts'

// A placeholder until its helper writes it.
export const responsesForwarding: Forwarding = {
  endMark: null,
  wholeUsage: () => null,
  event: () => ({ usage: null, state: 'open' }),
}
