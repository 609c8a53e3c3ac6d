import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hashKey } from '../../src/core/seal.ts'
import { applyChanges } from '../../src/snapshot/apply-changes.ts'
import { type FileSource, createFileSource } from '../../src/snapshot/file-source.ts'
import type { IndexedSnapshot } from '../../src/snapshot/indexed-snapshot.ts'
import type { Fallback } from '../../src/snapshot/layers.ts'
import { promptKey } from '../../src/snapshot/snapshot.ts'
import { versionHash } from '../../src/store/version-hash.ts'
import { type Observed, createObserved, nothing, stamp, temporaryDirectory } from './support.ts'

interface Scene {
  readonly source: FileSource
  readonly file: string
  readonly directory: string
  readonly observed: Observed
}

async function scene(text: string | null, environment: Record<string, string> = {}, limits = {}): Promise<Scene> {
  const directory = await temporaryDirectory()
  const file = join(directory, 'promptbox.yaml')
  if (text !== null) await writeFile(file, text)
  const observed = createObserved()
  const source = createFileSource({
    file,
    required: false,
    context: { tenantId: 'default', environment, versionHash },
    limits: { maxFileBytes: 100_000, maxFiles: 100, ...limits },
    observe: observed.observe,
    pollMs: 50,
  })
  return { source, file, directory, observed }
}

/** The mistakes as `line:column: message`, without the path of the file. */
async function mistakesIn(
  text: string,
  environment: Record<string, string> = {},
  limits = {},
): Promise<readonly string[]> {
  const { source, directory } = await scene(text, environment, limits)
  const error: unknown = await source.load().then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Error)) throw new Error('The file was taken.')
  return error.message.split('\n').map((line) => line.replace(`${directory}/`, '').replace('promptbox.yaml:', ''))
}

async function load(text: string, environment: Record<string, string> = {}) {
  const fallback = await (await scene(text, environment)).source.load()
  return applyChanges(nothing(), fallback?.changes ?? [], stamp)
}

const greet = `
prompts:
  greet:
    aliases: [hello]
    version:
      model: mock/echo
      messages:
        - {role: user, content: "Hello {{name}}, it costs \${PRICE}"}
`

describe('promptbox.yaml', () => {
  test('a prompt says little: name, labels and version number follow', async () => {
    const snapshot = await load(greet)
    const found = snapshot.prompts.get(promptKey('default', 'hello'))
    expect(found?.slug).toBe('greet')
    expect([...(found?.labels ?? [])]).toEqual([['production', 1]])
    expect(found?.category).toBeNull()
    const version = found?.versions.get(1)
    const body = { model: 'mock/echo', messages: [{ role: 'user', content: 'Hello {{name}}, it costs ${PRICE}' }] }
    expect(version?.compiled().body).toMatchObject(body)
    // The same body has the same hash wherever it comes from.
    expect(version?.hash).toBe(versionHash(body))
  })

  test('versions as a list are numbered in their order; labels are a list (newest) or a map', async () => {
    const version = (text: string) => `{model: mock/echo, messages: [{role: user, content: ${text}}]}`
    const snapshot = await load(`
prompts:
  listed: {category: mail, versions: [${version('one')}, ${version('two')}], labels: [production, staging]}
  mapped: {versions: [${version('one')}, ${version('two')}], labels: {production: 1, staging: 2}}
`)
    expect(snapshot.prompts.get('default/listed')?.category).toBe('mail')
    expect(Object.fromEntries(snapshot.prompts.get('default/listed')?.labels ?? [])).toEqual({
      production: 2,
      staging: 2,
    })
    expect(Object.fromEntries(snapshot.prompts.get('default/mapped')?.labels ?? [])).toEqual({
      production: 1,
      staging: 2,
    })
    expect([...(snapshot.prompts.get('default/mapped')?.versions.keys() ?? [])]).toEqual([1, 2])
  })

  test('models and keys', async () => {
    const text = `
models:
  openai/gpt-x: {aliases: [fast], prices: {input_usd_per_million_tokens: 1, output_usd_per_million_tokens: 2}}
keys:
  web: {key: "\${WEB_KEY}", name: Web shop, expires_at: "2030-01-01T00:00:00Z"}
  job: {key_hash: ${hashKey('job key')}, scopes: [inference, admin]}
`
    const snapshot = await load(text, { WEB_KEY: 'pb-web' })
    expect(snapshot.models.get('fast')?.prices?.output_usd_per_million_tokens).toBe(2)
    expect(snapshot.keys.get(hashKey('pb-web'))).toMatchObject({
      id: 'file:web',
      name: 'Web shop',
      scopes: ['inference'],
      expiresAt: Date.UTC(2030, 0, 1),
    })
    expect(snapshot.keys.get(hashKey('job key'))).toMatchObject({
      id: 'file:job',
      name: 'job',
      scopes: ['inference', 'admin'],
    })
  })

  test('facts of models, and routes', async () => {
    const snapshot = await load(`
models:
  openai/gpt-x:
    context_window: 128000
    capabilities: {tools: true, vision: false}
    sunset_at: 2027-01-31
    successor: openai/gpt-y
    max_output_tokens: null
routes:
  cheap: {strategy: ordered, targets: [{model: openai/gpt-x, when: {environment: [test]}}, {model: mock/echo}]}
  both: {strategy: weighted, sticky: true, targets: [{model: cheap, weight: 0.5}, {model: openai/gpt-y}]}
`)
    expect(snapshot.models.get('openai/gpt-x')?.facts).toEqual({
      context_window: 128_000,
      capabilities: { tools: true, vision: false },
      sunset_at: '2027-01-31',
      successor: 'openai/gpt-y',
    })
    expect([...snapshot.routes.keys()].sort()).toEqual(['both', 'cheap'])
    expect(snapshot.routes.get('cheap')?.body.targets[0]?.when).toEqual({ environment: ['test'] })
  })

  test('chains, each with one version', async () => {
    const snapshot = await load(`
chains:
  triage:
    name: Triage
    steps:
      - {name: a, prompt: greet, variables: {name: "{{input.name}}"}}
      - {name: b, prompt: "chain:inner", after: [a], when: {value: "{{steps.a.output}}", contains: x}}
    budget: {usd: 0.5}
  inner: {steps: [{name: only, prompt: greet}]}
`)
    const chain = snapshot.chains.get('default/triage')
    expect(chain?.activeVersion).toBe(1)
    expect(chain?.versions[0]?.compiled()).toMatchObject({
      answering: 'b',
      streams: true,
      budget: { usd: 0.5, ms: null },
    })
  })

  test('prompts_dir has one file for each prompt, named for it', async () => {
    const { source, directory } = await scene(`prompts_dir: prompts\n${greet}`)
    await mkdir(join(directory, 'prompts'))
    await writeFile(join(directory, 'prompts', 'bye.yaml'), 'version: {model: mock/echo, messages: []}\n')
    await writeFile(join(directory, 'prompts', 'json.v2.json'), '{"version": {"model": "mock/echo", "messages": []}}')
    await writeFile(join(directory, 'prompts', 'README.md'), 'not a prompt')
    const snapshot = applyChanges(nothing(), (await source.load())?.changes ?? [], stamp)
    expect([...snapshot.prompts.keys()].sort()).toEqual([
      'default/bye',
      'default/greet',
      'default/hello',
      'default/json.v2',
    ])
  })

  test('an empty file, and none, add nothing', async () => {
    expect((await load('')).promptCount).toBe(0)
    expect((await load('prompts:\nguardrails: {}\nexperiments:\n')).promptCount).toBe(0)
    expect(await (await scene(null)).source.load()).toBeNull()
  })

  test('one that was asked for must be there', async () => {
    const observed = createObserved()
    const context = { tenantId: 'default', environment: {}, versionHash }
    const limits = { maxFileBytes: 1, maxFiles: 1 }
    const source = createFileSource({
      file: '/nowhere/promptbox.yaml',
      required: true,
      context,
      limits,
      observe: observed.observe,
      pollMs: 50,
    })
    await expect(source.load()).rejects.toMatchObject({ kind: 'invalid_request', param: 'PROMPTBOX_CONFIG' })
  })
})

describe('mistakes in promptbox.yaml', () => {
  test.each<[string, string, RegExp]>([
    ['broken YAML', 'prompts:\n  greet: [\n', /^2:10: /],
    [
      'routes in a circle',
      'routes:\n  a: {strategy: ordered, targets: [{model: b}]}\n  b: {strategy: ordered, targets: [{model: a}]}\n',
      /^2:\d+: The route leads back to itself: a → b → a/,
    ],
    [
      'a route with an unknown field',
      'routes:\n  a:\n    strategy: ordered\n    targets:\n      - {model: b, wait: 1}\n',
      /^5:\d+: `routes\.a\.targets\[0\]\.wait` is not a known field/,
    ],
    [
      'a chain whose step waits for nobody',
      'chains:\n  x:\n    steps:\n      - {name: a, prompt: p, after: [b]}\n',
      /^4:\d+: `steps\[0\]\.after\[0\]` must name a step/,
    ],
    [
      'chains in a circle',
      'chains:\n  x: {steps: [{name: a, prompt: "chain:y"}]}\n  y: {steps: [{name: a, prompt: "chain:x"}]}\n',
      /^2:\d+: The steps would lead back to the chain itself: x → y → x/,
    ],
    [
      'a chain nested without end',
      'chains:\n  x:\n    steps:\n      - {name: a, prompt: p, variables: {v: &v [*v]}}\n',
      /nested deeper|alias|itself/,
    ],
    ['a route that is named like a model', 'routes:\n  a/b: {strategy: ordered, targets: [{model: b}]}\n', /^2:3: /],
    [
      'a fact of a model that is none',
      'models:\n  openai/x:\n    context: 1\n',
      /^3:5: `models\.openai\/x\.context` is not a known field/,
    ],
    ['a name twice', 'prompts: {}\nprompts: {}\n', /^2:1: .*unique/],
    ['an unknown tag', 'prompts:\n  a: !thing {}\n', /^2:6: .*tag/i],
    ['an unknown section', 'prompts: {}\nprompt: {}\n', /^2:1: `prompt` is not a known field. Did you mean `prompts`/],
    [
      'a field of a prompt that does not exist',
      'prompts:\n  greet:\n    alias: [x]\n    version: {model: mock/echo, messages: []}\n',
      /^3:5: `prompts\.greet\.alias` is not a known field. Did you mean `aliases`/,
    ],
    [
      'a field of a version that does not exist',
      'prompts:\n  greet:\n    version:\n      model: mock/echo\n      mesages: []\n      messages: []\n',
      /^5:7: `prompts\.greet\.version\.mesages` is not a known field/,
    ],
    [
      'a missing model',
      'prompts:\n  greet:\n    version:\n      messages: []\n',
      /^3:5: `prompts\.greet\.version\.model` is missing/,
    ],
    [
      'a wrong type, deep inside',
      'prompts:\n  greet:\n    version:\n      model: mock/echo\n      messages: []\n      retries: many\n',
      /^6:7: `prompts\.greet\.version\.retries` must be/,
    ],
    ['a slug that cannot be one', 'prompts:\n  Greet Me:\n    version: {model: mock/echo, messages: []}\n', /^2:3: /],
    ['no version', 'prompts:\n  greet: {name: Hi}\n', /^2:3: .*`version`/],
    [
      'a template that is none',
      'prompts:\n  greet:\n    version:\n      model: mock/echo\n      messages:\n        - role: user\n          content: "{{open"\n',
      /^7:11: `messages\[0\]\.content` is no template/,
    ],
    [
      'a schema that is none',
      'prompts:\n  greet:\n    version:\n      model: mock/echo\n      messages: []\n      variables: {type: object, properties: {a: {type: thing}}}\n',
      /^6:\d+: `variables/,
    ],
    [
      'a label without its version',
      'prompts:\n  greet:\n    labels: {production: 2}\n    version: {model: mock/echo, messages: []}\n',
      /^3:14: .*version 2/,
    ],
    [
      'an alias that is taken',
      `${greet}  other:\n    aliases: [x, hello]\n    version: {model: mock/echo, messages: []}\n`,
      /^10:18: .*'hello' is the name of prompt 'greet'/,
    ],
    ['a secret in the file', 'keys:\n  web: {key: pb-secret}\n', /^2:9: `keys\.web\.key` must be `\$\{NAME\}`/],
    [
      'a variable that is not set',
      'keys:\n  web: {key: "${NO_SUCH}"}\n',
      /^2:9: Environment variable NO_SUCH is not set/,
    ],
    ['neither key nor hash', 'keys:\n  web: {}\n', /^2:3: `keys\.web` must have either/],
    ['a model without provider', 'models:\n  gpt: {}\n', /^2:3: .*<provider>\/<model>/],
    [
      'a number that loses digits',
      'prompts:\n  a:\n    version: {model: mock/echo, messages: [], parameters: {seed: 12345678901234567890}}\n',
      /^3:\d+: This number is too large/,
    ],
    ['a directory that is not there', 'prompts_dir: nowhere\n', /^1:1: The directory cannot be read/],
    [
      'a bomb of aliases',
      'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c]\n',
      /references to anchors/,
    ],
  ])('%s', async (_name, text, expected) => {
    expect((await mistakesIn(text))[0]).toMatch(expected)
  })

  test('never repeat a secret', async () => {
    expect((await mistakesIn('keys:\n  web: {key: pb-secret}\n')).join()).not.toContain('pb-secret')
  })

  test('are all said at once', async () => {
    expect(await mistakesIn('promts: {}\nmodels:\n  gpt: {}\nexperiments: {x: {}}\n')).toHaveLength(4)
  })

  test('nesting without end is refused, not followed', async () => {
    expect((await mistakesIn(`prompts: ${'['.repeat(40_000)}`)).length).toBeGreaterThan(0)
  })

  test('a file that is too large is not read', async () => {
    expect(await mistakesIn('# large\n'.repeat(100), {}, { maxFileBytes: 100 })).toEqual([
      expect.stringContaining('more than 100'),
    ])
  })

  test('in a file of prompts_dir they name that file', async () => {
    const { source, directory } = await scene('prompts_dir: .\n')
    await rm(join(directory, 'promptbox.yaml'))
    await mkdir(join(directory, 'prompts'))
    await writeFile(join(directory, 'promptbox.yaml'), 'prompts_dir: prompts\n')
    await writeFile(join(directory, 'prompts', 'bye.yaml'), 'version:\n  model: mock/echo\n')
    await expect(source.load()).rejects.toThrow(
      `${join(directory, 'prompts', 'bye.yaml')}:1:1: \`version.messages\` is missing`,
    )
  })
})

describe('a changed promptbox.yaml', () => {
  async function following(text: string | null) {
    const made = await scene(text)
    await made.source.load()
    const taken: Fallback[] = []
    let wake = () => {}
    const stop = made.source.follow(async (fallback) => {
      taken.push(fallback)
      wake()
    })
    onTestFinished(stop)
    const next = async () => {
      while (taken.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      return applyChanges(nothing(), taken.shift()?.changes ?? [], stamp)
    }
    return { ...made, next, taken }
  }

  test('is taken over, written in place or renamed into place', async () => {
    const { file, directory, next } = await following(greet)
    await writeFile(file, greet.replace('greet', 'welcome'))
    expect((await next()).prompts.has('default/welcome')).toBe(true)
    await writeFile(join(directory, 'new'), greet.replace('greet', 'renamed'))
    await rename(join(directory, 'new'), file)
    expect((await next()).prompts.has('default/renamed')).toBe(true)
  })

  test('one that appears later is taken over', async () => {
    const { file, next } = await following(null)
    await writeFile(file, greet)
    expect((await next()).promptCount).toBe(1)
  })

  test('a broken one is said with its line, changes nothing, and is forgotten when it is mended', async () => {
    const { file, source, observed, taken, next } = await following(greet)
    await writeFile(file, greet.replace('version:', 'versoin:'))
    const rejected = await observed.next('snapshot-rejected')
    expect(rejected.message).toMatch(/promptbox\.yaml:5:5: `prompts\.greet\.versoin`/)
    expect(source.problem()).toContain('versoin')
    expect(taken).toEqual([])
    await writeFile(file, greet.replace('greet', 'mended'))
    expect((await next()).prompts.has('default/mended')).toBe(true)
    expect(source.problem()).toBeNull()
  })

  test('one that vanishes changes nothing, and is said', async () => {
    const { file, observed, taken } = await following(greet)
    await rm(file)
    expect((await observed.next('snapshot-rejected')).message).toContain('is gone')
    expect(taken).toEqual([])
  })

  test('a file in prompts_dir counts too', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'prompts'))
    const { next } = await following(`prompts_dir: ${join(directory, 'prompts')}\n`)
    await writeFile(join(directory, 'prompts', 'late.yaml'), 'version: {model: mock/echo, messages: []}\n')
    expect((await next()).prompts.has('default/late')).toBe(true)
  })
})

test('the documented example is right', async () => {
  const example = await readFile(new URL('../../docs/promptbox.example.yaml', import.meta.url), 'utf8')
  const snapshot = await load(example)
  expect([...snapshot.prompts.keys()].sort()).toEqual(['default/pmpt_6893f1', 'default/support-reply', 'default/topic'])
  for (const prompt of snapshot.prompts.values()) for (const version of prompt.versions.values()) version.compiled()
  expect(snapshot.keys.size).toBe(1)
  expect(snapshot.guardrails.get('default')?.map(({ slug }) => slug)).toEqual(['no-codenames', 'no-keys-of-ours'])
  expect(snapshot.experiments.get('default/topic')?.map(({ slug }) => slug)).toEqual(['topic-in-one-word'])
  const uncommented = example.replace('# web-shop:', 'web-shop:')
  expect((await load(uncommented, { WEB_SHOP_KEY: 'pb-web' })).keys.get(hashKey('pb-web'))?.name).toBe('Web shop')
})

describe('partials in files', () => {
  const prompt = (slug: string, text: string) =>
    `  ${slug}: {aliases: [a-${slug}], version: {model: mock/echo, messages: [{role: user, content: "${text}"}]}}\n`
  const textOf = (snapshot: IndexedSnapshot, slug: string) =>
    snapshot.prompts.get(`default/${slug}`)?.versions.get(1)?.compiled().body.messages[0]?.['content']

  test('are the other prompts of the files, in any order, by slug or alias', async () => {
    const text = `prompts:\n${prompt('main', '{{> outer}} {{name}}')}${prompt('outer', '[{{> a-tone@1}}]')}${prompt('tone', 'Be warm.')}`
    const snapshot = await load(text)
    expect(textOf(snapshot, 'main')).toBe('[Be warm.] {{name}}')
    const served = { model: 'mock/echo', messages: [{ role: 'user', content: '[Be warm.] {{name}}' }] }
    expect(snapshot.prompts.get('default/main')?.versions.get(1)?.hash).toBe(versionHash(served))
  })

  test('a circle is one mistake, with its line and its way; what leads into it is none', async () => {
    const text = `prompts:\n${prompt('main', '{{> a}}')}${prompt('a', '{{> b}}')}${prompt('b', '{{> c}}')}${prompt('c', '{{> a}}')}`
    expect(await mistakesIn(text)).toEqual([
      '5:75: `messages[0].content` has `{{> a}}`, but it leads back to the prompt itself: a → b → c → a. Take one of these partials out.',
    ])
  })

  test('one that is missing, and one that leaves a version unusable, are mistakes in their place', async () => {
    const strict = `
  strict:
    versions:
      - model: mock/echo
        variables: {type: object, additionalProperties: false}
        messages: [{role: user, content: "{{> tone@staging}}"}]
`
    expect(await mistakesIn(`prompts:${strict}${prompt('tone', 'x')}`)).toEqual([
      expect.stringMatching(
        /^6:33: `messages\[0\]\.content` has `\{\{> tone@staging\}\}`, but prompt 'tone' has no label 'staging'\./,
      ),
    ])
  })

  test('a chain of partials without end in sight is a mistake, and no crash', async () => {
    const chain = Array.from({ length: 150 }, (_, index) => prompt(`p${index}`, `{{> p${index + 1}}}`)).join('')
    const [first] = await mistakesIn(`prompts:\n${chain}${prompt('p150', 'x')}`)
    expect(first).toMatch(/more than 100/)
  })

  test('a changed partial makes the prompts with it anew', async () => {
    const { source, directory, observed } = await scene('prompts_dir: prompts\n')
    await mkdir(join(directory, 'prompts'))
    const file = (slug: string) => join(directory, 'prompts', `${slug}.yaml`)
    const body = (text: string) => `version: {model: mock/echo, messages: [{role: user, content: "${text}"}]}\n`
    await writeFile(file('main'), body('{{> tone}} {{name}}'))
    await writeFile(file('tone'), body('Be warm.'))
    const before = applyChanges(nothing(), (await source.load())?.changes ?? [], stamp)
    expect(textOf(before, 'main')).toBe('Be warm. {{name}}')
    const after = new Promise<Fallback>((resolve) => {
      onTestFinished(source.follow(async (fallback) => resolve(fallback)))
    })
    await writeFile(file('tone'), body('Be cool.'))
    expect(textOf(applyChanges(before, (await after).changes, stamp), 'main')).toBe('Be cool. {{name}}')
    await rm(file('tone'))
    const { message } = await observed.next('snapshot-rejected')
    expect(message).toContain(
      `main.yaml:1:53: \`messages[0].content\` has \`{{> tone}}\`, but there is no prompt 'tone'`,
    )
  })
})
