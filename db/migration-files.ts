import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One step of the schema: `db/migrations/0000_foundation.sql` and its way back, `0000_foundation.back.sql`. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly forward: string
  readonly back: string
  /** Of the forward text, hex; the same whatever line endings the checkout uses. */
  readonly sha256: string
}

const forwardName = /^(\d{4})_([a-z0-9_]+)\.sql$/

/**
 * The migrations of a folder in their order. Throws when numbers are not 0, 1, 2 …, or a way back is missing: a build like
 * that must not touch a database.
 */
export function readMigrations(folder: string): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => forwardName.test(name))
  return names.toSorted().map((file, index) => {
    const [, digits = '', name = ''] = forwardName.exec(file) ?? []
    if (Number(digits) !== index)
      throw new Error(`${folder}: ${file} should have the number ${String(index).padStart(4, '0')}.`)
    const backFile = join(folder, file.replace(/\.sql$/, '.back.sql'))
    if (!existsSync(backFile)) throw new Error(`${folder}: ${file} has no way back (${backFile}).`)
    const forward = readText(join(folder, file))
    return {
      number: index,
      name,
      forward,
      back: readText(backFile),
      sha256: createHash('sha256').update(forward).digest('hex'),
    }
  })
}

/**
 * `db/migrations` at the root of the package, found by walking up from this module: from `db/` in the source tree and from
 * `dist/db/` in a build, which holds no copy of its own. An image therefore has to carry `db/migrations` beside `dist`.
 */
export function migrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const candidate = join(folder, 'db', 'migrations')
    if (existsSync(candidate)) return candidate
    const parent = dirname(folder)
    if (parent === folder)
      throw new Error('db/migrations is missing: it has to lie in the root of the package, beside dist.')
    folder = parent
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8').replaceAll('\r\n', '\n')
}
