import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scratchDirectory } from '../support/database.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { type Ran, promptbox } from './support.ts'

const version = (text: string, more = {}) => ({
  messages: [
    { role: 'system', content: text },
    { role: 'user', content: '{{question}}' },
  ],
  model: 'mock/echo',
  ...more,
})

describe('the command line with a running server', () => {
  let app: RunningApp
  const directory = scratchDirectory()
  const run = (...words: readonly string[]): Promise<Ran> =>
    promptbox(
      { directory: directory.path, environment: { PROMPTBOX_URL: app.url, PROMPTBOX_ADMIN_KEY: app.adminKey } },
      ...words,
    )

  beforeAll(async () => {
    app = await startRunningApp()
    await app.admin('POST', '/prompts', {
      slug: 'reply',
      name: 'Reply',
      category: 'mail',
      version: version('Be brief.'),
      labels: ['production'],
    })
    await app.admin('POST', '/prompts/reply/versions', version('Be kind to {{name}}.', { change_note: 'kinder' }))
  })
  afterAll(async () => {
    await app.dispose()
    directory.remove()
  })

  test('lists and shows prompts, as text and as JSON', async () => {
    const listed = await run('prompts', 'list', '--category', 'mail')
    expect(listed).toMatchObject({ exitCode: 0, error: '' })
    expect(listed.out).toMatch(/SLUG +NAME +LATEST +LABELS\nreply +Reply +2 +production=1\n/)
    expect((await run('prompts', 'list', '--category', 'mail', '--json')).json).toMatchObject({
      data: [{ slug: 'reply' }],
    })
    expect((await run('prompts', 'show', 'reply')).out).toContain('kinder')
    expect((await run('prompts', 'show', 'reply', 'production', '--json')).json).toMatchObject({
      version: 1,
      body: { messages: [{ content: 'Be brief.' }, {}] },
    })
  })

  test('diff says what differs, and exits 1 when asked to about what breaks callers', async () => {
    const diff = await run('prompts', 'diff', 'reply', 'production')
    expect(diff.exitCode).toBe(0)
    expect(diff.out).toContain('- Be brief.')
    expect(diff.out).toContain('+ Be kind to {{name}}.')
    expect(diff.out).toContain('BREAKING')
    expect((await run('prompts', 'diff', 'reply', '1', '2', '--fail-on-breaking')).exitCode).toBe(1)
    expect(await run('prompts', 'diff', 'reply', '1', '1', '--fail-on-change')).toMatchObject({
      exitCode: 0,
      out: 'Nothing differs.\n',
    })
  })

  test('render shows the messages, with variables from words, a file or standard input', async () => {
    const rendered = await run('prompts', 'render', 'reply', '--var', 'question=Where = when?')
    expect(rendered.out).toContain('[user]\nWhere = when?')
    await writeFile(join(directory.path, 'variables.json'), '{"question": "From a file", "name": 7}')
    const fromFile = await run('prompts', 'render', 'reply@latest', '--variables', 'variables.json', '--json')
    expect(fromFile.json).toMatchObject({ messages: [{ content: 'Be kind to 7.' }, { content: 'From a file' }] })
    expect(await run('prompts', 'render', 'reply@2')).toMatchObject({
      exitCode: 3,
      error: expect.stringContaining('`question` is missing'),
    })
  })

  test('moves a label, takes it back and away', async () => {
    expect((await run('prompts', 'label', 'reply', 'beta', '1', '--reason', 'first look')).out).toContain('version 1')
    expect((await run('prompts', 'label', 'reply', 'beta', 'latest')).out).toContain('version 2')
    expect((await run('prompts', 'rollback', 'reply', '--label', 'beta', '--json')).json).toMatchObject({
      from: 2,
      to: 1,
    })
    expect((await run('prompts', 'rollback', 'reply', '--label', 'beta', '--json')).exitCode).toBe(3)
    expect((await run('prompts', 'label', 'reply', 'beta', '--remove')).exitCode).toBe(0)
    expect(await run('prompts', 'label', 'reply', 'production')).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('VERSION is missing'),
    })
    expect((await run('prompts', 'show', 'reply', '--json')).json).toMatchObject({ labels: { production: 1 } })
    expect(await run('prompts', 'label', 'reply', 'beta', 'nowhere')).toMatchObject({
      exitCode: 3,
      error: expect.stringContaining('latest, production'),
    })
  })

  test('pulls prompts into a directory, sees what would change, and pushes what was edited, once', async () => {
    const pulled = await run('prompts', 'pull', 'prompts', 'reply', '--json')
    expect(pulled.json).toEqual({
      prompts: 1,
      dry_run: false,
      files: ['reply/prompt.yaml', 'reply/versions/0001.yaml', 'reply/versions/0002.yaml'],
    })
    expect((await run('prompts', 'pull', 'prompts', 'reply', '--dry-run')).exitCode).toBe(0)
    const folder = join(directory.path, 'prompts', 'reply')
    const second = await readFile(join(folder, 'versions', '0002.yaml'), 'utf8')
    const third = second.replace('change_note: kinder', 'change_note: kindest').replace('Be kind', 'Be very kind')
    await writeFile(join(folder, 'versions', '0003.yaml'), third)
    expect((await run('prompts', 'push', 'prompts', '--dry-run', '--json')).json).toMatchObject({
      dry_run: true,
      changed: 1,
    })
    const pushed = await run('prompts', 'push', 'prompts/reply', '--label', 'staging', '--json')
    expect(pushed).toMatchObject({ exitCode: 0, json: { changed: 1, labelled: [{ prompt: 'reply', version: 3 }] } })
    expect((await run('prompts', 'push', 'prompts', '--json')).json).toMatchObject({ changed: 0, unchanged: 1 })
    expect(await run('prompts', 'pull', 'prompts', 'reply', '--dry-run')).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('reply/prompt.yaml'),
    })
    for (const part of ['prompt.yaml', join('versions', '0003.yaml')])
      expect(await run('prompts', 'push', join('prompts', 'reply', part))).toMatchObject({
        exitCode: 2,
        error: expect.stringContaining(`Name the folder of the whole prompt: ${folder}\n`),
      })
    // An edited version that is there already.
    const first = await readFile(join(folder, 'versions', '0001.yaml'), 'utf8')
    await writeFile(join(folder, 'versions', '0001.yaml'), second.replace('Be kind', 'Be rude'))
    expect((await run('prompts', 'push', 'prompts', '--dry-run')).out).toContain(
      'warning: reply: Version 1 differs from version 1 that is here. Versions never change, so it is added as version 4.\n',
    )
    await writeFile(join(folder, 'versions', '0001.yaml'), first)
  })

  test('imports what others export, reports what is lost, and exits 1 when a prompt is refused', async () => {
    const foreign = { name: 'critic', type: 'text', prompt: 'Judge {{movie}}.', config: { mood: 'grim' }, version: 1 }
    await writeFile(join(directory.path, 'critic.json'), JSON.stringify(foreign))
    const dry = await run('import', 'critic.json', '--format', 'langfuse', '--dry-run')
    expect(dry).toMatchObject({ exitCode: 0, out: expect.stringContaining('config.mood') })
    expect((await run('prompts', 'show', 'critic')).exitCode).toBe(3)
    expect((await run('import', 'critic.json', '--format', 'langfuse', '--json')).json).toMatchObject({ created: 1 })
    await writeFile(join(directory.path, 'critic.json'), JSON.stringify({ ...foreign, prompt: 'Praise {{movie}}.' }))
    expect(await run('import', 'critic.json', '--format', 'langfuse', '--on-conflict', 'error')).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('conflict'),
    })
    expect(await run('import', 'critic.json', '--format', 'word')).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('langfuse'),
    })
    expect((await run('import', 'nowhere', '--json')).exitCode).toBe(2)
    await writeFile(join(directory.path, 'critic.json'), JSON.stringify({ ...foreign, extra: 1, more: 2 }))
    expect((await run('import', 'critic.json', '--dry-run')).out).toMatch(/^refused: critic: .*`extra`.*`more`.*$/m)
  })

  test('exports one file or a directory, and that file comes back as it was', async () => {
    expect((await run('export', 'all.yaml', '--category', 'mail', '--json')).json).toMatchObject({ prompts: 1 })
    expect((await run('import', 'all.yaml', '--json')).json).toMatchObject({ created: 0, changed: 0, unchanged: 1 })
    expect((await run('export', 'all.json', '--category', 'mail')).exitCode).toBe(0)
    expect((await run('import', 'all.json', '--json')).json).toMatchObject({ unchanged: 1 })
  })

  test('a protected label stays where it is, whatever the command', async () => {
    await app.admin('PUT', '/prompts/reply/labels/production/protection', { approvals: 1 })
    const label = await run('prompts', 'label', 'reply', 'production', '2')
    expect(label).toMatchObject({ exitCode: 3, error: expect.stringContaining('protected') })
    expect((await run('prompts', 'label', 'reply', 'production', '--remove')).exitCode).toBe(3)
    expect((await run('prompts', 'rollback', 'reply')).exitCode).toBe(3)
    expect((await run('prompts', 'push', 'prompts', '--label', 'production')).exitCode).toBe(3)
    const file = join(directory.path, 'prompts', 'reply', 'prompt.yaml')
    await writeFile(file, (await readFile(file, 'utf8')).replace('production: 1', 'production: 2'))
    expect(await run('prompts', 'push', 'prompts')).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('refused'),
    })
    expect((await run('prompts', 'show', 'reply', '--json')).json).toMatchObject({ labels: { production: 1 } })
    await app.admin('DELETE', '/prompts/reply/labels/production/protection')
  })

  test('test cases that do not pass are exit 1', async () => {
    const cases = [
      { name: 'says it', variables: { question: 'hello' }, checks: [{ type: 'contains', value: 'hello' }] },
    ]
    await app.admin('POST', '/prompts/reply/versions', version('x', { test_cases: cases }))
    expect(await run('prompts', 'test', 'reply', 'latest')).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('Passed'),
    })
    const wrong = [{ ...cases[0], checks: [{ type: 'contains', value: 'goodbye' }] }]
    await app.admin('POST', '/prompts/reply/versions', version('y', { test_cases: wrong }))
    expect(await run('prompts', 'test', 'reply', 'latest')).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('goodbye'),
    })
  })

  test('a failed test says all that is wrong, each whole and on a line of its own', async () => {
    const long = 'x'.repeat(90)
    const cases = [
      {
        name: 'polite',
        variables: { question: 'hello' },
        checks: ['contains', 'equals'].map((type) => ({ type, value: long })),
      },
      { name: 'needs more', checks: [] },
      { name: 'fine', variables: { question: 'hello' }, checks: [] },
    ]
    await app.admin('POST', '/prompts', { slug: 'tested', name: 'T', version: version('z', { test_cases: cases }) })
    const { out } = await run('prompts', 'test', 'tested')
    expect(out).toMatch(/RESULT +CASE +MODEL\nFAIL +polite +mock\/echo\n/)
    expect(out.match(/^FAIL: polite: .*x{90}"$/gm)).toHaveLength(2)
    expect(out).toMatch(/^FAIL: needs more: The variable `question` is missing/m)
    expect(out).toMatch(/^Not passed: score 0.25, 1 is asked for\.$/m)
  })

  test('makes, lists and revokes keys; the key is all that is printed', async () => {
    const made = await run('keys', 'create', 'CI', '--scope', 'inference', '--role', 'releaser')
    expect(made.out).toMatch(/^pb-\S+\n$/)
    const { data } = (await run('keys', 'list', '--json')).json as {
      data: { id: string; name: string; roles: string[] }[]
    }
    const key = data.find(({ name }) => name === 'CI')
    expect(key?.roles).toEqual(['releaser'])
    expect((await run('keys', 'list')).out).toMatch(/SCOPES +ROLES +EXPIRES .*\n.* CI .* inference +releaser +- +-\n/)
    expect((await run('keys', 'revoke', key?.id ?? '')).out).toContain('revoked')
  })

  test('the key of a server of this machine is found in its data directory', async () => {
    const key = await readFile(app.adminKeyFile ?? '', 'utf8')
    await writeFile(join(directory.path, 'admin-key'), key)
    const list = (from: string, dataDirectory: string) =>
      promptbox(
        { directory: from, environment: { PROMPTBOX_URL: app.url, PROMPTBOX_DATA_DIR: dataDirectory } },
        'keys',
        'list',
      )
    expect((await list(directory.path, '.')).exitCode).toBe(0)
    // As in the image, whose data lies somewhere else than where the command is run.
    expect((await list('/', directory.path)).exitCode).toBe(0)
  })

  test('a wrong key is exit 3, no server exit 4, no key exit 2: each says what to do', async () => {
    const environment = { PROMPTBOX_URL: app.url, PROMPTBOX_ADMIN_KEY: 'pb-wrong' }
    expect(await promptbox({ environment }, 'keys', 'list')).toMatchObject({
      exitCode: 3,
      error: expect.stringContaining('not valid'),
    })
    const nobody = { ...environment, PROMPTBOX_URL: 'http://127.0.0.1:9' }
    expect(await promptbox({ environment: nobody }, 'keys', 'list')).toMatchObject({
      exitCode: 4,
      error: expect.stringContaining('--url'),
    })
    expect(await promptbox({ environment: { PROMPTBOX_URL: app.url } }, 'keys', 'list')).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('PROMPTBOX_ADMIN_KEY'),
    })
  })
})
