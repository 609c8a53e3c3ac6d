import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { welcome } from '../../src/welcome.ts'
import { type RunningApp, startRunningApp } from '../support/running-app.ts'
import { commandBlocks, readDocument } from './markdown.ts'

/** What people paste from the documents works, and answers what the documents say. */

const documents = [
  'README.md',
  'docs/prompts.md',
  'docs/output-checks.md',
  'docs/mock-models.md',
  'docs/operating.md',
  'docs/admin-api.md',
  'docs/finding-prompts.md',
  'docs/reviews.md',
  'docs/models-and-routes.md',
  'docs/chains.md',
  'docs/responses.md',
  'docs/messages.md',
  'docs/partials.md',
  'docs/testing-prompts.md',
  'docs/templates.md',
  'docs/import-export.md',
  'docs/rollouts.md',
  // Last: it enforces what the others only hear of.
  'docs/guardrails.md',
]
const tools = ['bash', 'curl', 'base64']
const missing = tools.filter((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error !== undefined)
if (missing.length > 0)
  console.warn(`SKIPPED: the commands of the documents, because there is no ${missing.join(', ')}.`)

async function run(script: string, app: RunningApp, failOnError: boolean): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'promptbox-docs-'))
  try {
    // An HTTP error ends the block, unless the document shows it.
    const wrapped = `curl() { command curl -sS ${failOnError ? '--fail-with-body' : ''} --max-time 15 "$@"; }\n${script}`
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', wrapped], {
      cwd: home,
      env: {
        PATH: process.env['PATH'],
        PROMPTBOX_URL: app.url,
        PROMPTBOX_KEY: app.key,
        PROMPTBOX_ADMIN_KEY: app.adminKey,
      },
    })
    return stdout
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** White space does not count: documents break lines where they like. */
const squeezed = (text: string): string => text.replace(/\s+/g, '')

/** The pieces of the expected text, between `…`, that do not occur in the real one, each after the one before. */
function missingPieces(expected: string, real: string): readonly string[] {
  const text = squeezed(real)
  let position = 0
  return squeezed(expected)
    .split('…')
    .filter((piece) => {
      const at = text.indexOf(piece, position)
      if (at === -1) return true
      position = at + piece.length
      return false
    })
}

describe.skipIf(missing.length > 0)('with one running Promptbox', () => {
  let app: RunningApp
  beforeAll(async () => {
    app = await startRunningApp()
  })
  afterAll(() => app.dispose())

  it('the line that a start prints works as pasted', async () => {
    const lines = welcome(app).split('\n')
    expect(await run(lines.find((line) => line.trim().startsWith('curl ')) ?? '', app, true)).toContain('data: [DONE]')
    expect(lines.join('\n')).toContain('npx promptbox --help')
  })

  describe.each(documents)('the commands of %s', (path) => {
    it.each(commandBlocks(readDocument(path)))('line $line', async ({ script, answer }) => {
      const showsError = answer !== null && /^HTTP\/1\.1 [45]/.test(answer)
      const output = await run(script, app, !showsError)
      expect(output).not.toBe('')
      if (answer !== null) expect(missingPieces(answer, output), `not in: ${output}`).toEqual([])
    })
  })
})

it('every document is read: none is without commands', () => {
  for (const path of documents) expect(commandBlocks(readDocument(path)), path).not.toEqual([])
})

it('a piece that is not there, or not in its order, is found out', () => {
  expect(missingPieces('{"a": 1, … "b": 2', '{"a":1,"x":0,"b":2}')).toEqual([])
  expect(missingPieces('"b": 2 … "a": 1', '{"a":1,"b":2}')).toEqual(['"a":1'])
})
