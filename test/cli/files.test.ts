import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readFiles, writeFiles } from '../../src/cli/commands/files.ts'
import { scratchDirectory } from '../support/database.ts'
import { promptbox } from './support.ts'

let directory: ReturnType<typeof scratchDirectory>
beforeEach(() => void (directory = scratchDirectory()))
afterEach(() => directory.remove())
const at = (...names: readonly string[]): string => join(directory.path, ...names)

describe('reading prompts from files', () => {
  test('a linked directory is read as the server reads it, and one that leads back to itself ends', async () => {
    await mkdir(at('shared'))
    await writeFile(at('shared', 'prompt.yaml'), 'name: Shared\n')
    await mkdir(at('prompts'))
    await symlink(at('shared'), at('prompts', 'reply'))
    await symlink(at('prompts'), at('prompts', 'again'))
    expect(await readFiles(at('prompts'))).toEqual([{ path: 'reply/prompt.yaml', text: 'name: Shared\n' }])
  })

  test('a link that leads nowhere is said, and not passed over', async () => {
    await symlink(at('gone'), at('reply'))
    await expect(readFiles(directory.path)).rejects.toThrow(/reply is a link that leads nowhere/)
  })
})

describe('writing prompts into files', () => {
  test('a file is there whole, with nothing beside it, and a link stays one', async () => {
    await mkdir(at('elsewhere'))
    await writeFile(at('elsewhere', 'one.yaml'), 'old')
    await mkdir(at('prompts'))
    await symlink(at('elsewhere', 'one.yaml'), at('prompts', 'one.yaml'))
    const files = [
      { path: 'one.yaml', text: 'new' },
      { path: 'two/prompt.yaml', text: 'two' },
    ]
    expect(await writeFiles(at('prompts'), files, { dryRun: false })).toEqual(['one.yaml', 'two/prompt.yaml'])
    expect(await readFile(at('elsewhere', 'one.yaml'), 'utf8')).toBe('new')
    expect(await readdir(at('prompts', 'two'))).toEqual(['prompt.yaml'])
    expect(await writeFiles(at('prompts'), files, { dryRun: false })).toEqual([])
  })

  test('what cannot be written leaves no draft', async () => {
    await mkdir(at('prompts', 'one.yaml'), { recursive: true })
    const files = [{ path: 'one.yaml', text: 'new' }]
    await expect(writeFiles(at('prompts'), files, { dryRun: false })).rejects.toThrow()
    expect(await readdir(at('prompts'))).toEqual(['one.yaml'])
  })

  test.each(['../outside.yaml', 'a/../../outside.yaml', '/outside.yaml'])(
    '%s is not written, whatever the server sends',
    async (path) => {
      await mkdir(at('prompts'))
      await expect(writeFiles(at('prompts'), [{ path, text: 'x' }], { dryRun: false })).rejects.toThrow(/outside/)
      expect(await readdir(directory.path)).toEqual(['prompts'])
    },
  )
})

test('an import of which only a part came in is exit 1', async () => {
  const row = { slug: 'a', action: 'add_versions', versions_added: 1, labels: [], warnings: [] }
  const report = { dry_run: false, created: 0, changed: 1, unchanged: 0, refused: 0, notes: [] }
  let problems: readonly string[] = []
  const server = createServer((request, response) => {
    request.resume()
    response.end(JSON.stringify({ ...report, prompts: [{ ...row, problems }] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const environment = { PROMPTBOX_ADMIN_KEY: 'pb-key', PROMPTBOX_URL: `http://127.0.0.1:${port}` }
  await writeFile(at('a.yaml'), 'name: A\n')
  const home = { directory: directory.path, environment }
  try {
    expect((await promptbox(home, 'import', 'a.yaml')).exitCode).toBe(0)
    problems = ['Version 3, and those after it, were not added: …']
    expect((await promptbox(home, 'import', 'a.yaml')).exitCode).toBe(1)
    expect((await promptbox(home, 'prompts', 'push', 'a.yaml', '--label', 'staging')).exitCode).toBe(1)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

describe('a server that is somebody else’s', () => {
  test('is not sent the admin key of this machine', async () => {
    await writeFile(at('admin-key'), 'pb-admin-secret')
    const environment = { PROMPTBOX_DATA_DIR: '.', PROMPTBOX_URL: 'https://prompts.example' }
    expect(await promptbox({ directory: directory.path, environment }, 'keys', 'list')).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('not sent elsewhere'),
    })
  })

  test('cannot speak to the terminal, is not waited for without end, and is not followed elsewhere', async () => {
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/silent') === true) return
      if (request.url?.startsWith('/away') === true) return void response.writeHead(307, { location: '/' }).end()
      const row = { slug: 'a', name: '\u001b]0;owned\u0007\u009b31m', latest_version: 1, labels: {} }
      response.end(JSON.stringify({ data: [row], next_cursor: null }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const environment = { PROMPTBOX_ADMIN_KEY: 'pb-key' }
    const list = (path: string, ...words: readonly string[]) =>
      promptbox({ environment }, 'prompts', 'list', '--url', `http://127.0.0.1:${port}${path}`, ...words)
    try {
      const { out } = await list('')
      expect(out).toContain('\\x1b]0;owned\\x07\\x9b31m')
      expect(out).not.toMatch(/[^\P{Cc}\n]/u)
      const asJson = await list('', '--json')
      expect(asJson.out).not.toMatch(/[^\P{Cc}\n]/u)
      expect(asJson.json).toMatchObject({ data: [{ name: '\u001b]0;owned\u0007\u009b31m' }] })
      expect(await list('/silent', '--timeout-seconds', '0.05')).toMatchObject({
        exitCode: 4,
        error: expect.stringContaining('no answer within 0.05 s'),
      })
      expect((await list('/away')).exitCode).toBe(4)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
