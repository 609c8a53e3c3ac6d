import { expect, it } from 'vitest'
import { parseYaml } from '../../src/interchange/yaml-document.ts'

it.each([
  ['a quote that is never closed', 'a: 1\nb: "x\nc: 3\nd: 4\n', '2:4'],
  ['a quote in a list that is never closed', 'a:\n  - {role: user, content: "x}\nb: 1\n', '2:27'],
  ['a bracket that is never closed', 'a: 1\nb: [1, 2\nc: 3\n', '2:4'],
  ['a brace that is never closed', 'a: 1\nb: {c: 1, d: [2]\ne: 2\n', '2:4'],
  ['a tab', 'a:\n  b: 1\n\tc: 2\n', '3:1'],
  ['a key that is there twice', 'a: 1\nb: 2\na: 3\n', '3:1'],
  ['a key without a colon', 'a:\n  b: 1\n  version\n  c: 2\n', '3:3'],
])('%s is a mistake of the line where it stands', (_what, text, place) => {
  const [mistake] = parseYaml(text).mistakes
  expect(`${mistake?.line}:${mistake?.column}`).toBe(place)
})
