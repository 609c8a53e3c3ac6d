import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'promptbox-ci-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
function report(counts: { passed: number; failed?: number; skipped?: number; unloadable?: number }): string {
  const file = join(folder, `${files++}.json`)
  const testResults = Array.from({ length: counts.unloadable ?? 0 }, () => ({ status: 'failed', assertionResults: [] }))
  const sums = {
    numPassedTests: counts.passed,
    numFailedTests: counts.failed ?? 0,
    numPendingTests: counts.skipped ?? 0,
    numTodoTests: 0,
  }
  writeFileSync(file, JSON.stringify({ ...sums, testResults }))
  return file
}

function sum(...reports: string[]): { line: string | undefined; exitCode: number | null } {
  const result = spawnSync(
    process.execPath,
    [fileURLToPath(new URL('../../.ci/sum.mjs', import.meta.url)), ...reports],
    { encoding: 'utf8' },
  )
  return { line: result.stdout.trim().split('\n').at(-1), exitCode: result.status }
}

test('CI ends with one line that adds up all runs', () => {
  expect(sum(report({ passed: 5, skipped: 1 }), report({ passed: 7, skipped: 2 }))).toEqual({
    line: '12 passed, 0 failed, 3 skipped',
    exitCode: 0,
  })
})

test('a failed test, a file that does not load and a run without report all make it fail', () => {
  expect(sum(report({ passed: 5, failed: 1 }))).toEqual({ line: '5 passed, 1 failed, 0 skipped', exitCode: 1 })
  expect(sum(report({ passed: 5, unloadable: 2 }))).toEqual({ line: '5 passed, 2 failed, 0 skipped', exitCode: 1 })
  expect(sum(report({ passed: 5 }), join(folder, 'missing.json'))).toEqual({
    line: '5 passed, 1 failed, 0 skipped',
    exitCode: 1,
  })
})

test('a run in which nothing ran is no success', () => {
  expect(sum(report({ passed: 0 }))).toEqual({ line: '0 passed, 0 failed, 0 skipped', exitCode: 1 })
})
