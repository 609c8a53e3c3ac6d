import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Admission, Circuit, type CircuitSettings, type Verdict } from '../../src/pipeline/circuit.ts'
import { SlidingWindow } from '../../src/pipeline/sliding-window.ts'

const settings: CircuitSettings = {
  windowMs: 10_000,
  minimumCalls: 10,
  failurePercent: 50,
  consecutiveFailures: 5,
  coolDownMs: 1_000,
  longestCoolDownMs: 3_000,
  probes: 2,
}

/** A circuit, the time, and what it said of its state. */
function bench(changes: Partial<CircuitSettings> = {}) {
  const states: string[] = []
  const circuit = new Circuit({ ...settings, ...changes }, (state) => states.push(state))
  let now = 0
  const admit = (): Admission => {
    const admission = circuit.admit(now)
    if (admission === null) throw new Error('The call was refused.')
    return admission
  }
  return {
    circuit,
    states,
    admit,
    pass: (milliseconds: number) => void (now += milliseconds),
    now: () => now,
    end: (admission: Admission, verdict: Verdict) => {
      circuit.ended(admission, verdict, now)
    },
    call: (verdict: Verdict, times = 1) => {
      for (let time = 0; time < times; time++) circuit.ended(admit(), verdict, now)
    },
    refused: () => circuit.admit(now) === null,
  }
}

describe('a closed circuit', () => {
  it('opens after so many failures in a row', () => {
    const { call, refused, circuit } = bench()
    call('bad', 4)
    expect(refused()).toBe(false)
    call('bad')
    expect(refused()).toBe(true)
    expect(circuit.state).toBe('open')
  })

  it('opens when half of at least ten calls failed, and not with fewer', () => {
    const { call, circuit } = bench()
    for (let pair = 0; pair < 4; pair++) {
      call('good')
      call('bad')
    }
    call('good')
    expect(circuit.state).toBe('closed')
    call('bad')
    expect(circuit.state).toBe('open')
  })

  it('forgets failures that lie behind its window', () => {
    const { call, pass, circuit } = bench({ consecutiveFailures: 100 })
    call('bad', 9)
    pass(settings.windowMs + 1_000)
    call('good', 6)
    call('bad', 5)
    expect(circuit.state).toBe('closed')
  })

  it('takes no notice of calls that say nothing', () => {
    const { call, circuit } = bench()
    for (let time = 0; time < 4; time++) {
      call('bad')
      call('neither', 20)
    }
    expect(circuit.state).toBe('closed')
    call('bad')
    expect(circuit.state).toBe('open')
  })
})

describe('an open circuit', () => {
  it('says when asking again may help', () => {
    const { call, circuit, pass, now } = bench()
    call('bad', 5)
    pass(400)
    expect(circuit.readyInMs(now())).toBe(600)
  })

  it('lets so many probes through after its cool-down, and closes when as many ended well', () => {
    const { call, admit, end, pass, refused, circuit, states } = bench()
    call('bad', 5)
    pass(1_000)
    const probes = [admit(), admit()]
    expect(refused()).toBe(true)
    for (const probe of probes) end(probe, 'good')
    expect(circuit.state).toBe('closed')
    expect(states).toEqual(['open', 'half-open', 'closed'])
    call('bad', 4)
    expect(circuit.state).toBe('closed')
  })

  it('stays open twice as long after each probe that failed, up to the bound', () => {
    const { call, pass, refused } = bench()
    call('bad', 5)
    for (const coolDownMs of [1_000, 2_000, 3_000, 3_000]) {
      pass(coolDownMs - 1)
      expect(refused()).toBe(true)
      pass(1)
      call('bad')
    }
  })

  it('begins with the short cool-down again once it was closed', () => {
    const { call, pass, refused } = bench({ probes: 1 })
    call('bad', 5)
    pass(1_000)
    call('bad')
    pass(2_000)
    call('good')
    call('bad', 5)
    pass(999)
    expect(refused()).toBe(true)
    pass(1)
    expect(refused()).toBe(false)
  })

  it('gives the place of a probe that was hung up on to another', () => {
    const { call, admit, end, pass, refused, circuit } = bench({ probes: 1 })
    call('bad', 5)
    pass(1_000)
    const probe = admit()
    expect(refused()).toBe(true)
    end(probe, 'neither')
    expect(circuit.state).toBe('half-open')
    expect(refused()).toBe(false)
  })

  it('is not moved by calls that began before it opened', () => {
    const { call, admit, end, pass, circuit } = bench()
    const [early, another] = [admit(), admit()]
    call('bad', 5)
    end(early, 'good')
    expect(circuit.state).toBe('open')
    pass(1_000)
    admit()
    end(another, 'bad')
    expect(circuit.state).toBe('half-open')
  })

  it('is not moved by a probe of an earlier opening', () => {
    const { call, admit, end, pass, circuit } = bench()
    call('bad', 5)
    pass(1_000)
    const [slow, quick] = [admit(), admit()]
    end(quick, 'bad')
    pass(2_000)
    const probes = [admit(), admit()]
    end(slow, 'bad')
    expect(circuit.state).toBe('half-open')
    for (const probe of probes) end(probe, 'good')
    expect(circuit.state).toBe('closed')
  })
})

describe('a call that has nobody else to ask', () => {
  it('passes an open circuit, one at a time until its answer begins', () => {
    const { call, circuit } = bench()
    call('bad', 5)
    const first = circuit.admitAnyway()
    expect(first).not.toBeNull()
    expect(circuit.admitAnyway()).toBeNull()
    if (first !== null) circuit.begun(first)
    expect(circuit.admitAnyway()).not.toBeNull()
  })

  it('finds out early that the target is well', () => {
    const { call, circuit, end } = bench({ probes: 1 })
    call('bad', 5)
    const only = circuit.admitAnyway()
    if (only !== null) end(only, 'good')
    expect(circuit.state).toBe('closed')
  })

  it('makes nothing worse when it fails', () => {
    const { call, circuit, end, pass, refused } = bench()
    call('bad', 5)
    const only = circuit.admitAnyway()
    if (only !== null) end(only, 'bad')
    pass(1_000)
    expect(refused()).toBe(false)
  })
})

const steps = fc.array(
  fc.oneof(
    fc.record({ step: fc.constant('admit' as const) }),
    fc.record({ step: fc.constant('anyway' as const) }),
    fc.record({ step: fc.constant('pass' as const), milliseconds: fc.nat(3_000) }),
    fc.record({
      step: fc.constant('end' as const),
      which: fc.nat(20),
      verdict: fc.constantFrom<Verdict>('good', 'bad', 'bad', 'neither'),
    }),
  ),
  { maxLength: 200 },
)

describe('whatever happens', () => {
  it('a circuit never stays shut: when its calls are over and its time has come, one passes', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const circuit = new Circuit(settings, () => undefined)
        let now = 0
        const running: Admission[] = []
        for (const each of list) {
          if (each.step === 'pass') now += each.milliseconds
          else if (each.step === 'end') {
            const [admission] = running.splice(each.which % Math.max(1, running.length), 1)
            if (admission !== undefined) circuit.ended(admission, each.verdict, now)
          } else {
            const admission = each.step === 'admit' ? circuit.admit(now) : circuit.admitAnyway()
            if (admission !== null) running.push(admission)
          }
        }
        for (const admission of running) circuit.ended(admission, 'neither', now)
        expect(circuit.admitAnyway()).not.toBeNull()
        now += settings.longestCoolDownMs
        expect(circuit.admit(now)).not.toBeNull()
      }),
    )
  })
})

describe('a sliding window', () => {
  it('counts what lies within it, to a tenth', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ after: fc.nat(400), failed: fc.boolean() }), { maxLength: 100 }), (calls) => {
        const window = new SlidingWindow(1_000)
        let now = 0
        const times: { readonly at: number; readonly failed: boolean }[] = []
        for (const { after, failed } of calls) {
          now += after
          window.add(failed, now)
          times.push({ at: now, failed })
        }
        const inside = times.filter(({ at }) => Math.floor(at / 100) > Math.floor(now / 100) - 10)
        expect(window.count(now)).toEqual({
          calls: inside.length,
          failures: inside.filter(({ failed }) => failed).length,
        })
      }),
    )
  })
})
