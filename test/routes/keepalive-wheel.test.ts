import { afterEach, describe, expect, it } from 'vitest'
import { KeepaliveWheel } from '../../src/routes/keepalive-wheel.ts'

const wheels: KeepaliveWheel[] = []
afterEach(() => {
  for (const wheel of wheels.splice(0)) wheel.stop()
})

/** A wheel that only a test turns, and one stream on it that counts its comments. */
function wheelWithStream(): {
  wheel: KeepaliveWheel
  stream: { lastRound: number; comments: number; keepAlive(): void }
} {
  const wheel = new KeepaliveWheel(3_600_000)
  wheels.push(wheel)
  const stream = {
    lastRound: 0,
    comments: 0,
    keepAlive: () => {
      stream.comments += 1
    },
  }
  wheel.add(stream)
  return { wheel, stream }
}

describe('the keepalive wheel', () => {
  it('sends a comment before the interval, four rounds, is over, and at every further one', () => {
    const { wheel, stream } = wheelWithStream()
    const comments = Array.from({ length: 9 }, () => {
      wheel.turn()
      return stream.comments
    })
    expect(comments).toEqual([0, 0, 0, 1, 1, 1, 1, 2, 2])
  })

  it('leaves a stream alone that writes, and one that has ended', () => {
    const { wheel, stream } = wheelWithStream()
    for (let round = 0; round < 12; round++) {
      wheel.turn()
      stream.lastRound = wheel.round
    }
    wheel.remove(stream)
    for (let round = 0; round < 12; round++) wheel.turn()
    expect(stream.comments).toBe(0)
    expect(wheel.size).toBe(0)
  })
})
