import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = ['--import', 'tsx', fileURLToPath(new URL('../../src/cli.ts', import.meta.url)), '--help']

test('who has read enough, as `head` does, ends the command without a complaint', async () => {
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = text(child.stderr)
  child.stdout.destroy()
  const [code] = (await once(child, 'exit')) as [number | null]
  expect({ code, said: await said }).toEqual({ code: 0, said: '' })
}, 30_000)

test.skipIf(process.platform !== 'linux')(
  'output that cannot be written is exit 3, and said in one line',
  async () => {
    const child = spawn(process.execPath, program, { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] })
    const said = child.stderr === null ? '' : text(child.stderr)
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).toBe(3)
    expect(await said).toMatch(/^promptbox: The output cannot be written: [^\n]+\n$/)
  },
  30_000,
)
