import { expect, it } from 'vitest'
import { ThinkingMemory } from '../../src/providers/thinking-memory.ts'

it('forgets what was used longest ago, and keeps to its bounds with ids of any length', () => {
  const memory = new ThinkingMemory({ maxEntries: 3, maxChars: 100 })
  for (const key of ['a', 'b', 'c']) memory.remember('t', key, key)
  expect(memory.recall('t', 'a')).toBe('a')
  memory.remember('t', 'd', 'd')
  expect(['a', 'b', 'c', 'd'].map((key) => memory.recall('t', key))).toEqual(['a', null, 'c', 'd'])
  memory.remember('t', 'x'.repeat(80), 'y')
  expect(['a', 'c', 'd'].map((key) => memory.recall('t', key))).toEqual([null, 'c', 'd'])
  memory.remember('t', 'x'.repeat(100), 'y')
  expect(memory.recall('t', 'x'.repeat(100))).toBeNull()
})
