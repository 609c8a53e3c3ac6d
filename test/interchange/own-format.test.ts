import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Imported, InterchangeFile } from '../../src/interchange/imported.ts'
import {
  type Bundle,
  type BundlePrompt,
  orderedBundle,
  toBundleJson,
  toBundleYaml,
  toDirectory,
} from '../../src/interchange/promptbox/bundle.ts'
import { fromDirectory } from '../../src/interchange/promptbox/read.ts'
import { bundlePrompt } from './generated-prompts.ts'

const ways: readonly (readonly [number, string, (bundle: Bundle) => readonly InterchangeFile[]])[] = [
  [1000, 'a directory', toDirectory],
  [1000, 'one JSON file', (bundle) => [{ path: 'prompts.json', text: toBundleJson(bundle) }]],
  [
    10,
    'one file that is called as that of a folder',
    (bundle) => [{ path: 'prompt.yaml', text: toBundleYaml(bundle) }],
  ],
  [100, 'one YAML file', (bundle) => [{ path: 'prompts.yaml', text: toBundleYaml(bundle) }]],
]

function asBundle({ prompts }: Imported): Bundle {
  return orderedBundle(
    prompts.map(({ slug, metadata, versions, labels }): BundlePrompt => ({
      ...metadata,
      name: metadata.name ?? slug,
      slug,
      versions,
      labels,
    })),
  )
}

describe('export, then import, is the identity', () => {
  const thousand = Array.from({ length: 1000 }, (_, index) =>
    fc.sample(bundlePrompt(index), { numRuns: 1, seed: index }),
  ).flat()

  test.each(ways)('for %i prompts, as %s', (count, _name, write) => {
    const bundle = orderedBundle(thousand.slice(0, count))
    const files = write(bundle)
    const imported = fromDirectory(files)
    expect(imported.prompts.flatMap(({ problems }) => problems)).toEqual([])
    expect(imported.notes).toEqual([])
    const again = asBundle(imported)
    expect(again).toEqual(JSON.parse(JSON.stringify(bundle)))
    expect(write(again)).toEqual(files)
  })
})

describe('a directory', () => {
  const head = { path: 'greet/prompt.yaml', text: 'name: Greet\nlabels:\n  production: 2\n' }
  const version = (number: string, content: string) => ({
    path: `greet/versions/${number}.yaml`,
    text: `model: mock/echo\nmessages:\n  - role: user\n    content: ${content}\n`,
  })

  test('has long texts as blocks, so that a diff shows the lines that changed', () => {
    const bundle = orderedBundle([
      {
        slug: 'greet',
        name: 'Greet',
        labels: { production: 1 },
        versions: [
          {
            model: 'mock/echo',
            messages: [{ role: 'system', content: 'Be kind.\n\n  Be brief.\n' }],
            parameters: { temperature: 0.2 },
          },
        ],
      },
    ])
    expect(toDirectory(bundle)).toEqual([
      { path: 'greet/prompt.yaml', text: 'slug: greet\nname: Greet\nlabels:\n  production: 1\n' },
      {
        path: 'greet/versions/0001.yaml',
        text: 'model: mock/echo\nmessages:\n  - role: system\n    content: |\n      Be kind.\n\n        Be brief.\nparameters:\n  temperature: 0.2\n',
      },
    ])
  })

  test('may stand anywhere, and may be written by hand', () => {
    const { prompts, notes } = fromDirectory(
      [head, version('2', 'two'), version('0001', 'one')].map((file) => ({
        ...file,
        path: `repository/prompts/${file.path}`,
      })),
    )
    expect(notes).toEqual([])
    expect(prompts).toMatchObject([
      {
        slug: 'greet',
        problems: [],
        labels: { production: 2 },
        versions: [{ messages: [{ content: 'one' }] }, { messages: [{ content: 'two' }] }],
      },
    ])
  })

  test.each([
    ['a gap', [head, version('0001', 'one'), version('0003', 'three')], /0003\.yaml: .*2 is missing/],
    ['a number twice', [head, version('0001', 'one'), version('1', 'one')], /there twice/],
    [
      'another file',
      [head, version('0001', 'one'), version('0002', 'two'), version('notes', 'x')],
      /notes\.yaml: A file of a version is named/,
    ],
    ['broken YAML', [head, version('0001', 'one'), version('0002', '"open')], /greet\/versions\/0002\.yaml:\d+:\d+: /],
    [
      'a field that does not exist',
      [head, { ...version('0001', 'one'), text: 'modle: x\nmodel: mock/echo\nmessages: []\n' }],
      /0001\.yaml: version 1: `modle` is not a known field/,
    ],
    ['a label without its version', [head, version('0001', 'one')], /`labels\.production` points to version 2/],
    ['another slug', [{ ...head, text: 'slug: other\n' }, version('0001', 'one')], /The slug is 'greet' already/],
  ])('with %s says where, and is not taken', (_name, files, expected) => {
    const { prompts } = fromDirectory(files)
    expect(prompts).toHaveLength(1)
    expect(prompts[0]?.problems.join('\n')).toMatch(expected)
  })
})

test('a bundle of a later format is not taken for one of ours', () => {
  const { prompts, notes } = fromDirectory([
    { path: 'b.json', text: '{"format": "promptbox/2", "prompts": [{"slug": "a"}]}' },
  ])
  expect(prompts).toEqual([])
  expect(notes).toMatchObject([{ field: 'format', severity: 'dropped' }])
})

test('what a bundle has besides prompts is reported', () => {
  const text = JSON.stringify({ format: 'promptbox/1', prompts: [], chains: [{ slug: 'x' }], more: 1 })
  expect(fromDirectory([{ path: 'b.json', text }]).notes).toMatchObject([{ field: 'chains' }, { field: 'more' }])
})
