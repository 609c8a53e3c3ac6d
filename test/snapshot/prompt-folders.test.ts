import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { orderedBundle, toDirectory } from '../../src/interchange/promptbox/bundle.ts'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import { createFileSource } from '../../src/snapshot/file-source.ts'
import type { Fallback } from '../../src/snapshot/layers.ts'
import { versionHash } from '../../src/store/version-hash.ts'
import { createObserved, nothing, stamp, temporaryDirectory } from './support.ts'

/** `prompts_dir` with a folder for each prompt, as an export writes it. */

const version = (text: string) => `model: mock/echo\nmessages:\n  - role: user\n    content: ${text}\n`
const greet = {
  'greet/prompt.yaml': 'name: Greet\naliases: [hello]\nlabels:\n  production: 1\n  staging: 2\n',
  'greet/versions/0001.yaml': version('one'),
  'greet/versions/0002.yaml': version('two'),
}

async function write(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
}

async function scene(files: Readonly<Record<string, string>>) {
  const directory = await temporaryDirectory()
  const prompts = join(directory, 'prompts')
  await mkdir(prompts)
  await write(prompts, files)
  await writeFile(join(directory, 'promptbox.yaml'), 'prompts_dir: prompts\n')
  const observed = createObserved()
  const source = createFileSource({
    file: join(directory, 'promptbox.yaml'),
    required: true,
    context: { tenantId: 'default', environment: {}, versionHash },
    limits: { maxFileBytes: 100_000, maxFiles: 20 },
    observe: observed.observe,
    pollMs: 50,
  })
  const load = async () => applyChanges(nothing(), (await source.load())?.changes ?? [], stamp)
  const mistakes = async () => {
    const error: unknown = await source.load().then(
      () => null,
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof Error)) throw new Error('The files were taken.')
    return error.message.replaceAll(`${prompts}/`, '')
  }
  return { source, prompts, observed, load, mistakes }
}

describe('a folder in prompts_dir', () => {
  test('is a prompt with its versions and labels, beside files that are', async () => {
    const { load } = await scene({
      ...greet,
      'bye.yaml': 'version: {model: mock/echo, messages: []}\n',
      'README.md': '#',
    })
    const snapshot = await load()
    expect([...snapshot.prompts.keys()].sort()).toEqual(['default/bye', 'default/greet', 'default/hello'])
    const found = snapshot.prompts.get('default/greet')
    expect(Object.fromEntries(found?.labels ?? [])).toEqual({ production: 1, staging: 2 })
    expect(found?.versions.get(2)?.compiled().body.messages).toEqual([{ role: 'user', content: 'two' }])
  })

  test('may have its versions in prompt.yaml, and may hold nothing for us', async () => {
    const { load } = await scene({
      'greet/prompt.yml': `version:\n  model: mock/echo\n  messages: []\n`,
      'notes/todo.txt': 'x',
      '.git/prompt.yaml': 'broken: [',
    })
    expect([...(await load()).prompts.keys()]).toEqual(['default/greet'])
  })

  test('is what an export writes', async () => {
    const body = { model: 'mock/echo', messages: [{ role: 'system', content: 'Be kind.\n  Be brief.\n' }] }
    const bundle = orderedBundle([{ slug: 'kind', name: 'Kind', labels: { production: 1 }, versions: [body] }])
    const { load } = await scene(Object.fromEntries(toDirectory(bundle).map(({ path, text }) => [path, text])))
    expect((await load()).prompts.get('default/kind')?.versions.get(1)?.hash).toBe(versionHash(body))
  })

  test.each([
    [
      'a mistake in a version',
      { 'greet/versions/0002.yaml': 'model: mock/echo\nmessages: []\nretries: many\n' },
      /greet\/versions\/0002\.yaml:3:1: `retries` must be/,
    ],
    [
      'a template that is none',
      { 'greet/versions/0001.yaml': version('"{{open"') },
      /0001\.yaml:4:5: `messages\[0\]\.content` is no template/,
    ],
    ['broken YAML', { 'greet/versions/0001.yaml': 'model: "open\n' }, /0001\.yaml:\d+:\d+: /],
    [
      'a mistake in prompt.yaml',
      { 'greet/prompt.yaml': 'name: Greet\nalias: [x]\n' },
      /greet\/prompt\.yaml:2:1: `alias` is not a known field/,
    ],
    [
      'versions in both places',
      { 'greet/prompt.yaml': `versions: []\n` },
      /greet\/prompt\.yaml:1:1: `versions` must not stand here/,
    ],
    ['a gap', { 'greet/versions/0004.yaml': version('four') }, /greet\/versions\/0004\.yaml:1:1: .*3 is missing/],
    [
      'a stray file',
      { 'greet/versions/notes.txt': 'x' },
      /greet\/versions\/notes\.txt:1:1: A file of a version is named/,
    ],
    ['two heads', { 'greet/prompt.json': '{}' }, /greet\/prompt\.yaml:1:1: The folder has prompt\.json already/],
    [
      'a label without its version',
      { 'greet/prompt.yaml': 'labels: {production: 3}\n' },
      /greet\/prompt\.yaml:1:10: .*version 3/,
    ],
    [
      'a name that is no slug',
      { 'Greet Me/prompt.yaml': 'version: {model: mock/echo, messages: []}\n' },
      /Greet Me\/prompt\.yaml:1:1: The folder is named for its prompt/,
    ],
    [
      'a file of the same name',
      { 'greet.yaml': 'version: {model: mock/echo, messages: []}\n' },
      /Prompt 'greet' is there twice/,
    ],
    [
      'too many files',
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`p${index}/prompt.yaml`, ''])),
      /more than 20/,
    ],
  ])('with %s is refused, with file and line', async (_name, changed, expected) => {
    const { mistakes } = await scene({ ...greet, ...changed })
    expect(await mistakes()).toMatch(expected)
  })

  test('without prompt.yaml is refused', async () => {
    const { mistakes } = await scene({ 'greet/versions/0001.yaml': version('one') })
    expect(await mistakes()).toMatch(/greet\/prompt\.yaml:1:1: It is missing/)
  })
})

describe('a change in a folder', () => {
  async function following() {
    const made = await scene(greet)
    await made.source.load()
    const taken: Fallback[] = []
    let wake = () => {}
    onTestFinished(
      made.source.follow(async (fallback) => {
        taken.push(fallback)
        wake()
      }),
    )
    const next = async () => {
      while (taken.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      return applyChanges(nothing(), taken.shift()?.changes ?? [], stamp)
    }
    return { ...made, next, taken }
  }

  test('is taken over: a further version with its label, a new folder, a renamed one', async () => {
    const { prompts, next } = await following()
    await write(prompts, {
      'greet/versions/0003.yaml': version('three'),
      'greet/prompt.yaml': 'name: Greet\nlabels: {production: 3}\n',
    })
    let snapshot = await next()
    while (snapshot.prompts.get('default/greet')?.labels.get('production') !== 3) snapshot = await next()
    expect(snapshot.prompts.get('default/greet')?.versions.size).toBe(3)
    await write(prompts, { 'late/prompt.yaml': 'version: {model: mock/echo, messages: []}\n' })
    expect((await next()).prompts.has('default/late')).toBe(true)
    await rename(join(prompts, 'late'), join(prompts, 'later'))
    snapshot = await next()
    while (!snapshot.prompts.has('default/later')) snapshot = await next()
    expect(snapshot.prompts.has('default/late')).toBe(false)
  })

  test('a broken version is said with file and line, and changes nothing until it is mended', async () => {
    const { prompts, source, observed, next, taken } = await following()
    await write(prompts, { 'greet/versions/0002.yaml': 'model: mock/echo\nmesages: []\n' })
    expect((await observed.next('snapshot-rejected')).message).toMatch(/versions\/0002\.yaml:2:1: `mesages`/)
    expect(taken).toEqual([])
    await write(prompts, { 'greet/versions/0002.yaml': version('mended') })
    expect((await next()).prompts.get('default/greet')?.versions.get(2)?.compiled().body.messages).toEqual([
      { role: 'user', content: 'mended' },
    ])
    expect(source.problem()).toBeNull()
  })

  test('a folder that is taken away takes its prompt with it', async () => {
    const { prompts, next } = await following()
    await write(prompts, { 'bye.yaml': 'version: {model: mock/echo, messages: []}\n' })
    await next()
    await rm(join(prompts, 'greet'), { recursive: true })
    let snapshot = await next()
    while (snapshot.promptCount !== 1) snapshot = await next()
    expect([...snapshot.prompts.keys()]).toEqual(['default/bye'])
  })
})
