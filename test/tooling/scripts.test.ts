import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
let clone: string

/** A clone with a server of one line, whose dependencies are there already. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'promptbox-clone-'))
  for (const name of ['scripts', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) {
    cpSync(join(root, name), join(clone, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'))
  mkdirSync(join(clone, 'src'))
  mkdirSync(join(clone, 'db'))
  serverIs(`process.stdout.write('one')`)
})
afterEach(() => rmSync(clone, { recursive: true }))

function serverIs(text: string): void {
  writeFileSync(join(clone, 'src/server.ts'), `${text}\n`)
}

function start(...nodeOptions: string[]): { text: string; exitCode: number | null } {
  const result = spawnSync(process.execPath, [...nodeOptions, 'scripts/start.mjs'], { cwd: clone, encoding: 'utf8' })
  return { text: result.stdout + result.stderr, exitCode: result.status }
}

describe('npm start', () => {
  test('builds and runs the server, in the same process, with its exit code', () => {
    serverIs(`process.stdout.write(String(process.argv[1]?.endsWith('start.mjs')))\nprocess.exitCode = 3`)
    expect(start()).toEqual({ text: 'true', exitCode: 3 })
  })

  test('builds again only when a source changed', () => {
    expect(start().text).toBe('one')
    const built = join(clone, 'dist/src/server.js')
    writeFileSync(built, `process.stdout.write('kept')`)
    expect(start().text).toBe('kept')
    serverIs(`process.stdout.write('two')`)
    utimesSync(join(clone, 'src/server.ts'), 0, 0)
    expect(start().text).toBe('two')
  })

  test('forgets files whose source is gone', () => {
    writeFileSync(join(clone, 'src/old.ts'), `export const old = 1\n`)
    start()
    expect(existsSync(join(clone, 'dist/src/old.js'))).toBe(true)
    rmSync(join(clone, 'src/old.ts'))
    start()
    expect(existsSync(join(clone, 'dist/src/old.js'))).toBe(false)
  })

  test('says so when the sources do not compile, and leaves the old build and nothing else', () => {
    start()
    serverIs(`const wrong: number = 'text'\nprocess.stdout.write(String(wrong))`)
    const { text, exitCode } = start()
    expect(exitCode).toBe(1)
    expect(text).toMatch(/src\/server\.ts\(1,7\).*TS2322/)
    expect(readFileSync(join(clone, 'dist/src/server.js'), 'utf8')).toContain('one')
    expect(readdirSync(clone).filter((name) => name.startsWith('dist.'))).toEqual([])
  })

  test('refuses an old Node with the version it needs', () => {
    const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'18.20.1'}})`
    expect(start('--import', old)).toEqual({
      exitCode: 1,
      text: expect.stringMatching(/needs Node 20\.19 or newer; this is 18\.20\.1/),
    })
  })

  test('refuses a clone without its lockfile', () => {
    rmSync(join(clone, 'package-lock.json'))
    expect(start()).toEqual({ exitCode: 1, text: expect.stringMatching(/package-lock\.json is missing/) })
  })
})

describe('the health check of the image', () => {
  test.each([
    [200, 0],
    [503, 1],
  ])('a server that answers %i ends it with %i', async (status, exitCode) => {
    const server = createServer((_, response) => response.writeHead(status).end())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = String((server.address() as AddressInfo).port)
    const child = spawn(process.execPath, [join(root, 'scripts/healthcheck.mjs')], {
      env: { HOST: '0.0.0.0', PORT: port },
      stdio: 'ignore',
    })
    expect(await once(child, 'exit')).toEqual([exitCode, null])
    server.close()
  })

  test('no server at all ends it with 1', () => {
    const result = spawnSync(process.execPath, [join(root, 'scripts/healthcheck.mjs')], {
      env: { PORT: '1' },
      encoding: 'utf8',
    })
    expect(result.status).toBe(1)
  })
})
