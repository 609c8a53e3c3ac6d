import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
let copy: string

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'promptbox-lint-'))
  for (const name of [
    '.oxlintrc.json',
    'tsconfig.json',
    'package.json',
    'scripts',
    'src/core',
    'src/prompts/reference.ts',
  ]) {
    cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  mkdirSync(join(copy, 'db'))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterEach(() => rmSync(copy, { recursive: true }))

function write(file: string, text: string): void {
  mkdirSync(dirname(join(copy, file)), { recursive: true })
  writeFileSync(join(copy, file), text)
}

/** Runs `npm run lint`'s two programs in the copy; their output and whether both were content. */
function run(program: 'arrows' | 'oxlint'): { text: string; passed: boolean } {
  const args =
    program === 'arrows'
      ? ['scripts/check-arrows.mjs']
      : ['node_modules/oxlint/bin/oxlint', '--deny-warnings', '-f', 'unix']
  const result = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8' })
  return { text: `${result.stdout}${result.stderr}`, passed: result.status === 0 }
}

describe('the arrows bite', () => {
  test('on nothing, as long as they hold', () => {
    write('src/prompts/good.ts', `import { Fault } from '../core/fault.ts'\nexport const fault = Fault\n`)
    expect(run('arrows')).toEqual({ passed: true, text: expect.stringMatching(/The arrows hold \(\d+ imports\)/) })
  })

  test.each([
    [
      'the core imports a room',
      'src/core/bad.ts',
      `import { promptKey } from '../snapshot/snapshot.ts'`,
      /src\/core\/bad\.ts:1 must not import src\/snapshot\/snapshot\.ts: .*because everybody imports the core/,
    ],
    [
      'a domain room imports another',
      'src/pricing/bad.ts',
      `import type { Reference } from '../prompts/reference.ts'`,
      /src\/pricing\/bad\.ts:1 .*because domain rooms are pure/,
    ],
    [
      'a provider looks at the pipeline',
      'src/providers/bad.ts',
      `import type { Asked } from '../pipeline/exchange.ts'`,
      /because a provider sends one call/,
    ],
    [
      'telemetry looks at the pipeline',
      'src/telemetry/bad.ts',
      `export { plan } from '../pipeline/plan.ts'`,
      /because telemetry only hears observations/,
    ],
    [
      'the pipeline knows Hono',
      'src/pipeline/bad.ts',
      `import { Hono } from 'hono'`,
      /must not import "hono": .*because HTTP ends at the routes/,
    ],
    [
      'a route knows Drizzle',
      'src/routes/bad.ts',
      `import { sql } from 'drizzle-orm/pg-core'`,
      /must not import "drizzle-orm": .*because storage is reached through its ports/,
    ],
    [
      'a route knows the driver',
      'src/routes/bad.ts',
      `const driver = await import('postgres')`,
      /must not import "postgres"/,
    ],
    [
      'a provider other than http.ts knows undici',
      'src/providers/openai.ts',
      `import { Pool } from 'undici'`,
      /must not import "undici": only src\/providers\/http\.ts, src\/providers\/download\.ts, src\/providers\/webhook\.ts may, because/,
    ],
    [
      'somebody else counts tokens',
      'src/recording/bad.ts',
      `import { get_encoding } from 'tiktoken'`,
      /must not import "tiktoken": .*because counting is slow/,
    ],
    [
      'storage is imported where only its types may be',
      'src/pipeline/bad.ts',
      `import { recorder } from '../recording/recorder.ts'`,
      /must not import src\/recording\/recorder\.ts: /,
    ],
    [
      'an import spans lines',
      'src/core/bad.ts',
      `import {\n  promptKey,\n} from '../snapshot/snapshot.ts'`,
      /src\/core\/bad\.ts:1 must not import/,
    ],
    [
      'an experiment looks anything up',
      'src/experiments/bad.ts',
      `import { createSnapshotStore } from '../store/postgres/snapshot.ts'`,
      /src\/experiments\/bad\.ts:1 .*because who is served what, and what it says, is computed/,
    ],
    ['a room is new', 'src/utils/bad.ts', `export const one = 1`, /src\/utils\/ is a room without arrows/],
  ])('when %s', (_, file, text, message) => {
    write(file, `${text}\n`)
    expect(run('arrows')).toEqual({ passed: false, text: expect.stringMatching(message) })
  })

  test('when the check itself looks in the wrong place', () => {
    rmSync(join(copy, 'src'), { recursive: true })
    mkdirSync(join(copy, 'src'))
    expect(run('arrows')).toEqual({ passed: false, text: expect.stringMatching(/No import was found/) })
  })
})

describe('oxlint bites', () => {
  test('on each rule of the house', () => {
    write('src/core/first.ts', `import { second } from './second.ts'\nexport const first = (): number => second()\n`)
    write('src/core/second.ts', `import { first } from './first.ts'\nexport const second = (): number => first()\n`)
    write(
      'src/core/floating.ts',
      `const later = async (): Promise<void> => {}\nexport const run = (): void => {\n  later()\n}\n`,
    )
    write('src/core/any.ts', `export const value = (input: any): string => input.name\n`)
    write('src/core/default.ts', `export default 1\n`)
    write('src/core/sure.ts', `export const sure = (list: readonly string[]): string => list[0]!\n`)
    write('src/core/loud.ts', `console.log('hello')\nexport const loud = true\n`)
    const { text, passed } = run('oxlint')
    expect(passed).toBe(false)
    for (const [file, rule] of [
      ['first', 'import(no-cycle)'],
      ['floating', 'typescript(no-floating-promises)'],
      ['any', 'typescript(no-explicit-any)'],
      ['any', 'typescript(no-unsafe-return)'],
      ['default', 'import(no-default-export)'],
      ['sure', 'typescript(no-non-null-assertion)'],
      ['loud', 'eslint(no-console)'],
    ]) {
      expect(
        text.split('\n').filter((line) => line.startsWith(`src/core/${file}.ts:`) && line.includes(`/${rule}]`)),
        `${file}: ${rule}`,
      ).not.toEqual([])
    }
  })
})
