import { expect, test } from 'vitest'
import { createTurns } from '../../src/core/turns.ts'

test('work of one key follows each other, also behind work that failed; other keys do not wait', async () => {
  const inTurn = createTurns()
  const seen: string[] = []
  let letFirstEnd = (): void => undefined
  const first = inTurn('a', async () => {
    seen.push('first begins')
    await new Promise<void>((resolve) => (letFirstEnd = resolve))
    seen.push('first ends')
    throw new RangeError('failed')
  })
  const second = inTurn('a', async () => {
    seen.push('second')
    return 2
  })
  await inTurn('b', async () => void seen.push('other'))
  letFirstEnd()
  await expect(first).rejects.toThrow('failed')
  expect(await second).toBe(2)
  expect(await inTurn('a', async () => 3)).toBe(3)
  expect(seen).toEqual(['first begins', 'other', 'first ends', 'second'])
})
