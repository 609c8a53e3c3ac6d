import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inTurns } from '../../src/pipeline/in-turns.ts'
import { turns, unheardDuring } from './guarded-chat.ts'

describe('tasks in turns', () => {
  it('are all done, begun in their order, so many at a time and never more', async () => {
    const lengths = fc.array(fc.nat(3), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(lengths, fc.integer({ min: 1, max: 8 }), async (rests, atOnce) => {
        const begun: number[] = []
        const done: number[] = []
        let open = 0
        let most = 0
        const tasks = rests.map((rest, index) => async () => {
          begun.push(index)
          most = Math.max(most, (open += 1))
          for (let each = 0; each < rest; each += 1) await Promise.resolve()
          open -= 1
          done.push(index)
        })
        await inTurns(tasks, atOnce)
        expect(begun).toEqual([...rests.keys()])
        expect(done.toSorted((left, right) => left - right)).toEqual(begun)
        expect(most).toBeLessThanOrEqual(atOnce)
        if (rests.length >= atOnce && rests.every((rest) => rest > 0)) expect(most).toBe(atOnce)
      }),
    )
  })

  it('are none, and it is done', async () => {
    await expect(inTurns([], 8)).resolves.toBeUndefined()
  })

  it('are not begun any more once it is over, and those that were are waited for', async () => {
    const begun: number[] = []
    const done: number[] = []
    let isOver = false
    const tasks = Array.from({ length: 10 }, (_, index) => async () => {
      begun.push(index)
      if (index === 2) isOver = true
      await setImmediate()
      done.push(index)
    })
    await inTurns(tasks, 4, () => isOver)
    expect(begun).toEqual([0, 1, 2])
    expect(done).toEqual([0, 1, 2])
    await inTurns(tasks, 4, () => true)
    expect(begun).toHaveLength(3)
  })

  it('end with the first that fails, and nothing that fails later is left unheard', async () => {
    const unheard = await unheardDuring(async () => {
      const failing = (index: number) => async () => {
        for (let each = 0; each < index; each += 1) await setImmediate()
        throw new Error(`task ${index}`)
      }
      await expect(inTurns([failing(3), failing(1), failing(2)], 3)).rejects.toThrow('task 1')
      await turns()
    })
    expect(unheard).toEqual([])
  })
})
