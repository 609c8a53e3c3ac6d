import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDataDirectory, readOrCreateSecret } from '../src/data-directory.ts'
import { DirectoryLocked } from '../src/directory-lock.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'promptbox-data-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** A process of its own that opens the directory and says how it went on its first line. */
async function openInProcess(directory: string): Promise<{ process: ChildProcess; line: string }> {
  const module = fileURLToPath(new URL('../src/data-directory.ts', import.meta.url))
  const script = `import(${JSON.stringify(module)}).then(({ openDataDirectory }) => openDataDirectory(${JSON.stringify(directory)}))
    .then(() => { console.log('holding'); setInterval(() => {}, 1000) }, (error) => console.log(error.message))`
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8')
  while (!text.includes('\n')) text += String((await once(child.stdout, 'data'))[0])
  return { process: child, line: text.trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

describe('the lock of the data directory', () => {
  test('the directory is made for its owner only', async () => {
    const path = join(home, 'new', 'deep')
    const directory = await openDataDirectory(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    await directory.release()
  })

  test('a second instance is refused with the process and the way out, and let in after release', async () => {
    const first = await openDataDirectory(home)
    await expect(openDataDirectory(home)).rejects.toThrow(DirectoryLocked)
    await expect(openDataDirectory(home)).rejects.toThrow(new RegExp(`process ${process.pid}.*PROMPTBOX_DATA_DIR`))
    await first.release()
    await first.release()
    const second = await openDataDirectory(home)
    await second.release()
    expect(readdirSync(home)).toEqual([])
  })

  test('a killed holder leaves no lock, a living one in another process holds', async () => {
    const other = await openInProcess(home)
    try {
      expect(other.line).toBe('holding')
      await expect(openDataDirectory(home)).rejects.toMatchObject({ name: 'DirectoryLocked', pid: other.process.pid })
    } finally {
      await kill(other.process)
    }
    const [leftover] = readdirSync(home)
    expect(leftover).toMatch(/^lock-/)
    utimesSync(join(home, String(leftover)), 0, 0)

    const directory = await openDataDirectory(home)
    expect(readdirSync(home)).not.toContain(leftover)
    await directory.release()
  })

  test('of many that open at once exactly one gets it', async () => {
    for (let round = 0; round < 10; round++) {
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => openDataDirectory(home)))
      const won = attempts.filter((attempt) => attempt.status === 'fulfilled')
      expect(won).toHaveLength(1)
      for (const attempt of attempts)
        if (attempt.status === 'rejected') expect(attempt.reason).toBeInstanceOf(DirectoryLocked)
      await won[0]?.value.release()
    }
  })

  test.runIf(process.platform === 'linux')('a path longer than a socket address works', async () => {
    const path = join(home, 'a'.repeat(100), 'b'.repeat(100))
    mkdirSync(path, { recursive: true })
    const first = await openDataDirectory(path)
    await expect(openDataDirectory(path)).rejects.toThrow(DirectoryLocked)
    await first.release()
    expect(readdirSync(path)).toEqual([])
  })

  test('a path that is a file is refused with the variable', async () => {
    writeFileSync(join(home, 'file'), '')
    await expect(openDataDirectory(join(home, 'file'))).rejects.toThrow(/PROMPTBOX_DATA_DIR/)
  })
})

describe('secrets Promptbox makes for itself', () => {
  test('are made once, kept for the owner only, and read again later', async () => {
    const made = await readOrCreateSecret(home, 'admin-key')
    expect(made).toMatchObject({
      created: true,
      file: join(home, 'admin-key'),
      value: expect.stringMatching(/^pb-admin-[\w-]{43}$/),
    })
    expect(statSync(made.file).mode & 0o777).toBe(0o600)
    expect(await readOrCreateSecret(home, 'admin-key')).toEqual({ ...made, created: false })
    expect(readFileSync(made.file, 'utf8').trim()).toBe(made.value)
  })

  test('are the same for all that start at once, with nothing left over', async () => {
    const secrets = await Promise.all(Array.from({ length: 8 }, () => readOrCreateSecret(home, 'encryption-key')))
    expect(new Set(secrets.map((secret) => secret.value)).size).toBe(1)
    expect(secrets.filter((secret) => secret.created)).toHaveLength(1)
    expect(readdirSync(home)).toEqual(['encryption-key'])
  })

  test('are closed to others again when somebody opened the file', async () => {
    const { file } = await readOrCreateSecret(home, 'demo-key')
    chmodSync(file, 0o644)
    await readOrCreateSecret(home, 'demo-key')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('are never replaced silently: an empty file is refused', async () => {
    writeFileSync(join(home, 'encryption-key'), '')
    await expect(readOrCreateSecret(home, 'encryption-key')).rejects.toThrow(/at least 16 characters/)
  })
})
