import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Fault } from '../../src/core/fault.ts'
import type { GuardrailType } from '../../src/guardrails/guardrail.ts'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import { createFileSource } from '../../src/snapshot/file-source.ts'
import { versionHash } from '../../src/store/version-hash.ts'
import { nothing, stamp, temporaryDirectory } from './support.ts'

// What files may say is the same for every type; one that is sure to stay as it is here.
const types = vi.hoisted(() => new Map<string, unknown>())
vi.mock('../../src/guardrails/index.ts', () => ({ guardrailTypes: types }))

const letters: GuardrailType<{ letters: string[] }> = {
  type: 'letters',
  summary: 'Finds letters.',
  isRemote: false,
  settings: z.strictObject({ letters: z.array(z.string().max(1, 'must be one letter')) }),
  hasSpans: true,
  roles: ['user'],
  create(settings) {
    const at = settings.letters.indexOf('?')
    if (at >= 0)
      throw new Fault('invalid_request', 'A question mark is no letter.', { param: `settings.letters[${at}]` })
    return { reach: 'whole', open: () => ({ push: () => 0, end: () => undefined }) }
  },
}

types.set(letters.type, letters)

async function load(text: string) {
  const file = join(await temporaryDirectory(), 'promptbox.yaml')
  await writeFile(file, text)
  const source = createFileSource({
    file,
    required: true,
    context: { tenantId: 'default', environment: {}, versionHash },
    limits: { maxFileBytes: 100_000, maxFiles: 100 },
    observe: () => undefined,
    pollMs: 50,
  })
  return applyChanges(nothing(), (await source.load())?.changes ?? [], stamp)
}

test('promptbox.yaml has guardrails by their slug, with what is left out as the admin API has it', async () => {
  const snapshot = await load(`
guardrails:
  late: {type: letters, settings: {letters: [x]}, order: 500, enabled: false}
  early:
    slug: early
    type: letters
    action: block
    stages: [input]
    settings: {letters: [a, ü]}
    scope: {categories: [mail]}
`)
  expect(snapshot.guardrails.get('default')).toEqual([
    {
      slug: 'early',
      body: {
        type: 'letters',
        stages: ['input'],
        action: 'block',
        severity: 'warning',
        mode: 'enforce',
        settings: { letters: ['a', 'ü'] },
        scope: { categories: ['mail'] },
        order: 100,
        enabled: true,
      },
    },
    expect.objectContaining({ slug: 'late' }),
  ])
})

test.each<[string, string, RegExp]>([
  ['an unknown type', '  x: {type: leters}\n', /:2:\d+: .*`letters`/],
  ['no type', '  x: {}\n', /:2:3: `guardrails\.x\.type` is missing/],
  [
    'a field that is not one',
    '  x:\n    type: letters\n    setings: {}\n',
    /:4:\d+: `guardrails\.x\.setings` is not a known field/,
  ],
  [
    'settings that do not fit the type',
    '  x:\n    type: letters\n    settings:\n      letters:\n        - a\n        - bc\n',
    /:7:11: `settings\.letters\[1\]` must be one letter/,
  ],
  [
    'settings that the type cannot use',
    '  x:\n    type: letters\n    settings:\n      letters:\n        - a\n        - "?"\n',
    /:7:11: A question mark is no letter/,
  ],
  [
    'a stream that the type cannot read',
    '  x:\n    type: letters\n    stream_mode: redact\n    settings: {letters: []}\n',
    /:4:\d+: `stream_mode` cannot be `redact`/,
  ],
  ['another slug', '  x: {slug: y, type: letters, settings: {letters: []}}\n', /:2:\d+: The slug is 'x' already/],
  ['a slug that is none', '  "a,b": {type: letters, settings: {letters: []}}\n', /:2:3: /],
])('a mistake in a guardrail is said with its place: %s', async (_name, text, expected) => {
  await expect(load(`guardrails:\n${text}`)).rejects.toThrow(expected)
})
