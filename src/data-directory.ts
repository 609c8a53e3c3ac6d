import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, realpath, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { newSecret } from './core/seal.ts'
import { lockDirectory } from './directory-lock.ts'

/** The directory that one running Promptbox has for itself. */
export interface DataDirectory {
  /** Absolute, symbolic links resolved. */
  readonly path: string
  /** Lets the next instance in. May be called more than once. */
  release(): Promise<void>
}

/**
 * Makes the directory where it is missing (0700) and locks it against a second instance. Throws a DirectoryLocked whose
 * message names the other process and what to do; a lock left by a process that was killed is no lock.
 */
export async function openDataDirectory(directory: string): Promise<DataDirectory> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new Error(
      `The data directory ${directory} cannot be made. Give PROMPTBOX_DATA_DIR a directory that this user may write to.`,
      { cause },
    )
  }
  const path = await realpath(directory)
  const release = await lockDirectory(path)
  return { path, release }
}

/** Secrets that Promptbox makes for itself, with the beginning that tells them apart. */
const secretPrefixes = { 'admin-key': 'pb-admin-', 'encryption-key': '', 'demo-key': 'pb-demo-' } as const

export interface StoredSecret {
  readonly value: string
  /** Where it lies, readable by its owner only. */
  readonly file: string
  /** It was made just now. */
  readonly created: boolean
}

/**
 * The secret of this name in the directory, made when there is none yet. Written whole or not at all: a start that is
 * killed leaves no half secret, and of two that start at once both read the same one.
 */
export async function readOrCreateSecret(directory: string, name: keyof typeof secretPrefixes): Promise<StoredSecret> {
  const file = join(directory, name)
  const found = await readSecret(file)
  if (found !== null) return { value: found, file, created: false }

  const value = newSecret(secretPrefixes[name])
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${value}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    await link(draft, file)
    return { value, file, created: true }
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    const other = await readSecret(file)
    if (other === null) throw error
    return { value: other, file, created: false }
  } finally {
    await unlink(draft)
  }
}

async function readSecret(file: string): Promise<string | null> {
  let value: string
  try {
    value = (await readFile(file, 'utf8')).trim()
    await chmod(file, 0o600)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
  if (value.length >= 16) return value
  throw new Error(
    `${file} must hold a secret of at least 16 characters, but holds ${value.length}. Put the right one back from a backup; remove the file only when losing it is acceptable.`,
  )
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
