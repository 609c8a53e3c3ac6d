import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { assign } from '../../src/experiments/assign.ts'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import { createFileSource } from '../../src/snapshot/file-source.ts'
import { versionHash } from '../../src/store/version-hash.ts'
import { running, subject, units } from '../experiments/experiments.ts'
import { nothing, stamp, temporaryDirectory } from './support.ts'

const prompts = `prompts:
  greet:
    aliases: [hello]
    versions:
      - {model: mock/echo, messages: []}
      - {model: mock/echo, messages: []}
experiments:
`

async function load(text: string, files: Readonly<Record<string, string>> = {}) {
  const directory = await temporaryDirectory()
  const file = join(directory, 'promptbox.yaml')
  await writeFile(file, text)
  await mkdir(join(directory, 'prompts'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, 'prompts', name), content)
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

const variants = 'variants: [{name: control}, {name: warmer, version: 2}]'

test('promptbox.yaml has experiments by their slug, which run from the start with their slug as seed', async () => {
  const snapshot = await load(`${prompts}  tone: {prompt: greet, ${variants}, traffic: 0.5}\n`)
  const list = snapshot.experiments.get('default/greet') ?? []
  expect(list.map(({ value }) => value)).toMatchObject([
    {
      slug: 'tone',
      kind: 'experiment',
      seed: 'tone',
      startedAt: 0,
      body: { traffic: 0.5, primary_metric: 'success_rate', unit: 'assigned' },
      phases: [{ number: 1, startedAt: 0, weights: { control: 1, warmer: 1 }, units: null }],
    },
  ])
  // The same as anywhere else with this seed.
  const elsewhere = [running('other', { traffic: 0.5, seed: 'tone' })]
  for (const id of units(50)) {
    expect(assign(list, subject(id))?.variant.name).toBe(assign(elsewhere, subject(id))?.variant.name)
  }
})

test('an experiment may have a seed of its own, and be about a prompt in prompts_dir', async () => {
  const text = `prompts_dir: prompts\nexperiments:\n  tone: {slug: tone, prompt: bye, seed: x, ${variants.replace('2', '1')}}\n`
  const snapshot = await load(text, { 'bye.yaml': 'version: {model: mock/echo, messages: []}\n' })
  expect(snapshot.experiments.get('default/bye')?.[0]?.value.seed).toBe('x')
})

test.each<[string, string, RegExp]>([
  ['no prompt', `  x: {${variants}}\n`, /:8:\d+: `experiments\.x\.prompt` is missing/],
  ['one variant', '  x:\n    prompt: greet\n    variants: [{name: a}]\n', /:10:\d+: .*at least two variants/],
  [
    'a field that is not one',
    `  x:\n    prompt: greet\n    ${variants}\n    trafic: 0.5\n`,
    /:11:\d+: `experiments\.x\.trafic` is not a known field/,
  ],
  [
    'parts that do not fit each other',
    '  x:\n    prompt: greet\n    variants:\n      - {name: a}\n      - name: a\n',
    /:12:\d+: `variants\[1\]\.name` is the name of an earlier variant/,
  ],
  [
    'targeting by what there is not',
    `  x:\n    prompt: greet\n    ${variants}\n    targeting:\n      all:\n        - {attribute: colour, equals: red}\n`,
    /:13:\d+: .*must be `locale`/,
  ],
  ['a prompt that is not there', `  x:\n    ${variants}\n    prompt: gret\n`, /:10:\d+: There is no prompt 'gret'/],
  ['an alias', `  x:\n    ${variants}\n    prompt: hello\n`, /:10:\d+: 'hello' is an alias\. Write the slug, 'greet'/],
  [
    'a version that is not there',
    '  x:\n    prompt: greet\n    variants:\n      - {name: a}\n      - {name: b, version: 3}\n',
    /:12:\d+: Variant 'b' wants version 3 of prompt 'greet', which is not there/,
  ],
  ['another slug', `  x: {slug: y, prompt: greet, ${variants}}\n`, /:8:\d+: The slug is 'x' already/],
  ['a slug that is none', `  "A B": {prompt: greet, ${variants}}\n`, /:8:3: /],
])('a mistake in an experiment is said with its place: %s', async (_name, text, expected) => {
  await expect(load(`${prompts}${text}`)).rejects.toThrow(expected)
})
