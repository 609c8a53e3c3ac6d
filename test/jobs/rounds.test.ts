import { describe, expect, it } from 'vitest'
import { Fault } from '../../src/core/fault.ts'
import type { Observation } from '../../src/core/observation.ts'
import { inRounds, type Rounds } from '../../src/jobs/rounds.ts'

/** Long enough that no round comes by itself during a test. */
const never = 2_000_000_000

function openable(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

function rounds(run: (stopping: () => boolean) => Promise<unknown>, everyMs = never) {
  const observations: Observation[] = []
  const job: Rounds = inRounds({
    what: 'Clocks are wound',
    everyMs,
    run,
    observe: (observation) => void observations.push(observation),
  })
  return { job, observations }
}

describe('rounds', () => {
  it('follow each other by themselves until they are stopped', async () => {
    let count = 0
    const third = openable()
    const { job } = rounds(async () => {
      count += 1
      if (count === 3) third.open()
    }, 1)
    await third.opened
    await job.stop()
    const ended = count
    await new Promise((resolve) => setImmediate(resolve))
    expect(count).toBe(ended)
  })

  it('never overlap: who asks for one meanwhile gets the one that is under way', async () => {
    const gate = openable()
    let count = 0
    const { job } = rounds(() => {
      count += 1
      return gate.opened
    })
    const both = [job.round(), job.round()]
    gate.open()
    await Promise.all(both)
    expect(count).toBe(1)
    await job.round()
    expect(count).toBe(2)
    await job.stop()
  })

  it('that fail say so once, until the reason changes or it goes again', async () => {
    const reasons = ['away', 'away', 'full', null, 'away']
    const { job, observations } = rounds(async () => {
      const reason = reasons.shift()
      if (typeof reason === 'string') throw new Fault('unavailable', `The database is ${reason}.`)
    })
    for (let round = 0; round < 5; round += 1) await job.round()
    await job.stop()
    expect(observations.map((each) => (each.type === 'notice' ? each.message : each.type))).toEqual([
      'Clocks are wound no more for now, it is tried again all the time: The database is away.',
      'Clocks are wound no more for now, it is tried again all the time: The database is full.',
      'Clocks are wound again.',
      'Clocks are wound no more for now, it is tried again all the time: The database is away.',
    ])
  })

  it('that fail as nobody expected are a defect, with the error', async () => {
    const error = new TypeError('undefined is no clock')
    const { job, observations } = rounds(() => Promise.reject(error))
    await job.round()
    await job.stop()
    expect(observations).toEqual([{ type: 'defect', where: 'clocks are wound', error }])
  })

  it('are waited for by a stop, and hear of it', async () => {
    const begun = openable()
    const gate = openable()
    let heard = false
    const { job } = rounds(async (stopping) => {
      begun.open()
      await gate.opened
      heard = stopping()
    })
    const round = job.round()
    await begun.opened
    const stopped = job.stop()
    gate.open()
    await stopped
    expect(heard).toBe(true)
    await round
  })
})
